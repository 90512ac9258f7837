"""Learning a `FittedModel` (abr/trace/fitted.py) from recordings."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import exp, fsum, log

from abr.trace.fitted import MOST_SAMPLES, FittedModel, State, TrainingSet, Weighted
from abr.trace.model import Trace, TraceError
from abr.trace.statistics import autocorrelation, describe, resampled

SILENT_BPS = 1000.0
"""Below it a sample counts as silence; rates are whole kbit/s."""
FEWEST_CLASSES, MOST_CLASSES = 4, 32
# With fewer samples a class the model would only repeat the recording's own sequence.
SAMPLES_PER_CLASS = 40
RATES_PER_STATE = 16
HOLDS_PER_STATE = 32


def fit(traces: Sequence[Trace], period_s: float | None = None) -> FittedModel:
    """Learn a model from recordings; `period_s` is the set's usual sample period, within 0.1 to 5 s, if left out.

    TraceError: there is nothing to learn from.
    """
    if not traces:
        raise TraceError("a model is fitted to at least one trace")
    period_s = period_s or min(5.0, max(0.1, describe(traces).period_s))
    if fsum(trace.duration_s for trace in traces) / period_s > MOST_SAMPLES:
        raise TraceError(f"more than {MOST_SAMPLES} samples of {period_s:g} s; give a longer period or fewer traces")
    series = [resampled(trace, period_s) for trace in traces]
    edges = _edges([rate for rates in series for rate in rates if rate >= SILENT_BPS])
    classed = [[_class(rate, edges) for rate in rates] for rates in series]
    known = sorted({index for indices in classed for index in indices})
    learnt = _Learnt(known)
    for trace, rates, indices in zip(traces, series, classed, strict=True):
        learnt.count(trace, period_s, rates, [known.index(index) for index in indices])
    pooled = [rate for rates in series for rate in rates]
    mean_bps = fsum(pooled) / len(pooled)
    spread = fsum((rate - mean_bps) ** 2 for rate in pooled) / len(pooled)
    trained_on = TrainingSet(
        len(traces),
        fsum(trace.duration_s for trace in traces),
        mean_bps,
        spread**0.5 / mean_bps if mean_bps else 0.0,
        autocorrelation(series),
    )
    return FittedModel(period_s, learnt.states(), trained_on)


class _Learnt:
    """What is counted, state by state."""

    def __init__(self, known: list[int]) -> None:
        self._size = len(known)
        self._rates: list[list[float]] = [[] for _ in known]
        self._latencies_s: list[list[float]] = [[] for _ in known]
        self._holds: list[list[int]] = [[] for _ in known]
        self._next: list[Counter[int]] = [Counter() for _ in known]
        self._within: list[list[tuple[float, float]]] = [[] for _ in known]

    def count(self, trace: Trace, period_s: float, rates: list[float], states: list[int]) -> None:
        """One recording, as a loop that starts where a stay does."""
        count = len(states)
        start = next((index for index in range(count) if states[index] != states[index - 1]), 0)
        order = [(start + offset) % count for offset in range(count)]
        for index in order:
            self._rates[states[index]].append(rates[index])
            self._latencies_s[states[index]].append(trace.latency_at((index + 0.5) * period_s))
            if states[index] == states[index - 1] and count > 1:
                self._within[states[index]].append((rates[index - 1], rates[index]))
        stays: list[list[int]] = []
        for index in order:
            if stays and stays[-1][0] == states[index]:
                stays[-1][1] += 1
            else:
                stays.append([states[index], 1])
        for (state, length), (after, _) in zip(stays, [*stays[1:], stays[0]], strict=True):
            self._holds[state].append(length)
            self._next[state][after] += 1

    def states(self) -> tuple[State, ...]:
        total = sum(map(len, self._rates))
        return tuple(
            State(
                len(self._rates[index]) / total,
                tuple(value for value, _ in _groups(self._rates[index], RATES_PER_STATE)),
                _stay(self._within[index]),
                _groups(self._holds[index], HOLDS_PER_STATE),
                fsum(self._latencies_s[index]) / len(self._latencies_s[index]),
                tuple(self._next[index][after] / self._next[index].total() for after in range(self._size)),
            )
            for index in range(self._size)
        )


def _edges(rates: list[float]) -> list[float]:
    """Where one class ends and the next begins, equally far apart in log rate between the 1st and 99th percentile."""
    if not rates:
        raise TraceError("carries next to nothing: no sample reaches 1 kbit/s")
    ordered = sorted(rates)
    classes = min(MOST_CLASSES, max(FEWEST_CLASSES, len(rates) // SAMPLES_PER_CLASS))
    low, high = ordered[len(ordered) // 100], ordered[-1 - len(ordered) // 100]
    if high <= low:
        return []
    return [exp(log(low) + (log(high) - log(low)) * index / classes) for index in range(1, classes)]


def _class(rate_bps: float, edges: list[float]) -> int:
    return 0 if rate_bps < SILENT_BPS else 1 + bisect_right(edges, rate_bps)


def _stay(pairs: list[tuple[float, float]]) -> float:
    """The correlation of neighbours within one state, which is what keeping a rate with that chance gives."""
    if len(pairs) < 8:
        return 0.0
    firsts, seconds = [it[0] for it in pairs], [it[1] for it in pairs]
    mean_a, mean_b = fsum(firsts) / len(pairs), fsum(seconds) / len(pairs)
    together = fsum((a - mean_a) * (b - mean_b) for a, b in pairs)
    spread_a, spread_b = fsum((a - mean_a) ** 2 for a in firsts), fsum((b - mean_b) ** 2 for b in seconds)
    return min(0.99, max(0.0, together / (spread_a * spread_b) ** 0.5)) if spread_a > 0 and spread_b > 0 else 0.0


def _groups(values: Sequence[float], most: int) -> Weighted:
    """Equal parts of the sorted values, each as its mean and its size: the mean of all is kept exactly."""
    ordered = sorted(values)
    count = min(most, len(ordered))
    cuts = [round(len(ordered) * part / count) for part in range(count + 1)]
    return tuple((fsum(ordered[a:b]) / (b - a), float(b - a)) for a, b in pairwise(cuts))
