"""What a trace is like, in a few numbers; every one weighted by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt
from statistics import median

from abr.trace.model import Trace


@dataclass(frozen=True, slots=True)
class TraceStatistics:
    """Rates in bit/s, times in seconds; `cov` is standard deviation over mean, `zero_share` the time without signal."""

    duration_s: float
    mean_bps: float
    p5_bps: float
    median_bps: float
    p95_bps: float
    cov: float
    period_s: float
    """The median length of a step."""
    zero_share: float
    latency_s: float


def describe(traces: Sequence[Trace]) -> TraceStatistics:
    """Of one trace, or of a set taken together as one long one. There is at least one."""
    steps = [step for trace in traces for step in trace.steps]
    duration_s = fsum(step.duration_s for step in steps)
    mean_bps = fsum(step.rate_bps * step.duration_s for step in steps) / duration_s
    spread = fsum((step.rate_bps - mean_bps) ** 2 * step.duration_s for step in steps) / duration_s
    low, middle, high = _percentiles([(step.rate_bps, step.duration_s) for step in steps], (0.05, 0.5, 0.95))
    return TraceStatistics(
        duration_s,
        mean_bps,
        low,
        middle,
        high,
        sqrt(spread) / mean_bps,
        median(step.duration_s for step in steps),
        fsum(step.duration_s for step in steps if step.rate_bps == 0) / duration_s,
        fsum(step.latency_s * step.duration_s for step in steps) / duration_s,
    )


def resampled(trace: Trace, period_s: float) -> list[float]:
    """The mean rates of consecutive spans of `period_s`; what is left at the end is left out unless it is all."""
    count = max(1, int(trace.duration_s / period_s * (1 + 1e-12)))
    period_s = min(period_s, trace.duration_s)
    edges = [min(index * period_s, trace.duration_s) for index in range(count + 1)]
    # An edge at the very end belongs to this turn, not to the next.
    carried = [trace.total_bits if edge >= trace.duration_s else trace.bits_between(0.0, edge) for edge in edges]
    return [max(0.0, after - before) / period_s for before, after in pairwise(carried)]


def autocorrelation(series: Sequence[Sequence[float]]) -> float:
    """Correlation of a sample with the next of the same series, about the mean of all; 0 when nothing varies.

    Every series is taken as the loop that it is: after its last sample comes its first.
    """
    pooled = [value for values in series for value in values]
    mean = fsum(pooled) / len(pooled)
    spread = fsum((value - mean) ** 2 for value in pooled)
    along = fsum(
        (values[index - 1] - mean) * (values[index] - mean) for values in series for index in range(len(values))
    )
    return along / spread if spread > 0 else 0.0


def _percentiles(weighted: list[tuple[float, float]], shares: Sequence[float]) -> list[float]:
    """The lowest values below which at least these shares of the weight lie."""
    weighted.sort()
    total = fsum(weight for _, weight in weighted)
    found, below, index = [], 0.0, 0
    for share in shares:
        while index < len(weighted) - 1 and below + weighted[index][1] < share * total:
            below += weighted[index][1]
            index += 1
        found.append(weighted[index][0])
    return found
