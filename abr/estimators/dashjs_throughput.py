"""dash.js's throughput: the lower of two weighted means, and the last transfer's rate, in whole kbit/s.

Source: dash.js 5.1.1, ThroughputModel and ThroughputController. Rates are taken from the first byte to the last and
rounded to whole kbit/s; a transfer's weight is 1.5 times its seconds, so that the half-lives of 3 and 8 are 2 and 5.33
s of transfer time.
A transfer of less than a microsecond has no rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from abr.estimators.ewma import Ewma
from abr.model import ThroughputSample

MIN_TRANSFER_S = 1e-6


@dataclass(frozen=True, slots=True)
class DashjsThroughputSettings:
    """`weight_per_s`: of a transfer; the half-lives are in units of weight."""

    fast_half_life: float = 3.0
    slow_half_life: float = 8.0
    weight_per_s: float = 1.5


class DashjsThroughput:
    """One session's throughput."""

    __slots__ = ("_fast", "_settings", "_slow", "last_kbps")

    def __init__(self, settings: DashjsThroughputSettings | None = None) -> None:
        self._settings = settings or DashjsThroughputSettings()
        self._fast, self._slow = Ewma(self._settings.fast_half_life), Ewma(self._settings.slow_half_life)
        self.last_kbps: int | None = None
        """The last transfer's rate; None before the first."""

    def add(self, sample: ThroughputSample) -> None:
        """Take in one transfer."""
        span_s = sample.finished_at_s - sample.first_byte_at_s
        if span_s < MIN_TRANSFER_S:
            return
        self.last_kbps = floor(8.0 * sample.size_bytes / (1e3 * span_s) + 0.5)
        weight = self._settings.weight_per_s * span_s
        self._fast.add(self.last_kbps, weight)
        self._slow.add(self.last_kbps, weight)

    @property
    def mean_kbps(self) -> int | None:
        """The lower of the two means; None before the first transfer."""
        fast, slow = self._fast.value, self._slow.value
        return None if fast is None or slow is None else floor(min(fast, slow) + 0.5)
