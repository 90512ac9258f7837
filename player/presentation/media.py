"""A media playlist: the segments of one rendition."""

from __future__ import annotations

from dataclasses import dataclass

from player.presentation.model import ByteRange, Resource, Segment
from player.presentation.playlist import Fields, Playlist

MOST_SEGMENTS = 50_000
LONGEST_SEGMENT_S = 600.0
LARGEST_OFFSET = float(2**50)
# 10 Gbit/s: beyond any video, so a larger EXT-X-BITRATE is a mistake.
HIGHEST_KBPS = 10_000_000


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """What one media playlist says: its segments, and the initialisation section before them."""

    uri: str
    segments: tuple[Segment, ...]

    @property
    def duration_s(self) -> float:
        return self.segments[-1].end_s

    @property
    def mean_bps(self) -> int | None:
        """The mean bit rate, when the playlist tells every size."""
        sizes = [segment.size_bytes for segment in self.segments]
        known = [size for size in sizes if size is not None]
        return max(1, round(8 * sum(known) / self.duration_s)) if len(known) == len(sizes) else None


def parse_media(text: str, uri: str) -> MediaPlaylist:
    """Read a media playlist (RFC 8216 section 4.3.3). Pure.

    Raises: `PresentationError` when it is unreadable, or asks for what is not supported yet (live, encryption,
    several initialisation sections, discontinuities, gaps).
    """
    return read_media(Playlist(text, uri))


def read_media(playlist: Playlist) -> MediaPlaylist:
    """The same, from a playlist already taken apart."""
    fields = playlist.fields
    if fields["is_variant"]:
        raise playlist.unreadable("a media playlist was expected, and this is a multivariant one")
    parts = [part for part in fields["segments"] if "uri" in part]
    if not parts:
        raise playlist.unreadable("it lists no segments")
    if len(parts) > MOST_SEGMENTS:
        raise playlist.unreadable(f"it lists more than {MOST_SEGMENTS} segments")
    _check_supported(playlist, parts)
    return MediaPlaylist(playlist.uri, _segments(playlist, parts, _init(playlist, parts)))


def _check_supported(playlist: Playlist, parts: list[Fields]) -> None:
    fields = playlist.fields
    if any(key and key.get("method", "").upper() != "NONE" for key in fields["keys"]):
        raise playlist.unsupported("An encrypted title")
    if not fields["is_endlist"]:
        raise playlist.unsupported("A live stream")
    if fields["is_i_frames_only"]:
        raise playlist.unsupported("An I-frame playlist as a title")
    if any(part.get("discontinuity") for part in parts[1:]):
        raise playlist.unsupported("A title with discontinuities (inserted advertisements)")
    if any(part.get("gap_tag") for part in parts):
        raise playlist.unsupported("A title with gaps")


def _init(playlist: Playlist, parts: list[Fields]) -> Resource | None:
    """The one EXT-X-MAP of the playlist, None when there is none (MPEG transport stream, WebVTT)."""
    first = parts[0].get("init_section")
    if any(part.get("init_section") != first for part in parts):
        raise playlist.unsupported("A playlist with several initialisation sections")
    if not first:
        return None
    span = first.get("byterange")
    return Resource(playlist.absolute(first.get("uri")), _byte_range(playlist, span, 0, None) if span else None)


def _segments(playlist: Playlist, parts: list[Fields], init: Resource | None) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    start_s, bitrate_kbps = 0.0, None
    for index, part in enumerate(parts):
        line = part.get("line")
        duration_s = playlist.number(part.get("duration"), "a segment's duration", LONGEST_SEGMENT_S, line)
        if duration_s <= 0:
            raise playlist.unreadable("a segment lasts no time", line)
        # EXT-X-BITRATE holds until the next one (RFC 8216bis 4.4.4.8); the library puts it on one segment only.
        if "bitrate" in part:
            bitrate_kbps = playlist.number(part["bitrate"], "EXT-X-BITRATE", HIGHEST_KBPS, line)
        uri = playlist.absolute(part["uri"], line)
        span = _span(playlist, part, uri, segments[-1] if segments else None, line)
        size_bytes = span.length_bytes if span else _estimate(bitrate_kbps, duration_s)
        segments.append(Segment(index, uri, start_s, duration_s, span, size_bytes, init))
        start_s += duration_s
    return tuple(segments)


def _estimate(bitrate_kbps: float | None, duration_s: float) -> int | None:
    return round(bitrate_kbps * 125 * duration_s) if bitrate_kbps else None


def _span(playlist: Playlist, part: Fields, uri: str, previous: Segment | None, line: int | None) -> ByteRange | None:
    if not part.get("byterange"):
        return None
    follows = None
    if previous is not None and previous.byte_range is not None and previous.uri == uri:
        follows = previous.byte_range.offset_bytes + previous.byte_range.length_bytes
    return _byte_range(playlist, part["byterange"], follows, line)


def _byte_range(playlist: Playlist, span: str, follows: int | None, line: int | None) -> ByteRange:
    """`<length>[@<offset>]`; without an offset it begins where the previous range of the same resource ended."""
    length, at, offset = span.strip().strip('"').partition("@")
    if not length.isascii() or not length.isdigit() or (at and not (offset.isascii() and offset.isdigit())):
        raise playlist.unreadable("a byte range is not <length>[@<offset>]", line)
    if not at and follows is None:
        raise playlist.unreadable("a byte range has no offset, and nothing comes before it", line)
    start = int(playlist.number(offset, "a byte range's offset", LARGEST_OFFSET, line)) if at else follows or 0
    size = int(playlist.number(length, "a byte range's length", LARGEST_OFFSET, line))
    if size == 0:
        raise playlist.unreadable("a byte range is empty", line)
    return ByteRange(start, size)
