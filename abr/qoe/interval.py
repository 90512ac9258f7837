"""Means with intervals, by resampling sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its percentile bootstrap interval; `low` = `high` = `mean` for one value."""

    mean: float
    low: float
    high: float


def bootstrap_mean(values: Sequence[float], seed: int, *, resamples: int = 1000, level: float = 0.95) -> Interval:
    """The mean of `values` and its interval at `level`; the same seed gives the same interval."""
    if not values:
        raise ValueError("there is no mean of nothing")
    import numpy as np  # here, since a command line that lists controllers need not wait for it

    mean = fsum(values) / len(values)
    if len(values) == 1:
        return Interval(mean, mean, mean)
    data = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(data), size=(resamples, len(data)))
    means = np.sort(data[picks].mean(axis=1))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(mean, float(low), float(high))
