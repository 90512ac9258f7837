"""What the link gives, from what the transfers got: samples in, bits per second or seconds out."""

from abr.estimators.ewma import DualEwma, DualEwmaSettings, Ewma, dual_ewma_bps, sample_rate_bps
from abr.estimators.harmonic import harmonic_mean_bps
from abr.estimators.latency import latency_s

__all__ = [
    "DualEwma",
    "DualEwmaSettings",
    "Ewma",
    "dual_ewma_bps",
    "harmonic_mean_bps",
    "latency_s",
    "sample_rate_bps",
]
