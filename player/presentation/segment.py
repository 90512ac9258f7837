"""One piece of one rendition: where its bytes are, how they are packed and locked, and when they play."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Container(StrEnum):
    """How a segment's bytes are packed, as far as the manifest tells; UNTOLD: the bytes must tell."""

    UNTOLD = ""
    FMP4 = "fmp4"
    MPEG_TS = "mpeg-ts"
    AAC = "aac"
    MP3 = "mp3"
    AC3 = "ac3"
    EAC3 = "eac3"
    WEBVTT = "webvtt"

    @property
    def packed_audio(self) -> bool:
        """Sound alone, without a container around it (RFC 8216bis 3.1.3)."""
        return self in (Container.AAC, Container.MP3, Container.AC3, Container.EAC3)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a resource: `length_bytes` from `offset_bytes` on."""

    offset_bytes: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Key:
    """AES-128 of whole segments (CBC, PKCS7; KEYFORMAT "identity"), the only encryption that is played.

    `uri` brings 16 bytes. `iv` has 16 bytes; without one, a segment's media sequence number is its IV.
    """

    uri: str
    iv: bytes | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Something fetched beside the segments: an initialisation section, a subtitle file."""

    uri: str
    byte_range: ByteRange | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One addressable piece of one rendition.

    `uri` is absolute and belongs to the pathway that the manifest came from; steering maps it to another.
    `size_bytes` is what the manifest tells: exact for byte ranges, from EXT-X-BITRATE otherwise, None when silent.
    `index` is the chunk's: it stays the same over reloads; `sequence` is the media sequence number.
    `discontinuity_sequence` changes where encoding or timestamps do. `date_s` is EXT-X-PROGRAM-DATE-TIME in seconds
    since 1970, carried on from the last one told. `media_offset_s` is what a timestamp inside the segment needs added
    to be a time of the presentation (DASH: period start less presentationTimeOffset); None when the manifest is silent.
    A `gap` is there to be skipped: its URI is not to be fetched (EXT-X-GAP).
    """

    index: int
    uri: str
    start_s: float
    duration_s: float
    byte_range: ByteRange | None = None
    size_bytes: int | None = None
    init: Resource | None = None
    key: Key | None = None
    container: Container = Container.UNTOLD
    sequence: int = 0
    discontinuity_sequence: int = 0
    gap: bool = False
    date_s: float | None = None
    media_offset_s: float | None = None

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s

    @property
    def iv(self) -> bytes:
        """The initialisation vector to decrypt it with (RFC 8216bis 5.2)."""
        if self.key is not None and self.key.iv is not None:
            return self.key.iv
        return (self.sequence % 2**128).to_bytes(16, "big")
