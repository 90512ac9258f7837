"""hls.js's bandwidth estimator: the lower of two weighted means of the rate, and one of the time to the first byte.

Source: hls.js 1.7.1, EwmaBandWidthEstimator and the abr-controller's handlers. A mean loses half its weight per
half-life of transfer time. A rate's weight is its transfer's seconds; that of a time to the first byte of s seconds is
sqrt(2) exp(-s^2 / 2), so that long waits count little. A transfer's time is what lies between request and last byte,
less the time to the first byte, or less the estimate of that where the estimate is shorter.
Not there: the time a browser takes to parse the fragment, which the original adds above 100 kbit/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

from abr.estimators.ewma import Ewma
from abr.model import ThroughputSample

MIN_WEIGHT = 0.001
"""With less than this nothing is estimated: the default stands in."""


@dataclass(frozen=True, slots=True)
class HlsjsBandwidthSettings:
    """Half-lives in seconds of transfer time; what stands in before anything is measured."""

    fast_half_life_s: float = 3.0
    slow_half_life_s: float = 9.0
    default_bps: float = 500_000.0
    default_first_byte_s: float = 0.1
    min_transfer_s: float = 0.05
    min_first_byte_s: float = 0.005


class HlsjsBandwidth:
    """One session's estimate; a reset makes a new one with another default."""

    __slots__ = ("_default_bps", "_fast", "_first_byte", "_first_byte_weight", "_settings", "_slow", "_weight")

    def __init__(self, settings: HlsjsBandwidthSettings, default_bps: float | None = None) -> None:
        self._settings = settings
        self._default_bps = settings.default_bps if default_bps is None else default_bps
        self._fast, self._slow = Ewma(settings.fast_half_life_s), Ewma(settings.slow_half_life_s)
        self._first_byte = Ewma(settings.slow_half_life_s)
        self._weight = self._first_byte_weight = 0.0

    def add_transfer(self, sample: ThroughputSample) -> None:
        """Take in a finished transfer: its first byte, then its rate."""
        first_byte_s = sample.first_byte_at_s - sample.requested_at_s
        self.add_first_byte(first_byte_s)
        self.add_rate(sample.finished_at_s - sample.requested_at_s, first_byte_s, sample.size_bytes)

    def add_rate(self, loading_s: float, first_byte_s: float, size_bytes: int) -> None:
        """Take in the rate of `size_bytes` that took `loading_s` from the request on; none without bytes."""
        if size_bytes <= 0:
            return
        least_s = min(self._settings.min_transfer_s, size_bytes / 1e8)
        span_s = max(loading_s - min(first_byte_s, self.first_byte_s), least_s)
        rate_bps = 8.0 * size_bytes / span_s
        self._fast.add(rate_bps, span_s)
        self._slow.add(rate_bps, span_s)
        self._weight += span_s

    def add_first_byte(self, first_byte_s: float) -> None:
        """Take in one time to the first byte."""
        weight = sqrt(2.0) * exp(-(first_byte_s**2) / 2.0)
        self._first_byte.add(max(first_byte_s, self._settings.min_first_byte_s), weight)
        self._first_byte_weight += weight

    def reset(self, default_bps: float) -> HlsjsBandwidth:
        """An estimator that knows nothing but a new default."""
        return HlsjsBandwidth(self._settings, default_bps)

    @property
    def can_estimate(self) -> bool:
        """Enough has been measured."""
        return self._weight >= MIN_WEIGHT

    @property
    def estimate_bps(self) -> float:
        """Bits per second; the default before anything is measured."""
        fast, slow = self._fast.value, self._slow.value
        return min(fast, slow) if self.can_estimate and fast is not None and slow is not None else self._default_bps

    @property
    def first_byte_s(self) -> float:
        """Request to first byte; the default before anything is measured."""
        value = self._first_byte.value
        known = self._first_byte_weight >= MIN_WEIGHT and value is not None
        return value if known and value is not None else self._settings.default_first_byte_s
