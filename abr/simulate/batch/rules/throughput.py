"""The throughput rule, batched: `abr.controllers.throughput` with its own estimator."""

from __future__ import annotations

import numpy as np

from abr.controllers.throughput import MIN_SHARE, Settings
from abr.estimators.ewma import DualEwmaSettings
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.estimators import DualEwmas, LastLatencies
from abr.simulate.batch.ladder import highest_within
from abr.simulate.batch.seen import Choice, Film, Seen


class Sustainable:
    """The highest rung that the measured rate carries, a request per chunk included."""

    def __init__(self, film: Film) -> None:
        self._rates_bps, self._chunk_s = film.rates_bps, film.chunk_duration_s

    def rungs(self, estimate_bps: Floats, latency_s: Floats, safety: float) -> Ints:
        """The rungs within the budget; the lowest when none is."""
        share = (self._chunk_s - latency_s) / self._chunk_s
        np.maximum(share, MIN_SHARE, out=share)
        share *= safety * estimate_bps
        return highest_within(self._rates_bps, share)


class Throughputs:
    """What was measured decides, the buffer does not."""

    def __init__(self, film: Film, sessions: int) -> None:
        self._settings = Settings()
        self._estimator, self._latency = DualEwmas(sessions, DualEwmaSettings()), LastLatencies()
        self._sustainable = Sustainable(film)
        self._first: Ints = np.zeros(sessions, np.intp)

    def decide(self, seen: Seen) -> Choice:
        if seen.newest is None:
            return Choice(self._first)
        estimate_bps = self._estimator.update(seen.newest)
        latency_s = self._latency.update(seen.newest)
        return Choice(self._sustainable.rungs(estimate_bps, latency_s, self._settings.safety), estimate_bps)
