"""The values that an adaptation rule sees and answers with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

from abr.values import value

RungIndex = int
"""Position in a ladder; 0 is the lowest bit rate."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A rendition as the controller sees it."""

    bitrate_bps: int
    width: int = 0
    height: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        if self.bitrate_bps <= 0:
            raise ValueError(f"a rung needs a positive bit rate, not {self.bitrate_bps} bit/s")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a title, ascending by bit rate; never empty."""

    rungs: tuple[Rung, ...]
    bitrates_bps: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """The rungs' bit rates, worked out once: every decision reads them."""

    def __post_init__(self) -> None:
        if not self.rungs:
            raise ValueError("a ladder needs at least one rung")
        rates = tuple(rung.bitrate_bps for rung in self.rungs)
        if any(high <= low for low, high in pairwise(rates)):
            raise ValueError(f"a ladder ascends by bit rate, not {list(rates)}")
        object.__setattr__(self, "bitrates_bps", rates)

    def __len__(self) -> int:
        return len(self.rungs)

    def __getitem__(self, index: RungIndex) -> Rung:
        return self.rungs[index]

    @property
    def top(self) -> RungIndex:
        return len(self.rungs) - 1

    def highest_within(self, rate_bps: float) -> RungIndex:
        """The highest rung whose bit rate is at most `rate_bps`; the lowest when none is."""
        return max(0, bisect_right(self.bitrates_bps, rate_bps) - 1)


@value
class ThroughputSample:
    """One finished (or abandoned) transfer, in instants of one clock."""

    size_bytes: int
    requested_at_s: float
    first_byte_at_s: float
    finished_at_s: float

    @property
    def latency_s(self) -> float:
        """Request to first byte."""
        return self.first_byte_at_s - self.requested_at_s

    @property
    def transfer_s(self) -> float:
        """First byte to last."""
        return self.finished_at_s - self.first_byte_at_s

    @property
    def duration_s(self) -> float:
        """Request to last byte."""
        return self.finished_at_s - self.requested_at_s

    @property
    def goodput_bps(self) -> float:
        """Bits over the whole request, latency included: what a chunk of this size got."""
        return 8.0 * self.size_bytes / max(self.duration_s, 1e-9)


class ReasonCode(StrEnum):
    """Why a rung was chosen: stable words for logs and reports."""

    FIXED = "fixed"
    STARTUP = "startup"
    THROUGHPUT = "throughput"
    BUFFER = "buffer"
    UTILITY = "utility"
    HOLD = "hold"
    CAP = "cap"
    INSUFFICIENT_BUFFER = "insufficient-buffer"
    ABANDONED = "abandoned"
    PLAN = "plan"
    BATCH = "batch"


@value
class Reason:
    """A decision's cause: a stable code, and a sentence for a person.

    `words` is the sentence, or a function of a module that makes it from `facts` when somebody reads it: a sweep of
    a million decisions shall not write a million sentences. Facts are plain values, so that a reason can travel
    between processes.
    """

    code: ReasonCode
    words: str | Callable[..., str]
    facts: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The sentence."""
        return self.words if isinstance(self.words, str) else self.words(*self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


@value
class Observation:
    """All that a controller may see when it chooses the rung of one chunk.

    `sizes_bytes[i][q]` is the size of chunk `chunk_index + i` at rung `q`, for as many coming chunks as the manifest
    tells; empty when it tells none. `qualities` has the same shape and order, for a title that comes with a measured
    quality (SSIM in dB, or VMAF). `samples` are the finished transfers, oldest first. `now_s` is an instant of the
    clock that the samples use. `live_delay_s` is how far the playhead is behind the live edge; None on demand.
    `initial_estimate_bps` is what this network carried in earlier sessions, or what its server says: a guess for the
    first chunk, and no longer.
    """

    now_s: float
    chunk_index: int
    chunk_duration_s: float
    ladder: Ladder
    buffer_s: float
    buffer_cap_s: float
    previous_rung: RungIndex | None = None
    samples: tuple[ThroughputSample, ...] = ()
    sizes_bytes: tuple[tuple[int, ...], ...] = ()
    chunks_left: int | None = None
    playing: bool = True
    rung_cap: RungIndex | None = None
    speed: float = 1.0
    qualities: tuple[tuple[float, ...], ...] = ()
    live_delay_s: float | None = None
    initial_estimate_bps: float | None = None

    @property
    def highest_allowed(self) -> RungIndex:
        """The top rung, or the cap when one is set."""
        top = len(self.ladder.rungs) - 1
        return top if self.rung_cap is None else min(self.rung_cap, top)

    def size_of(self, rung: RungIndex) -> float:
        """Bytes of the chunk to choose at `rung`; its nominal size when the manifest does not tell."""
        if self.sizes_bytes:
            return float(self.sizes_bytes[0][rung])
        return self.ladder[rung].bitrate_bps * self.chunk_duration_s / 8.0


@value
class Decision:
    """What to fetch next, and the estimate that the choice rests on.

    `wait_s` asks the scheduler to hold the request back for that long. `band_bps` is what a rule that thinks in
    distributions expects of the next transfer: one in ten below its lower end, and one in ten above its upper one.
    """

    rung: RungIndex
    reason: Reason
    estimate_bps: float | None = None
    wait_s: float = 0.0
    band_bps: tuple[float, float] | None = None


@value
class Progress:
    """A chunk in flight, as the abandonment rule sees it.

    `sizes_bytes[q]` is the chunk's size at rung `q`. Instants are of the same clock as the samples'.
    """

    now_s: float
    rung: RungIndex
    received_bytes: int
    total_bytes: int
    requested_at_s: float
    first_byte_at_s: float | None
    buffer_s: float
    chunk_duration_s: float
    ladder: Ladder
    sizes_bytes: tuple[int, ...]
    playing: bool = True
