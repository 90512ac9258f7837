"""Two exponentially weighted means of the transfer rate: one quick, one slow; the lower one counts.

Source: dash.js ThroughputController, Sabre's `Ewma`, hls.js EwmaBandWidthEstimator and Shaka's EwmaBandwidthEstimator:
the same mean, weighted by transfer time and corrected for having started from nothing, with other half-lives.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr.estimators.decay import halved
from abr.estimators.model import unseen
from abr.model import ThroughputSample

MIN_TRANSFER_S = 1e-3
"""Shorter transfers count as this long: below it a clock's resolution is measured, not the network."""

SMALL_SAMPLE_BYTES = 16_000
"""A smaller transfer mostly sits in one congestion window and tells little about the rate (Shaka ignores it too)."""


def sample_rate_bps(sample: ThroughputSample) -> float:
    """Bits per second from the first byte to the last; the latency is estimated apart."""
    return 8.0 * sample.size_bytes / max(sample.transfer_s, MIN_TRANSFER_S)


class Ewma:
    """A mean in which a value loses half its weight for every `half_life_s` of transfer time after it."""

    __slots__ = ("_duration_s", "_half_life_s", "_kept", "_mean", "_weight")

    def __init__(self, half_life_s: float) -> None:
        if half_life_s <= 0:
            raise ValueError(f"a half-life is positive, not {half_life_s} s")
        self._half_life_s = half_life_s
        self._mean = 0.0
        self._weight = 0.0
        self._duration_s, self._kept = 0.0, 1.0

    def add(self, value: float, duration_s: float) -> float:
        """Take in `value`, which held for `duration_s`; the mean with it, corrected as `value` is."""
        kept = self._kept
        if duration_s != self._duration_s:
            self._duration_s, self._kept = duration_s, (kept := halved(duration_s / self._half_life_s))
        new = 1.0 - kept
        self._mean = mean = kept * self._mean + new * value
        self._weight = weight = kept * self._weight + new
        return mean / weight if weight else value

    @property
    def value(self) -> float | None:
        """The mean, corrected for having started from nothing; None before the first value."""
        return self._mean / self._weight if self._weight > 0.0 else None


@dataclass(frozen=True, slots=True)
class DualEwmaSettings:
    """Half-lives in seconds of transfer time; transfers below `smallest_bytes` are no measurement.

    A transfer counts as `shortest_s` at least, or as what it takes at `fastest_bps` where that is less. Until
    `enough_bytes` have been measured, `default_bps` is the answer (None: what is measured so far, and the rate of a
    small transfer over its whole request while there is no other).
    """

    fast_half_life_s: float = 3.0
    slow_half_life_s: float = 8.0
    smallest_bytes: int = SMALL_SAMPLE_BYTES
    shortest_s: float = MIN_TRANSFER_S
    fastest_bps: float | None = None
    enough_bytes: int = 0
    default_bps: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.fast_half_life_s <= self.slow_half_life_s:
            raise ValueError(
                f"a fast half-life is above 0 s and not above the slow one, "
                f"not {self.fast_half_life_s:g} and {self.slow_half_life_s:g} s"
            )


SABRE = DualEwmaSettings(3.0, 8.0, smallest_bytes=0)
"""Sabre's defaults; dash.js names the same half-lives."""

DASHJS = DualEwmaSettings(2.0, 16.0 / 3.0, smallest_bytes=0)
"""dash.js 5.1: named 3 s and 8 s, but a second of transfer weighs 1.5 (0.0015 a millisecond), which makes them 2/3."""

HLSJS = DualEwmaSettings(3.0, 9.0, smallest_bytes=0, shortest_s=0.05, fastest_bps=800e6, default_bps=500_000.0)
"""hls.js, on demand. Its times run from the request less the estimated time to first byte; here from the first byte."""

SHAKA = DualEwmaSettings(2.0, 5.0, smallest_bytes=16_000, enough_bytes=128_000, default_bps=1_000_000.0)
"""Shaka Player 5.2; its default holds until 128 kB have come in. Its times hold the time to first byte as well."""


class DualEwma:
    """The lower of a quick and a slow mean: falls at once, rises with patience."""

    __slots__ = ("_bytes", "_fast", "_hint_bps", "_lower_bps", "_newest", "_settings", "_slow", "estimate_bps")

    def __init__(self, settings: DualEwmaSettings | None = None) -> None:
        self._settings = settings or DualEwmaSettings()
        self._fast = Ewma(self._settings.fast_half_life_s)
        self._slow = Ewma(self._settings.slow_half_life_s)
        self._bytes = 0
        self._hint_bps: float | None = None
        self._lower_bps: float | None = None
        self._newest: ThroughputSample | None = None
        self.estimate_bps: float | None = self._settings.default_bps
        """Bits per second; None before the first transfer, unless there is a default."""

    def update(self, samples: tuple[ThroughputSample, ...]) -> float | None:
        """Take in what is new at the end of `samples` (oldest first) and answer the estimate."""
        if samples and samples[-1] is not self._newest:
            # Nearly always one is new; looking for it would cost more than taking it in.
            if len(samples) > 1 and samples[-2] is self._newest:
                self.add(samples[-1])
            else:
                for sample in unseen(samples, self._newest):
                    self.add(sample)
            self._newest = samples[-1]
        return self.estimate_bps

    def add(self, sample: ThroughputSample) -> None:
        """Take in one transfer. One without bytes says nothing."""
        size, settings = sample.size_bytes, self._settings
        if size <= 0:
            return
        if size < settings.smallest_bytes:
            self._hint_bps = sample.goodput_bps
        else:
            span_s, shortest_s = sample.finished_at_s - sample.first_byte_at_s, settings.shortest_s
            if settings.fastest_bps is not None:
                shortest_s = min(shortest_s, 8.0 * size / settings.fastest_bps)
            if span_s < shortest_s:
                span_s = shortest_s
            rate_bps = 8.0 * size / span_s
            fast_bps, slow_bps = self._fast.add(rate_bps, span_s), self._slow.add(rate_bps, span_s)
            self._lower_bps = slow_bps
            if fast_bps < slow_bps:
                self._lower_bps = fast_bps
            self._bytes += size
        default_bps = settings.default_bps
        if default_bps is None or self._bytes >= max(1, settings.enough_bytes):
            self.estimate_bps = self._hint_bps if self._lower_bps is None else self._lower_bps


def dual_ewma_bps(samples: tuple[ThroughputSample, ...], settings: DualEwmaSettings | None = None) -> float | None:
    """The dual mean over `samples` at once."""
    return DualEwma(settings).update(samples)
