"""media3's bandwidth meter: the weighted median of the transfer rates, and of the times to the first byte.

Source: media3 1.11 DefaultBandwidthMeter: whole milliseconds from the first byte to the last, weight
floor(sqrt(bytes)), 2000 in all; the estimate stays at its initial value until 2 s or 512 KiB have been transferred. A
transfer of less than half a millisecond has no rate; its bytes count with the next one's, as in the original.
The time to the first byte is the median of the last ten: PercentileTimeToFirstByteEstimator, which only media3's
ExperimentalBandwidthMeter has.
Rates are doubles here; the original's are 32-bit floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from abr.estimators.percentile import SlidingPercentile
from abr.model import ThroughputSample


@dataclass(frozen=True, slots=True)
class Media3MeterSettings:
    """`initial_bps` is the original's for an unknown network; its tables by country and network: 0.29 to 4.7 Mbit/s."""

    initial_bps: int = 1_000_000
    max_weight: int = 2000
    min_elapsed_ms: int = 2000
    min_bytes: int = 512 * 1024
    first_byte_samples: int = 10


class Media3Meter:
    """One session's estimate."""

    __slots__ = ("_carried_bytes", "_elapsed_ms", "_first_bytes", "_rates", "_settings", "_total_bytes", "estimate_bps")

    def __init__(self, settings: Media3MeterSettings | None = None) -> None:
        self._settings = settings or Media3MeterSettings()
        self._rates = SlidingPercentile(self._settings.max_weight)
        self._first_bytes = SlidingPercentile(self._settings.first_byte_samples)
        self._elapsed_ms = self._total_bytes = self._carried_bytes = 0
        self.estimate_bps = self._settings.initial_bps
        """Whole bits per second."""

    def add(self, sample: ThroughputSample) -> None:
        """Take in one transfer."""
        self._first_bytes.add(sample.first_byte_at_s - sample.requested_at_s, 1)
        elapsed_ms = round(1e3 * (sample.finished_at_s - sample.first_byte_at_s))
        self._carried_bytes += sample.size_bytes
        self._elapsed_ms += elapsed_ms
        # As in the original: bytes that are carried forward are counted again with the transfer that has a rate.
        self._total_bytes += self._carried_bytes
        if elapsed_ms <= 0:
            return
        self._rates.add(self._carried_bytes * 8000.0 / elapsed_ms, isqrt(self._carried_bytes))
        self._carried_bytes = 0
        if self._elapsed_ms >= self._settings.min_elapsed_ms or self._total_bytes >= self._settings.min_bytes:
            self.estimate_bps = int(self._rates.value() or 0.0)

    @property
    def first_byte_s(self) -> float | None:
        """Request to first byte; None before the first transfer."""
        return self._first_bytes.value()
