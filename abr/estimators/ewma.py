"""Two exponentially weighted means of the transfer rate: one quick, one slow; the lower one counts.

Source: dash.js ThroughputController and Sabre's `Ewma` (half-lives of 3 s and 8 s of download time, bias-corrected).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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

    __slots__ = ("_decay", "_mean", "_weight")

    def __init__(self, half_life_s: float) -> None:
        if half_life_s <= 0:
            raise ValueError(f"a half-life is positive, not {half_life_s} s")
        self._decay = 0.5 ** (1.0 / half_life_s)
        self._mean = 0.0
        self._weight = 0.0

    def add(self, value: float, duration_s: float) -> None:
        """Take in `value`, which held for `duration_s`."""
        kept = self._decay**duration_s
        self._mean = kept * self._mean + (1.0 - kept) * value
        self._weight = kept * self._weight + (1.0 - kept)

    @property
    def value(self) -> float | None:
        """The mean, corrected for having started from nothing; None before the first value."""
        return self._mean / self._weight if self._weight > 0.0 else None


@dataclass(frozen=True, slots=True)
class DualEwmaSettings:
    """Half-lives in seconds of transfer time."""

    fast_half_life_s: float = 3.0
    slow_half_life_s: float = 8.0


class DualEwma:
    """The lower of a quick and a slow mean: falls at once, rises with patience.

    Until a transfer of a useful size has been seen, a small one's rate over its whole request stands in.
    """

    def __init__(self, settings: DualEwmaSettings | None = None) -> None:
        settings = settings or DualEwmaSettings()
        self._fast = Ewma(settings.fast_half_life_s)
        self._slow = Ewma(settings.slow_half_life_s)
        self._hint_bps: float | None = None
        self._newest: ThroughputSample | None = None

    def update(self, samples: tuple[ThroughputSample, ...]) -> float | None:
        """Take in what is new at the end of `samples` (oldest first) and answer the estimate."""
        if samples and samples[-1] is not self._newest:
            for sample in self._unseen(samples):
                self.add(sample)
            self._newest = samples[-1]
        return self.estimate_bps

    def add(self, sample: ThroughputSample) -> None:
        """Take in one transfer. One without bytes says nothing."""
        if sample.size_bytes <= 0:
            return
        if sample.size_bytes < SMALL_SAMPLE_BYTES:
            self._hint_bps = sample.goodput_bps
            return
        rate, weight = sample_rate_bps(sample), max(sample.transfer_s, MIN_TRANSFER_S)
        self._fast.add(rate, weight)
        self._slow.add(rate, weight)

    @property
    def estimate_bps(self) -> float | None:
        """Bits per second; None before the first transfer."""
        fast, slow = self._fast.value, self._slow.value
        if fast is None or slow is None:
            return self._hint_bps
        return min(fast, slow)

    def _unseen(self, samples: tuple[ThroughputSample, ...]) -> Iterable[ThroughputSample]:
        seen = 0
        for position in range(len(samples), 0, -1):
            if samples[position - 1] is self._newest or samples[position - 1] == self._newest:
                seen = position
                break
        return samples[seen:]


def dual_ewma_bps(samples: tuple[ThroughputSample, ...], settings: DualEwmaSettings | None = None) -> float | None:
    """The dual mean over `samples` at once."""
    return DualEwma(settings).update(samples)
