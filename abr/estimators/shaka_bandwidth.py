"""Shaka Player's bandwidth estimator: the lower of two weighted means of the rate, latency included.

Source: Shaka Player 5.2.7, EwmaBandwidthEstimator and SimpleAbrManager. A rate is taken from the request to the last
byte, weighted by that time; transfers below 16 kB, and those of less than 5 ms (a cache's), do not count; until 128 kB
have been counted the default stands in.
The original takes a sample per progress event, the last part of a transfer with the most weight; here a transfer is one
sample.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr.estimators.ewma import Ewma
from abr.model import ThroughputSample


@dataclass(frozen=True, slots=True)
class ShakaBandwidthSettings:
    """Half-lives in seconds of transfer time; what is too little to count."""

    fast_half_life_s: float = 2.0
    slow_half_life_s: float = 5.0
    default_bps: float = 1e6
    min_sample_bytes: int = 16_000
    min_total_bytes: int = 128_000
    cache_threshold_s: float = 0.005


class ShakaBandwidth:
    """One session's estimate."""

    __slots__ = ("_bytes", "_fast", "_settings", "_slow")

    def __init__(self, settings: ShakaBandwidthSettings | None = None) -> None:
        self._settings = settings or ShakaBandwidthSettings()
        self._fast, self._slow = Ewma(self._settings.fast_half_life_s), Ewma(self._settings.slow_half_life_s)
        self._bytes = 0

    def add(self, sample: ThroughputSample) -> None:
        """Take in one transfer, if it counts."""
        settings, span_s = self._settings, sample.finished_at_s - sample.requested_at_s
        if sample.size_bytes < settings.min_sample_bytes or span_s < settings.cache_threshold_s:
            return
        rate_bps = 8.0 * sample.size_bytes / span_s
        self._fast.add(rate_bps, span_s)
        self._slow.add(rate_bps, span_s)
        self._bytes += sample.size_bytes

    @property
    def is_good(self) -> bool:
        """Enough bytes have been counted."""
        return self._bytes >= self._settings.min_total_bytes

    @property
    def estimate_bps(self) -> float:
        """Bits per second; the default until the estimate is good."""
        fast, slow = self._fast.value, self._slow.value
        return min(fast, slow) if self.is_good and fast is not None and slow is not None else self._settings.default_bps
