"""The harmonic mean of the last transfers: one outlier upwards hardly moves it (Jiang et al., FESTIVE, 2012)."""

from __future__ import annotations

from math import fsum

from abr.estimators.ewma import sample_rate_bps
from abr.model import ThroughputSample


def harmonic_mean_bps(samples: tuple[ThroughputSample, ...], last: int = 5) -> float | None:
    """Bits per second over the `last` transfers that carried bytes; None when there is none."""
    rates = [sample_rate_bps(sample) for sample in samples if sample.size_bytes > 0][-last:]
    return len(rates) / fsum(1.0 / rate for rate in rates) if rates else None
