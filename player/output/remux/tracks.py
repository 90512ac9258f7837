"""What every container is read into: tracks, and samples with their times; and what a whole segment holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from player.output.sink import MediaError

MAX_SAMPLES = 100_000
"""In one segment: half an hour at 50 frames a second, far above any chunk."""


@dataclass(frozen=True, slots=True)
class SampleDefaults:
    """What a sample has when neither its run nor its fragment says otherwise (trex, then tfhd)."""

    duration: int = 0
    size_bytes: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class TrackInit:
    """What a decoder must know of one track of one codec. Sizes are 0 for sound, rates 0 for pictures.

    `track_id` picks the track's fragments out of a segment; 0: the segment holds no other. `inline_sets`: keyframes
    bring their parameter sets themselves.
    """

    codec: str
    config: bytes
    timescale: int
    edit_offset: int
    defaults: SampleDefaults
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    track_id: int = 0
    inline_sets: bool = False

    @property
    def is_audio(self) -> bool:
        return self.sample_rate > 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture or block of sound; times in seconds, on the segment's own clock until it is placed."""

    decode_s: float
    present_s: float
    key: bool
    data: memoryview | bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """One track's share of a segment, in decode order."""

    init: TrackInit
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Media:
    """What a segment holds: pictures, sound, or both.

    Times run on without a jump inside a segment; where `wrap_s` is not 0, they are only known up to multiples of it.
    `timed` is False when the segment brings no clock at all, and its times count from its own beginning.
    """

    video: Stream | None = None
    audio: Stream | None = None
    wrap_s: float = 0.0
    timed: bool = True
    notes: tuple[str, ...] = field(default=())


def check_count(count: int) -> None:
    """Raises `MediaError` for more samples than any segment has."""
    if count > MAX_SAMPLES:
        raise MediaError(f"the segment claims {count} samples; {MAX_SAMPLES} are the bound")
