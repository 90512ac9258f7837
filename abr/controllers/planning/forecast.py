"""The rate that a plan expects, and how wrong it has been: harmonic mean and relative errors of the last transfers.

Source: Yin et al., SIGCOMM 2015 (harmonic mean of the last five chunks, largest relative error of the last five),
and pensieve test/mpc.py. A chunk's rate is its goodput: bits over the whole request, latency included, as there; so a
plan needs no latency apart. A transfer that was given up is one more transfer; one without bytes tells nothing.
"""

from __future__ import annotations

from collections import deque
from math import fsum

from abr.model import ThroughputSample


class HarmonicForecast:
    """One session's forecast. `window`: transfers in the mean; `errors`: transfers whose error is remembered."""

    __slots__ = ("_inverses", "_newest", "errors", "mean_bps", "ratios")

    def __init__(self, window: int = 5, errors: int = 5, ratios: int = 5) -> None:
        self._inverses: deque[float] = deque(maxlen=window)
        self._newest: ThroughputSample | None = None
        self.mean_bps: float | None = None
        """The harmonic mean, in bits per second; None before the first transfer."""
        self.errors: deque[float] = deque(maxlen=errors)
        """|forecast - got| / got, oldest first."""
        self.ratios: deque[float] = deque(maxlen=ratios)
        """Forecast / got, which is the time that was taken over the time that was forecast."""

    def update(self, samples: tuple[ThroughputSample, ...]) -> float | None:
        """Take in what is new at the end of `samples` (oldest first) and answer the mean."""
        if samples and samples[-1] is not self._newest:
            for sample in samples[self._seen(samples) :]:
                if sample.size_bytes > 0:
                    self._add(sample.goodput_bps)
            self._newest = samples[-1]
        return self.mean_bps

    @property
    def worst_error(self) -> float:
        """The largest remembered error; 0 while nothing has been forecast."""
        return max(self.errors, default=0.0)

    def _add(self, got_bps: float) -> None:
        if self.mean_bps is not None:
            ratio = self.mean_bps / got_bps
            self.ratios.append(ratio)
            self.errors.append(abs(ratio - 1.0))
        self._inverses.append(1.0 / got_bps)
        self.mean_bps = len(self._inverses) / fsum(self._inverses)

    def _seen(self, samples: tuple[ThroughputSample, ...]) -> int:
        newest = self._newest
        if newest is not None:
            for position in range(len(samples) - 1, -1, -1):
                if samples[position] is newest or samples[position] == newest:
                    return position + 1
        return 0
