"""A title as it can be played: tracks, their renditions, and the segments of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a track is for."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLES = "subtitles"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a resource: `length_bytes` from `offset_bytes` on."""

    offset_bytes: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One addressable piece of one rendition.

    `uri` is absolute and belongs to the pathway that the manifest came from; steering maps it to another.
    `size_bytes` is what the manifest tells: exact for byte ranges, from EXT-X-BITRATE otherwise, None when silent.
    """

    index: int
    uri: str
    start_s: float
    duration_s: float
    byte_range: ByteRange | None = None
    size_bytes: int | None = None

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Resource:
    """Something fetched beside the segments: an initialisation section, a subtitle file."""

    uri: str
    byte_range: ByteRange | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoding of a track; `id` is stable over reloads and pathways."""

    id: str
    bitrate_bps: int
    codecs: str
    segments: tuple[Segment, ...]
    init: Resource | None = None
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0

    @property
    def duration_s(self) -> float:
        return self.segments[-1].end_s if self.segments else 0.0


@dataclass(frozen=True, slots=True)
class Track:
    """One thing seen, heard or read; its renditions ascend by bit rate (audio and subtitles have one)."""

    id: str
    kind: Kind
    renditions: tuple[Rendition, ...]
    language: str = ""
    name: str = ""
    default: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True)
class SteeringReference:
    """EXT-X-CONTENT-STEERING: where the steering manifest is, and the pathway to begin with."""

    server_uri: str
    pathway_id: str | None


@dataclass(frozen=True, slots=True)
class Presentation:
    """A title as it can be played (HLS multivariant playlist, DASH MPD).

    All video renditions share one chunk grid: segment k of each covers the same interval. `pathways` maps a pathway id
    to the base URI that its URIs begin with, as far as the manifest tells.
    """

    uri: str
    video: Track
    audio: tuple[Track, ...] = ()
    subtitles: tuple[Track, ...] = ()
    steering: SteeringReference | None = None
    pathway_id: str = "."
    pathways: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        return self.video.renditions[0].duration_s

    @property
    def chunk_count(self) -> int:
        return len(self.video.renditions[0].segments)

    def chunk_at(self, position_s: float) -> int:
        """Index of the chunk that holds `position_s`, clamped to the title."""
        segments = self.video.renditions[0].segments
        for segment in segments:
            if position_s < segment.end_s - 1e-6:
                return segment.index
        return len(segments) - 1
