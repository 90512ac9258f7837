"""An HLS media playlist: the segments of one rendition, and how the list goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from player.presentation.model import PlaylistType, Reloading, StartPoint
from player.presentation.packing import container_of
from player.presentation.playlist import MOST_SEGMENTS, Fields, Playlist
from player.presentation.segment import ByteRange, Container, Key, Resource, Segment

LONGEST_SEGMENT_S = 600.0
LONGEST_SUBTITLES_S = 86_400.0
LARGEST_OFFSET = float(2**50)
# 10 Gbit/s: beyond any video, so a larger EXT-X-BITRATE is a mistake.
HIGHEST_KBPS = 10_000_000
HIGHEST_SEQUENCE = 2**62
# RFC 8216bis 4.4.3.8: HOLD-BACK, where it is not told, is three target durations.
HOLD_BACK_TARGETS = 3.0
MOST_PARTS = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """EXT-X-PART: the beginning of a segment that is not whole yet. It is read; whole segments are played."""

    uri: str
    duration_s: float
    independent: bool = False


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """What one media playlist says. Its segments' indexes and times count from its own first segment.

    `skipped`: how many segments at the front a delta update left out (they are among `segments` when those before were
    given). `parts` are those after the last whole segment.
    """

    uri: str
    segments: tuple[Segment, ...]
    reloading: Reloading
    start: StartPoint | None = None
    i_frames_only: bool = False
    skipped: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def duration_s(self) -> float:
        return self.segments[-1].end_s

    @property
    def mean_bps(self) -> int | None:
        """The mean bit rate, when the playlist tells every size."""
        sizes = [segment.size_bytes for segment in self.segments]
        known = [size for size in sizes if size is not None]
        return max(1, round(8 * sum(known) / self.duration_s)) if len(known) == len(sizes) else None


def parse_media(text: str, uri: str, imported: Mapping[str, str] | None = None) -> MediaPlaylist:
    """Read a media playlist (RFC 8216bis section 4.4.3 and 4.4.4). Pure.

    `imported` are the variables of the multivariant playlist (EXT-X-DEFINE:IMPORT).
    Raises: `PresentationError` when it is unreadable, protected by anything but AES-128, or a delta update.
    """
    return read_media(Playlist(text, uri, imported))


def read_media(playlist: Playlist, before: Sequence[Segment] = ()) -> MediaPlaylist:
    """The same, from a playlist already taken apart. A delta update takes what it skips from `before`."""
    fields = playlist.fields
    if fields["is_variant"]:
        raise playlist.unreadable("a media playlist was expected, and this is a multivariant one")
    listed = [part for part in fields["segments"] if "uri" in part]
    sequence = int(playlist.number(fields["media_sequence"] or 0, "EXT-X-MEDIA-SEQUENCE", HIGHEST_SEQUENCE))
    skipped = _skipped(playlist, sequence, before)
    if not listed and not skipped:
        raise playlist.unreadable("it lists no segments")
    reader = _Reader(playlist, sequence, skipped)
    for part in listed:
        reader.add(part)
    return MediaPlaylist(
        uri=playlist.uri,
        segments=tuple(reader.segments),
        reloading=_reloading(playlist, sequence),
        start=start_of(playlist),
        i_frames_only=fields["is_i_frames_only"],
        skipped=len(skipped),
        parts=_parts(playlist),
    )


def start_of(playlist: Playlist) -> StartPoint | None:
    """EXT-X-START, of a media or a multivariant playlist."""
    told = playlist.fields.get("start")
    if not told or "time_offset" not in told:
        return None
    offset_s = playlist.number(told["time_offset"], "EXT-X-START", 1e9, least=-1e9)
    return StartPoint(offset_s, told.get("precise") == "YES")


def _skipped(playlist: Playlist, sequence: int, before: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments that EXT-X-SKIP leaves out, as they were read before (RFC 8216bis 4.4.5.2)."""
    told = playlist.fields["skip"].get("skipped_segments", 0)
    count = int(playlist.number(told, "SKIPPED-SEGMENTS", MOST_SEGMENTS))
    if not count:
        return ()
    known = tuple(s for s in before if sequence <= s.sequence < sequence + count)
    if len(known) != count:
        raise playlist.unreadable("it is a delta update (EXT-X-SKIP) of a playlist that was not read before")
    return known


def _reloading(playlist: Playlist, sequence: int) -> Reloading:
    fields = playlist.fields
    told = (fields["playlist_type"] or "").upper()
    ended = fields["is_endlist"] or told == "VOD"
    if not ended and "targetduration" not in fields:
        raise playlist.unreadable("it goes on, and has no EXT-X-TARGETDURATION to say how often to look")
    target_s = playlist.number(fields.get("targetduration", 0), "EXT-X-TARGETDURATION", LONGEST_SUBTITLES_S)
    if not ended and not target_s:
        raise playlist.unreadable("EXT-X-TARGETDURATION is 0")
    control, parts = fields.get("server_control", {}), fields["part_inf"]

    def seconds(source: Fields, name: str, otherwise: float = 0.0) -> float:
        return playlist.number(source.get(name, otherwise), name.upper().replace("_", "-"), LONGEST_SUBTITLES_S)

    return Reloading(
        type=PlaylistType.EVENT if told == "EVENT" else PlaylistType.VOD if ended else PlaylistType.LIVE,
        ended=ended,
        target_duration_s=target_s,
        # Shorter than three target durations is against the RFC, and stalls.
        hold_back_s=max(seconds(control, "hold_back"), HOLD_BACK_TARGETS * target_s),
        media_sequence=sequence,
        part_target_s=seconds(parts, "part_target"),
        part_hold_back_s=seconds(control, "part_hold_back"),
        can_block_reload=control.get("can_block_reload") == "YES",
        can_skip_until_s=seconds(control, "can_skip_until"),
    )


def _parts(playlist: Playlist) -> tuple[Part, ...]:
    last = playlist.fields["segments"][-1] if playlist.fields["segments"] else {}
    if "uri" in last:
        return ()
    return tuple(
        Part(
            playlist.absolute(part.get("uri")),
            playlist.number(part.get("duration"), "a partial segment's duration", LONGEST_SEGMENT_S),
            part.get("independent") == "YES",
        )
        for part in last.get("parts", [])[:MOST_PARTS]
    )


class _Reader:
    """Segment by segment, with what holds from one to the next."""

    def __init__(self, playlist: Playlist, sequence: int, skipped: Sequence[Segment]) -> None:
        self._playlist = playlist
        self.segments: list[Segment] = list(skipped)
        last = skipped[-1] if skipped else None
        self._sequence = sequence
        self._bitrate_kbps: float | None = None
        told = playlist.fields.get("discontinuity_sequence") or 0
        self._discontinuity = int(playlist.number(told, "EXT-X-DISCONTINUITY-SEQUENCE", HIGHEST_SEQUENCE))
        self._init, self._key = (last.init, last.key) if last else (None, None)
        self._seen: tuple[object, object] = (None, None)
        self._date_s: float | None = None
        if last is not None:
            self._discontinuity = last.discontinuity_sequence
            self._date_s = None if last.date_s is None else last.date_s + last.duration_s

    def add(self, part: Fields) -> None:
        playlist, line = self._playlist, part.get("line")
        previous = self.segments[-1] if self.segments else None
        uri = playlist.absolute(part["uri"], line)
        self._follow(part, line)
        container = container_of(uri, self._init is not None)
        duration_s = self._duration_s(part, container, line)
        span = _span(playlist, part, uri, previous, line)
        self.segments.append(
            Segment(
                index=previous.index + 1 if previous else 0,
                uri=uri,
                start_s=previous.end_s if previous else 0.0,
                duration_s=duration_s,
                byte_range=span,
                size_bytes=span.length_bytes if span else _estimate(self._bitrate_kbps, duration_s),
                init=self._init,
                key=self._key,
                container=container,
                sequence=previous.sequence + 1 if previous else self._sequence,
                discontinuity_sequence=self._discontinuity,
                gap=bool(part.get("gap")),
                date_s=self._date_s,
            )
        )
        self._date_s = None if self._date_s is None else self._date_s + duration_s

    def _follow(self, part: Fields, line: int | None) -> None:
        """Take over what the tags before this segment change."""
        playlist = self._playlist
        if part.get("discontinuity"):
            self._discontinuity += 1
            self._date_s = None
        # RFC 8216bis 4.4.4.8: holds until the next one; the library puts it on one segment only.
        if "bitrate" in part:
            self._bitrate_kbps = playlist.number(part["bitrate"], "EXT-X-BITRATE", HIGHEST_KBPS, line)
        if part.get("date_s") is not None:
            self._date_s = part["date_s"]
        # The same objects hold for all segments until a tag brings others: read once, and shared.
        key, section = part.get("key"), part.get("init_section")
        if key is not None and key is not self._seen[0]:
            self._key = _key(playlist, key, line)
        if section is not None and section is not self._seen[1]:
            self._init = _init(playlist, section)
        self._seen = key, section

    def _duration_s(self, part: Fields, container: Container, line: int | None) -> float:
        most = LONGEST_SUBTITLES_S if container is Container.WEBVTT else LONGEST_SEGMENT_S
        duration_s = self._playlist.number(part.get("duration"), "a segment's duration", most, line)
        if duration_s <= 0:
            raise self._playlist.unreadable("a segment lasts no time", line)
        return duration_s


def _key(playlist: Playlist, keys: Fields, line: int | None) -> Key | None:
    """The key that can be used, of those in force (one a KEYFORMAT); None for METHOD=NONE."""
    told = [fields for fields in keys.values() if fields is not None]
    if not told:
        return None
    plain = keys.get("identity")
    if plain is None or plain.get("METHOD") != "AES-128":
        ways = sorted({f"{f.get('METHOD', '?')[:20]}, {f.get('KEYFORMAT', 'identity')[:60]}" for f in told})
        raise playlist.protected("; ".join(ways[:4]))
    return Key(playlist.absolute(plain.get("URI"), line), _iv(playlist, plain.get("IV"), line))


def _iv(playlist: Playlist, told: str | None, line: int | None) -> bytes | None:
    if told is None:
        return None
    digits = told[2:]
    if told[:2] not in ("0x", "0X") or not 0 < len(digits) <= 32 or set(digits) - set("0123456789abcdefABCDEF"):
        raise playlist.unreadable("an IV is not a hexadecimal number of 128 bits", line)
    return bytes.fromhex(digits.zfill(32))


def _init(playlist: Playlist, section: Fields) -> Resource:
    """EXT-X-MAP, under the key that was in force where it stands (RFC 8216bis 4.4.4.5)."""
    line = section["line"]
    span = section.get("BYTERANGE")
    key = _key(playlist, section["keys"], line) if section["keys"] else None
    if key is not None and key.iv is None:
        raise playlist.unreadable("an initialisation section is encrypted, and its key tells no IV", line)
    uri = playlist.absolute(section.get("URI"), line)
    return Resource(uri, _byte_range(playlist, span, 0, line) if span else None, key)


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
