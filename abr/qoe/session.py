"""What a viewer got from one session, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

from abr.model import RungIndex
from abr.simulate.model import ChunkRecord, SessionResult

OSCILLATION_S = 10.0
"""A switch that the next one takes back within this much play is an oscillation (Akamai's table, dash.js PR 1544)."""


@dataclass(frozen=True, slots=True)
class SessionMetrics:
    """`stall_ratio` is stall time over stall and play time; the start-up is counted apart. Wasted bytes are fetched.

    `mean_step_bps` is the mean change of the nominal bit rate at a switch; it and `mean_stall_s` are 0 where there is
    none. `oscillations` are switches one way that the next switch takes back within `OSCILLATION_S` of play.
    `estimate_bias` is the mean of ln(estimate / goodput) over the chunks whose decision rests on an estimate, and
    `estimate_error` the mean of its absolute value; None where no decision has one.
    """

    startup_s: float
    stall_count: int
    stall_s: float
    stall_ratio: float
    mean_stall_s: float
    mean_bitrate_bps: float
    switches: int
    switches_up: int
    switches_down: int
    mean_step_bps: float
    oscillations: int
    mean_rung: float
    time_per_rung_s: tuple[float, ...]
    bytes_fetched: int
    bytes_wasted: int
    estimate_bias: float | None
    estimate_error: float | None


def session_metrics(result: SessionResult) -> SessionMetrics:
    """The metrics of one session, which has at least one chunk."""
    chunks, chunk_s = result.chunks, result.chunk_duration_s
    stall_s = fsum(stall.duration_s for stall in result.stalls)
    rungs = Counter(chunk.rung for chunk in chunks)
    steps = [b.bitrate_bps - a.bitrate_bps for a, b in pairwise(chunks) if a.rung != b.rung]
    bias, error = _estimate_errors(chunks)
    return SessionMetrics(
        startup_s=result.startup_s,
        stall_count=len(result.stalls),
        stall_s=stall_s,
        stall_ratio=stall_s / (stall_s + chunk_s * len(chunks)),
        mean_stall_s=stall_s / max(1, len(result.stalls)),
        mean_bitrate_bps=sum(chunk.bitrate_bps for chunk in chunks) / len(chunks),
        switches=len(steps),
        switches_up=sum(step > 0 for step in steps),
        switches_down=sum(step < 0 for step in steps),
        mean_step_bps=sum(map(abs, steps)) / max(1, len(steps)),
        oscillations=oscillations([chunk.rung for chunk in chunks], chunk_s),
        mean_rung=sum(chunk.rung for chunk in chunks) / len(chunks),
        time_per_rung_s=tuple(rungs[rung] * chunk_s for rung in range(len(result.ladder))),
        bytes_fetched=sum(chunk.size_bytes for chunk in chunks) + result.wasted_bytes,
        bytes_wasted=result.wasted_bytes,
        estimate_bias=bias,
        estimate_error=error,
    )


def oscillations(rungs: Sequence[RungIndex], chunk_duration_s: float, within_s: float = OSCILLATION_S) -> int:
    """Switches that the next switch, the other way, takes back within `within_s` of play."""
    switches = [(k, b > a) for k, (a, b) in enumerate(pairwise(rungs)) if a != b]
    return sum(
        up != next_up and (next_k - k) * chunk_duration_s <= within_s
        for (k, up), (next_k, next_up) in pairwise(switches)
    )


def estimates(chunks: Sequence[ChunkRecord]) -> list[tuple[float, float]]:
    """(estimate, goodput) in bit/s of every chunk whose decision rests on an estimate above 0."""
    return [
        (chunk.estimate_bps, 8.0 * chunk.size_bytes / max(chunk.finished_at_s - chunk.requested_at_s, 1e-9))
        for chunk in chunks
        if chunk.estimate_bps is not None and chunk.estimate_bps > 0
    ]


def _estimate_errors(chunks: Sequence[ChunkRecord]) -> tuple[float | None, float | None]:
    from math import log

    errors = [log(estimate / goodput) for estimate, goodput in estimates(chunks)]
    if not errors:
        return None, None
    return fsum(errors) / len(errors), fsum(map(abs, errors)) / len(errors)
