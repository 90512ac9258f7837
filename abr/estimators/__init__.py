"""What the link gives, from what the transfers got: samples in, bits per second or seconds out."""

from abr.estimators.ewma import (
    DASHJS,
    HLSJS,
    SABRE,
    SHAKA,
    DualEwma,
    DualEwmaSettings,
    Ewma,
    dual_ewma_bps,
    sample_rate_bps,
)
from abr.estimators.harmonic import HarmonicMean, harmonic_mean_bps
from abr.estimators.latency import LatencyEwma, TimeToFirstByte, latency_s
from abr.estimators.model import Estimator
from abr.estimators.named import NAMES, estimator
from abr.estimators.percentile import MEDIA3, Percentile, PercentileSettings, SlidingPercentile, percentile_bps

__all__ = [
    "DASHJS",
    "HLSJS",
    "MEDIA3",
    "NAMES",
    "SABRE",
    "SHAKA",
    "DualEwma",
    "DualEwmaSettings",
    "Estimator",
    "Ewma",
    "HarmonicMean",
    "LatencyEwma",
    "Percentile",
    "PercentileSettings",
    "SlidingPercentile",
    "TimeToFirstByte",
    "dual_ewma_bps",
    "estimator",
    "harmonic_mean_bps",
    "latency_s",
    "percentile_bps",
    "sample_rate_bps",
]
