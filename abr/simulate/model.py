"""What a simulated session is set to, and what it answers; field names are those of the session report."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

from abr.model import Ladder, Reason, RungIndex
from abr.values import value

MAX_BUFFER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Seek:
    """At `at_s` of the session the viewer jumps to `to_s` of the film."""

    at_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a session is played.

    `start_buffer_s`: play (again) once this much is buffered; 0 means with the first chunk.
    `round_trip_s`: a request's time to the first byte; None takes the trace's own latency, step by step.
    `abandonment`: a chunk that will not make it is given up, by the controller's own rule or the common one.
    `replacement`: buffered low chunks are fetched again at a higher rung when there is time.
    `horizon_chunks`: how many coming chunks' sizes a controller sees.
    """

    buffer_cap_s: float = 30.0
    start_buffer_s: float = 0.0
    abandonment: bool = False
    abandonment_check_s: float = 0.1
    start_at_s: float = 0.0
    round_trip_s: float | None = None
    replacement: bool = False
    seeks: tuple[Seek, ...] = ()
    horizon_chunks: int = 64

    def check(self, chunk_duration_s: float) -> None:
        """ValueError when a session with these settings could never play."""
        if not chunk_duration_s <= self.buffer_cap_s <= MAX_BUFFER_S:
            if self.buffer_cap_s > MAX_BUFFER_S or isnan(self.buffer_cap_s):
                raise ValueError(f"a buffer holds up to {MAX_BUFFER_S:g} s, not {self.buffer_cap_s:g}")
            raise ValueError(f"a buffer of {self.buffer_cap_s:g} s holds no chunk of {chunk_duration_s:g} s")
        if self.start_buffer_s > self.buffer_cap_s - chunk_duration_s and self.start_buffer_s > chunk_duration_s:
            raise ValueError(
                f"a start at {self.start_buffer_s:g} s is out of reach of {self.buffer_cap_s:g} s of buffer"
            )
        if self.abandonment_check_s <= 0:
            raise ValueError(f"abandonment is checked every so many seconds, not every {self.abandonment_check_s:g}")
        if self.round_trip_s is not None and not 0 <= self.round_trip_s <= 60:
            raise ValueError(f"a round trip lies between 0 and 60 s, not {self.round_trip_s:g}")
        if self.horizon_chunks < 0:
            raise ValueError(f"a controller sees 0 chunks ahead or more, not {self.horizon_chunks}")
        if any(later.at_s < earlier.at_s for earlier, later in zip(self.seeks, self.seeks[1:], strict=False)):
            raise ValueError("seeks come in the order of their instants")


@value
class Stall:
    """Playback stood still: from `at_s` on the session's clock, at `media_s` of the film."""

    at_s: float
    media_s: float
    duration_s: float


@value
class ChunkRecord:
    """One chunk as it was decided and fetched; `buffer_s` is what was buffered when it was asked for.

    `stall_s` is the standstill during this chunk's fetch, the start-up not counted. Of an abandoned attempt
    `wasted_bytes` is left, and the rung that was given up. Of a replaced chunk `wasted_bytes` holds the old one's too.
    """

    index: int
    rung: RungIndex
    bitrate_bps: int
    size_bytes: int
    requested_at_s: float
    first_byte_at_s: float
    finished_at_s: float
    buffer_s: float
    waited_s: float
    stall_s: float
    reason: Reason
    estimate_bps: float | None
    wasted_bytes: int = 0
    abandoned_rung: RungIndex | None = None
    replaced_rung: RungIndex | None = None
    band_bps: tuple[float, float] | None = None


@value
class SessionResult:
    """One session from the first request to the last frame.

    `chunks` are the ones that were put in for playing, in the order of playing. `wasted_bytes` is everything that was
    fetched and not played: given up, replaced, or thrown away by a seek. `seek_s` is standstill that a seek caused.
    """

    controller: str
    trace: str
    video: str
    ladder: Ladder
    chunk_duration_s: float
    startup_s: float
    ended_at_s: float
    chunks: tuple[ChunkRecord, ...]
    stalls: tuple[Stall, ...]
    wasted_bytes: int = 0
    seek_s: float = 0.0
