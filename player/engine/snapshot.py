"""What the engine shows of itself: one immutable value, several times a second, for windows, overlays and terminals."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """The session's state, as a viewer would say it."""

    OPENING = "opening"
    PLAYING = "playing"
    PAUSED = "paused"
    STALLED = "stalled"
    SEEKING = "seeking"
    ENDED = "ended"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """An audio or subtitle track that can be chosen."""

    id: str
    language: str
    name: str
    selected: bool


@dataclass(frozen=True, slots=True)
class RungChoice:
    """A rung of the ladder, for a quality menu."""

    index: int
    width: int
    height: int
    bitrate_bps: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong and what is being done about it.

    `code` is stable (`edge-down`, `not-found`, `unreadable-playlist`, `expired`, `corrupt-segment`, ...); `fatal` means
    that playback has ended by it.
    """

    code: str
    message: str
    advice: str
    fatal: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a window, an overlay or a terminal line shows. Spans in seconds, rates in bit/s."""

    status: Status = Status.OPENING
    position_s: float = 0.0
    duration_s: float = 0.0
    buffered_from_s: float = 0.0
    buffered_to_s: float = 0.0
    buffer_s: float = 0.0
    buffer_target_s: float = 0.0
    speed: float = 1.0
    audio_delay_s: float = 0.0
    """By how much the viewer has the sound come after the pictures; below 0 before them."""
    shown_rung: int | None = None
    fetching_rung: int | None = None
    rungs: tuple[RungChoice, ...] = ()
    fixed_rung: int | None = None
    rung_cap: int | None = None
    controller: str = ""
    decision_code: str = ""
    decision_text: str = ""
    estimate_bps: float | None = None
    band_bps: tuple[float, float] | None = None
    """What the rule expects of the next transfer: one in ten is slower than its lower end, one in ten faster."""
    throughput_bps: float | None = None
    edge: str = ""
    pathway: str = ""
    stall_count: int = 0
    stall_s: float = 0.0
    bytes_fetched: int = 0
    bytes_wasted: int = 0
    audio: tuple[TrackChoice, ...] = ()
    subtitles: tuple[TrackChoice, ...] = ()
    problem: Problem | None = None
    output: dict[str, object] = field(default_factory=dict)
    live: bool = False
    """More is to come: `duration_s` grows, and seeks end at `seekable_from_s` and `seekable_to_s`."""
    seekable_from_s: float = 0.0
    seekable_to_s: float = 0.0
