"""The output as the engine sees it: it takes chunks, keeps the playhead, and asks for what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from abr.values import value


@value
class Origin:
    """Where a segment stands: `start_s` as the playlist says; its own clock may be another.

    Segments of one `discontinuity` share a clock. `media_offset_s` is what their times need added to be times of the
    presentation; None: found out from where the playlist puts them.
    """

    start_s: float
    discontinuity: int = 0
    media_offset_s: float | None = None
    init: bytes = b""
    """Its initialisation section; empty for a transport stream and for packed audio."""


@value
class ChunkMedia:
    """One chunk as fetched, before any remuxing: the video segment and the audio that sounds with it.

    `video` is one media segment: fMP4 of the rendition whose initialisation section is `video_init`, or MPEG transport
    stream without one; sound in it is played when nothing is beside it. `audio` are the whole audio segments that
    overlap [start_s, end_s), in order; the output cuts the samples that belong to this chunk, so no sample is lost or
    doubled between neighbours. `origin` and `audio_origins` say where each stands; without them they stand where the
    chunk does, on the presentation's own clock. A `gap` holds nothing: the output goes on with the chunk after it.
    """

    index: int
    start_s: float
    end_s: float
    rung: int
    video_init: bytes
    video: bytes
    audio_init: bytes | None = None
    audio: tuple[bytes, ...] = ()
    origin: Origin | None = None
    audio_origins: tuple[Origin, ...] = ()
    gap: bool = False


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """A whole WebVTT file, validated and bounded by the engine."""

    track_id: str
    language: str
    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the output must know before the first chunk.

    `video_init` is empty where only the first chunk can tell how it is coded. With `open_end` more chunks are to come
    after the ones known (a live title): the output waits for them instead of ending, and is told by `extend`.
    """

    starts_s: tuple[float, ...]
    duration_s: float
    video_init: bytes
    audio_init: bytes | None
    width: int
    height: int
    start_at_s: float = 0.0
    open_end: bool = False


@value
class SinkState:
    """One look at the output. `position_s` is the playhead; `stalled` means it wants to move and lacks media."""

    position_s: float
    paused: bool = False
    stalled: bool = False
    started: bool = False
    ended: bool = False
    seeking: bool = False
    speed: float = 1.0
    details: dict[str, object] = field(default_factory=dict)


Wanted = Callable[[int], None]
"""Called, from any thread, with the index of a chunk that the output needs and does not have."""


class Sink(Protocol):
    """An output. All methods are called on the engine's loop and return at once; none blocks on media."""

    def open(self, timeline: Timeline, wanted: Wanted) -> None:
        """Begin a title (or a new audio language of the same one) at `timeline.start_at_s`."""
        ...

    def extend(self, starts_s: Sequence[float], duration_s: float, open_end: bool) -> None:
        """A title with an open end goes on: the starts of all chunks known now, and where the last one ends."""
        ...

    def shift_s(self, discontinuity: int) -> float | None:
        """What its chunks' own times of this discontinuity sequence need added; None before one was appended."""
        ...

    def append(self, chunk: ChunkMedia) -> None:
        """Take a chunk. Raises `MediaError` when its bytes are not what the initialisation section promises."""
        ...

    def replace(self, chunk: ChunkMedia) -> bool:
        """Take a chunk in place of the one it has; False when that one is missing, or on its way to the screen already.

        Raises `MediaError`; the old one stays.
        """
        ...

    def has(self, index: int) -> bool: ...

    def held_bytes(self) -> int:
        """Media that the output itself keeps in memory."""
        ...

    def evict(self, keep_from: int, keep_to: int) -> None:
        """Forget chunks outside [keep_from, keep_to]."""
        ...

    def seek(self, position_s: float) -> None: ...

    def set_paused(self, paused: bool) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def set_audio_delay(self, delay_s: float) -> None:
        """Let the sound come later than the pictures (below 0: earlier), for sound that reaches the ear late."""
        ...

    def show_subtitles(self, subtitles: SubtitleFile | None) -> None: ...

    def state(self) -> SinkState: ...

    def close(self) -> None:
        """Stop at once, even while a read is blocked. Idempotent."""
        ...


class MediaError(Exception):
    """Bytes that are not the media they claim to be; the engine fetches the chunk again elsewhere."""
