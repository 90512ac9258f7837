"""Request to first byte, kept apart from the transfer rate: as a median, and as the means of Sabre and hls.js."""

from __future__ import annotations

from math import exp, sqrt

from abr.estimators.ewma import Ewma
from abr.estimators.model import unseen
from abr.model import ThroughputSample


def latency_s(samples: tuple[ThroughputSample, ...], last: int = 5) -> float:
    """The median over the `last` transfers, so that one lost packet does not count; 0 when there is none."""
    spans_s = sorted([sample.first_byte_at_s - sample.requested_at_s for sample in samples[-last:]])
    if not spans_s:
        return 0.0
    middle = len(spans_s) // 2
    median_s = spans_s[middle] if len(spans_s) % 2 else (spans_s[middle - 1] + spans_s[middle]) / 2.0
    return max(0.0, median_s)


class LatencyEwma:
    """Sabre's: the higher of a quick and a slow mean, in which every transfer weighs one chunk's duration.

    Half-lives in seconds, as those of the rate; 0 s before the first transfer.
    """

    __slots__ = ("_fast", "_newest", "_slow", "_value_s")

    def __init__(self, fast_half_life_s: float = 3.0, slow_half_life_s: float = 8.0) -> None:
        self._fast, self._slow = Ewma(fast_half_life_s), Ewma(slow_half_life_s)
        self._newest: ThroughputSample | None = None
        self._value_s = 0.0

    def update(self, samples: tuple[ThroughputSample, ...], chunk_s: float) -> float:
        """Take in what is new at the end of `samples`; seconds."""
        if samples and samples[-1] is not self._newest:
            new = samples[-1:] if len(samples) > 1 and samples[-2] is self._newest else unseen(samples, self._newest)
            for sample in new:
                span_s = max(0.0, sample.first_byte_at_s - sample.requested_at_s)
                fast_s, slow_s = self._fast.add(span_s, chunk_s), self._slow.add(span_s, chunk_s)
                self._value_s = slow_s
                if fast_s > slow_s:
                    self._value_s = fast_s
            self._newest = samples[-1]
        return self._value_s


class TimeToFirstByte:
    """hls.js's: one mean, in which a late first byte weighs less: sqrt(2) exp(-t^2 / 2) for t seconds.

    Source: hls.js EwmaBandWidthEstimator.sampleTTFB; at least 5 ms a transfer, 100 ms until the weights come to 0.001.
    """

    __slots__ = ("_mean", "_newest", "_weight", "default_s")

    def __init__(self, half_life_s: float = 9.0, default_s: float = 0.1) -> None:
        self._mean, self.default_s = Ewma(half_life_s), default_s
        self._newest: ThroughputSample | None = None
        self._weight = 0.0

    def update(self, samples: tuple[ThroughputSample, ...]) -> float:
        """Take in what is new at the end of `samples`; seconds."""
        for sample in unseen(samples, self._newest):
            span_s = max(0.0, sample.first_byte_at_s - sample.requested_at_s)
            weight = sqrt(2.0) * exp(-span_s * span_s / 2.0)
            self._mean.add(max(span_s, 0.005), weight)
            self._weight += weight
            self._newest = sample
        value = self._mean.value
        return self.default_s if value is None or self._weight < 0.001 else value
