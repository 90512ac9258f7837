"""The estimators, batched: those of `abr.estimators`, fed with one transfer a session and chunk."""

from __future__ import annotations

import numpy as np

from abr.estimators.decay import halved as halved_number
from abr.estimators.ewma import DualEwmaSettings
from abr.simulate.batch.arrays import Floats
from abr.simulate.batch.decay import halved
from abr.simulate.batch.seen import Transfers


class Ewmas:
    """`Ewma`, one a session."""

    def __init__(self, sessions: int, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self._mean, self._weight = np.zeros(sessions), np.zeros(sessions)

    def add(self, value: Floats, duration_s: Floats) -> Floats:
        """Take in a value each, which held for so long; the means, corrected for having started from nothing."""
        kept = halved(duration_s / self._half_life_s)
        new = 1.0 - kept
        self._mean *= kept
        self._mean += new * value
        self._weight *= kept
        self._weight += new
        return self._mean / self._weight


class DualEwmas:
    """`DualEwma`, one a session. Every transfer has bytes. ValueError: a player's settings beyond the half-lives."""

    def __init__(self, sessions: int, settings: DualEwmaSettings) -> None:
        if settings.default_bps is not None or settings.fastest_bps is not None:
            raise ValueError(f"a batch's means know neither a default nor a fastest rate: {settings}")
        self._settings = settings
        self._fast, self._slow = Ewmas(sessions, settings.fast_half_life_s), Ewmas(sessions, settings.slow_half_life_s)
        self._hint_bps = np.full(sessions, np.nan)

    def update(self, newest: Transfers) -> Floats:
        """The estimates in bits per second, after the newest transfers."""
        bits = 8.0 * newest.size_bytes
        span_s = newest.finished_at_s - newest.first_byte_at_s
        np.maximum(span_s, self._settings.shortest_s, out=span_s)
        rate_bps = bits / span_s
        small = newest.size_bytes < self._settings.smallest_bytes
        if not small.any():
            return self._lower(rate_bps, span_s)
        # A span of nothing keeps everything: a small transfer leaves both means as they are.
        span_s[small], rate_bps[small] = 0.0, 0.0
        goodput_bps = bits / np.maximum(newest.finished_at_s - newest.requested_at_s, 1e-9)
        np.copyto(self._hint_bps, goodput_bps, where=small)
        estimate_bps = self._lower(rate_bps, span_s)
        return np.where(np.isnan(estimate_bps), self._hint_bps, estimate_bps)

    def _lower(self, rate_bps: Floats, span_s: Floats) -> Floats:
        return np.minimum(self._fast.add(rate_bps, span_s), self._slow.add(rate_bps, span_s))


class LatencyEwmas:
    """`LatencyEwma`, one a session: every transfer weighs a chunk's duration, so that all share their weights."""

    def __init__(self, sessions: int, chunk_s: float, fast_half_life_s: float = 3.0, slow_half_life_s: float = 8.0):
        self._kept = tuple(halved_number(chunk_s / half_life_s) for half_life_s in (fast_half_life_s, slow_half_life_s))
        self._means_s, self._weights = [np.zeros(sessions), np.zeros(sessions)], [0.0, 0.0]

    def update(self, newest: Transfers) -> Floats:
        """The higher mean of each session in seconds, after the newest transfers."""
        span_s = newest.first_byte_at_s - newest.requested_at_s
        np.maximum(span_s, 0.0, out=span_s)
        for i, kept in enumerate(self._kept):
            self._means_s[i] *= kept
            self._means_s[i] += (1.0 - kept) * span_s
            self._weights[i] = kept * self._weights[i] + (1.0 - kept)
        fast, slow = (mean / weight for mean, weight in zip(self._means_s, self._weights, strict=True))
        return np.maximum(fast, slow)


class LastLatencies:
    """`latency_s`: the median of the newest five, request to first byte."""

    def __init__(self, last: int = 5) -> None:
        self._last = last
        self._spans_s: list[Floats] = []

    def update(self, newest: Transfers) -> Floats:
        """The medians in seconds, after the newest transfers."""
        self._spans_s = [*self._spans_s[1 - self._last :], newest.first_byte_at_s - newest.requested_at_s]
        ordered = _sorted(self._spans_s)
        middle = len(ordered) // 2
        if len(ordered) % 2:
            return np.maximum(ordered[middle], 0.0)
        return np.maximum((ordered[middle - 1] + ordered[middle]) / 2.0, 0.0)


def _sorted(rows: list[Floats]) -> list[Floats]:
    """The rows' numbers in order, place by place: exchanges of neighbours, which for five cost less than a sort."""
    rows = list(rows)
    for end in range(len(rows) - 1, 0, -1):
        for i in range(end):
            rows[i], rows[i + 1] = np.minimum(rows[i], rows[i + 1]), np.maximum(rows[i], rows[i + 1])
    return rows
