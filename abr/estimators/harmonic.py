"""The harmonic mean of the last transfers: one outlier upwards hardly moves it (Jiang et al., FESTIVE, 2012)."""

from __future__ import annotations

from collections import deque
from math import fsum

from abr.estimators.ewma import sample_rate_bps
from abr.estimators.model import unseen
from abr.model import ThroughputSample

LAST = 5
"""How many transfers MPC's authors look back (Yin et al., SIGCOMM 2015)."""


class HarmonicMean:
    """The mean over the `last` transfers that carried bytes, kept from decision to decision."""

    __slots__ = ("_newest", "_rates_bps")

    def __init__(self, last: int = LAST) -> None:
        if last < 1:
            raise ValueError(f"a mean needs one transfer or more, not {last}")
        self._rates_bps: deque[float] = deque(maxlen=last)
        self._newest: ThroughputSample | None = None

    def update(self, samples: tuple[ThroughputSample, ...]) -> float | None:
        """Take in what is new at the end of `samples` (oldest first): bits per second, None without any transfer."""
        for sample in unseen(samples, self._newest):
            if sample.size_bytes > 0:
                self._rates_bps.append(sample_rate_bps(sample))
            self._newest = sample
        rates = self._rates_bps
        return len(rates) / fsum([1.0 / rate for rate in rates]) if rates else None


def harmonic_mean_bps(samples: tuple[ThroughputSample, ...], last: int = LAST) -> float | None:
    """Bits per second over the `last` transfers that carried bytes; None when there is none."""
    return HarmonicMean(last).update(samples)
