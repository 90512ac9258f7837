"""What a simulated session is set to, and what it answers; field names are those of the session report."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

from abr.model import Ladder, Reason, RungIndex

MAX_BUFFER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """`start_buffer_s`: play (again) once this much is buffered; 0 means with the first chunk."""

    buffer_cap_s: float = 30.0
    start_buffer_s: float = 0.0
    abandonment: bool = False
    abandonment_check_s: float = 0.1
    start_at_s: float = 0.0

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


@dataclass(frozen=True, slots=True)
class Stall:
    """Playback stood still: from `at_s` on the session's clock, at `media_s` of the film."""

    at_s: float
    media_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """One chunk as it was decided and fetched; `buffer_s` is what was buffered when it was asked for.

    `stall_s` is the standstill during this chunk's fetch, the start-up not counted. Of an abandoned attempt
    `wasted_bytes` is left, and the rung that was given up.
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


@dataclass(frozen=True, slots=True)
class SessionResult:
    """One session from the first request to the last frame."""

    controller: str
    trace: str
    video: str
    ladder: Ladder
    chunk_duration_s: float
    startup_s: float
    ended_at_s: float
    chunks: tuple[ChunkRecord, ...]
    stalls: tuple[Stall, ...]
