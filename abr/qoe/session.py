"""What a viewer got from one session, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

from abr.simulate.model import SessionResult


@dataclass(frozen=True, slots=True)
class SessionMetrics:
    """`stall_ratio` is stall time over stall and play time; the start-up is counted apart. Wasted bytes are fetched."""

    startup_s: float
    stall_count: int
    stall_s: float
    stall_ratio: float
    mean_bitrate_bps: float
    switches: int
    mean_rung: float
    time_per_rung_s: tuple[float, ...]
    bytes_fetched: int
    bytes_wasted: int


def session_metrics(result: SessionResult) -> SessionMetrics:
    """The metrics of one session."""
    chunks, chunk_s = result.chunks, result.chunk_duration_s
    stall_s = fsum(stall.duration_s for stall in result.stalls)
    rungs = Counter(chunk.rung for chunk in chunks)
    wasted = result.wasted_bytes
    return SessionMetrics(
        startup_s=result.startup_s,
        stall_count=len(result.stalls),
        stall_s=stall_s,
        stall_ratio=stall_s / (stall_s + chunk_s * len(chunks)),
        mean_bitrate_bps=sum(chunk.bitrate_bps for chunk in chunks) / len(chunks),
        switches=sum(a.rung != b.rung for a, b in pairwise(chunks)),
        mean_rung=sum(chunk.rung for chunk in chunks) / len(chunks),
        time_per_rung_s=tuple(rungs[rung] * chunk_s for rung in range(len(result.ladder))),
        bytes_fetched=sum(chunk.size_bytes for chunk in chunks) + wasted,
        bytes_wasted=wasted,
    )
