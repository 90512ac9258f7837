"""A title as it can be played: tracks, their renditions, and the segments of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from player.presentation.segment import ByteRange, Container, Key, Resource, Segment

__all__ = [
    "ByteRange",
    "Container",
    "Key",
    "Kind",
    "PlaylistType",
    "Presentation",
    "Preview",
    "Reloading",
    "Rendition",
    "Resource",
    "Segment",
    "StartPoint",
    "SteeringReference",
    "Track",
]


class Kind(StrEnum):
    """What a track is for."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLES = "subtitles"


class PlaylistType(StrEnum):
    """How a list of segments may change: not at all; only at its end; at both ends (RFC 8216bis 4.4.3.5)."""

    VOD = "vod"
    EVENT = "event"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Reloading:
    """How a media playlist goes on (RFC 8216bis 4.4.3, 6.2.2, 6.3.4). `ended`: nothing is added any more.

    `hold_back_s` is how far from its end playing begins; `part_target_s` is 0 without partial segments, and
    `can_skip_until_s` 0 without delta updates.
    """

    type: PlaylistType
    ended: bool
    target_duration_s: float
    hold_back_s: float
    media_sequence: int = 0
    part_target_s: float = 0.0
    part_hold_back_s: float = 0.0
    can_block_reload: bool = False
    can_skip_until_s: float = 0.0

    def reload_after_s(self, changed: bool) -> float:
        """How long after the last load began the next may (6.3.4): a target duration, half of it when nothing came."""
        return self.target_duration_s if changed else self.target_duration_s / 2


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoding of a track; `id` is stable over reloads and pathways.

    `segments` are in order of their indexes, without holes. A title that goes on is read again from `uri`; its
    segments are then a window that slides, and `segment(index)` is how to find one.
    """

    id: str
    bitrate_bps: int
    codecs: str
    segments: tuple[Segment, ...]
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    uri: str = ""
    reloading: Reloading | None = None

    @property
    def duration_s(self) -> float:
        """The instant at which the last segment ends."""
        return self.segments[-1].end_s if self.segments else 0.0

    @property
    def init(self) -> Resource | None:
        """The first segment's initialisation section; others may have their own."""
        return self.segments[0].init if self.segments else None

    @property
    def first_index(self) -> int:
        return self.segments[0].index if self.segments else 0

    @property
    def end_index(self) -> int:
        """One past the last segment's index."""
        return self.segments[-1].index + 1 if self.segments else 0

    def segment(self, index: int) -> Segment | None:
        """Segment `index`; None when it slid out of the window, or is not there yet."""
        place = index - self.first_index
        return self.segments[place] if 0 <= place < len(self.segments) else None

    @property
    def live(self) -> bool:
        """More segments are to come."""
        return self.reloading is not None and not self.reloading.ended


@dataclass(frozen=True, slots=True)
class Track:
    """One thing seen, heard or read; its renditions ascend by bit rate (audio and subtitles have one).

    `muxed`: it is inside the video segments, and has no renditions of its own.
    """

    id: str
    kind: Kind
    renditions: tuple[Rendition, ...]
    language: str = ""
    name: str = ""
    default: bool = False
    forced: bool = False
    muxed: bool = False


@dataclass(frozen=True, slots=True)
class SteeringReference:
    """EXT-X-CONTENT-STEERING: where the steering manifest is, and the pathway to begin with."""

    server_uri: str
    pathway_id: str | None


@dataclass(frozen=True, slots=True)
class StartPoint:
    """EXT-X-START: where to begin; a negative offset counts from the end (RFC 8216bis 4.4.2.2)."""

    time_offset_s: float
    precise: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """EXT-X-I-FRAME-STREAM-INF: still pictures for the seek bar. Its playlist is read when it is wanted."""

    uri: str
    bitrate_bps: int
    codecs: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Presentation:
    """A title as it can be played (HLS multivariant playlist, DASH MPD).

    All video renditions share one chunk grid: segment k of each covers the same interval. `pathways` maps a pathway id
    to the base URI that its URIs begin with, as far as the manifest tells; redundant variants and base URIs are
    pathways too. `variables` are those that media playlists may import when they are read again (EXT-X-DEFINE).
    """

    uri: str
    video: Track
    audio: tuple[Track, ...] = ()
    subtitles: tuple[Track, ...] = ()
    steering: SteeringReference | None = None
    pathway_id: str = "."
    pathways: Mapping[str, str] = field(default_factory=dict)
    start: StartPoint | None = None
    previews: tuple[Preview, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """The end of the title; of one that goes on, the end of what is known."""
        return self.video.renditions[0].duration_s

    @property
    def chunk_count(self) -> int:
        """One past the last chunk's index: for a title that does not go on, how many chunks it has."""
        return self.video.renditions[0].end_index

    @property
    def live(self) -> bool:
        return any(rendition.live for rendition in self.video.renditions)

    def chunk_at(self, position_s: float) -> int:
        """Index of the chunk that holds `position_s`, clamped to the title."""
        segments = self.video.renditions[0].segments
        for segment in segments:
            if position_s < segment.end_s - 1e-6:
                return segment.index
        return segments[-1].index

    def start_at_s(self) -> float:
        """Where playing begins unless someone asks otherwise: as EXT-X-START says, else at the live edge, else at 0.

        Never nearer to a live edge than the playlist's hold-back (RFC 8216bis 4.4.2.2, 6.3.3).
        """
        first = self.video.renditions[0]
        earliest_s, latest_s = first.segments[0].start_s, first.duration_s
        if first.live and first.reloading is not None:
            latest_s = max(latest_s - first.reloading.hold_back_s, earliest_s)
        if self.start is None:
            return latest_s if first.live and first.reloading.type is PlaylistType.LIVE else earliest_s  # type: ignore[union-attr]
        offset_s = self.start.time_offset_s
        wanted_s = earliest_s + offset_s if offset_s >= 0 else first.duration_s + offset_s
        return min(max(wanted_s, earliest_s), latest_s)

    def with_rendition(self, track_id: str, rendition: Rendition) -> Presentation:
        """The same title with one rendition as it was read again."""

        def renewed(track: Track) -> Track:
            if track.id != track_id:
                return track
            return replace(track, renditions=tuple(rendition if r.id == rendition.id else r for r in track.renditions))

        return replace(
            self,
            video=renewed(self.video),
            audio=tuple(renewed(track) for track in self.audio),
            subtitles=tuple(renewed(track) for track in self.subtitles),
        )
