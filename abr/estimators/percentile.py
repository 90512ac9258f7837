"""A weighted percentile of the last transfers' rates; half way, the median, is media3's estimate.

Source: androidx/media3 1.11, SlidingPercentile and DefaultBandwidthMeter: a transfer weighs the whole part of the
square root of its bytes; the newest transfers up to a total weight of 2000 count, the oldest of them with what is left
of its weight; the estimate is used from 2 s of transfer or 512 KiB on.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from math import isqrt

from abr.estimators.ewma import sample_rate_bps
from abr.estimators.model import unseen
from abr.model import ThroughputSample


@dataclass(frozen=True, slots=True)
class PercentileSettings:
    """`share` 0.5 is the median. Until `enough_s` or `enough_bytes` were measured `default_bps` is the answer."""

    share: float = 0.5
    total_weight: int = 2000
    enough_s: float = 0.0
    enough_bytes: int = 0
    default_bps: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"a percentile's share lies in (0, 1], not {self.share:g}")
        if self.total_weight < 1:
            raise ValueError(f"a percentile's total weight is 1 or more, not {self.total_weight}")


MEDIA3 = PercentileSettings(enough_s=2.0, enough_bytes=512 * 1024, default_bps=1_000_000.0)
"""DefaultBandwidthMeter where it knows nothing of the network and the country."""


class SlidingPercentile:
    """Values with whole weights; the newest up to a total weight. Light: both orders are kept, none is sorted anew."""

    __slots__ = ("_most", "_next", "_order", "_sorted", "_weight")

    def __init__(self, total_weight: int = 2000) -> None:
        if total_weight <= 0:
            raise ValueError(f"a window holds a positive weight, not {total_weight}")
        self._most, self._weight, self._next = total_weight, 0, 0
        self._sorted: list[tuple[float, int]] = []
        self._order: deque[tuple[float, int, int]] = deque()

    def add(self, value: float, weight: int) -> None:
        """Take in `value`; the oldest ones lose what is above the total weight."""
        if weight <= 0:
            return
        insort(self._sorted, (value, self._next))
        self._order.append((value, self._next, weight))
        self._next += 1
        self._weight += weight
        while self._weight > self._most:
            self._trim(self._weight - self._most)

    def _trim(self, excess: int) -> None:
        value, number, weight = self._order.popleft()
        if weight > excess:
            self._order.appendleft((value, number, weight - excess))
            self._weight -= excess
            return
        self._weight -= weight
        del self._sorted[bisect_left(self._sorted, (value, number))]

    def value(self, share: float = 0.5) -> float | None:
        """The lowest value at which `share` of the weight is reached; None when there is none."""
        wanted, reached = share * self._weight, 0
        first = self._order[0][1] if self._order else 0
        for value, number in self._sorted:
            reached += self._order[number - first][2]
            if reached >= wanted:
                return value
        return self._sorted[-1][0] if self._sorted else None


class Percentile:
    """The percentile of the transfers' rates."""

    __slots__ = ("_bytes", "_newest", "_settings", "_sliding", "_span_s")

    def __init__(self, settings: PercentileSettings | None = None) -> None:
        self._settings = settings or PercentileSettings()
        self._sliding = SlidingPercentile(self._settings.total_weight)
        self._newest: ThroughputSample | None = None
        self._span_s, self._bytes = 0.0, 0

    def update(self, samples: tuple[ThroughputSample, ...]) -> float | None:
        """Take in what is new at the end of `samples` (oldest first): bits per second, or the default."""
        for sample in unseen(samples, self._newest):
            self._newest = sample
            if sample.size_bytes > 0:
                self._sliding.add(sample_rate_bps(sample), isqrt(sample.size_bytes))
                self._span_s += sample.finished_at_s - sample.first_byte_at_s
                self._bytes += sample.size_bytes
        it = self._settings
        if self._span_s >= it.enough_s or self._bytes >= it.enough_bytes:
            value = self._sliding.value(it.share)
            return it.default_bps if value is None else value
        return it.default_bps


def percentile_bps(samples: tuple[ThroughputSample, ...], settings: PercentileSettings | None = None) -> float | None:
    """The percentile over `samples` at once."""
    return Percentile(settings).update(samples)
