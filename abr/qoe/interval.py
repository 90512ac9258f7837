"""Means with intervals and paired differences, by resampling; the same seed gives the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

RESAMPLES = 1000
LEVEL = 0.95
FLIPS = 10_000
EXACT_UP_TO = 13
"""With so few pairs all the 2^n sign patterns are counted instead of drawn."""
BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its percentile bootstrap interval; `low` = `high` = `mean` for one value."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired mean difference with its interval, and the p value of "the sign of a difference is a coin's"."""

    mean: float
    low: float
    high: float
    p: float


def bootstrap_mean(values: Sequence[float], seed: int, *, resamples: int = RESAMPLES, level: float = LEVEL) -> Interval:
    """The mean of `values` and its interval at `level`; the same seed gives the same interval."""
    if not values:
        raise ValueError("there is no mean of nothing")
    import numpy as np  # here, since a command line that lists controllers need not wait for it

    mean = fsum(values) / len(values)
    if len(values) == 1:
        return Interval(mean, mean, mean)
    data = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(data), size=(resamples, len(data)))
    low, high = np.quantile(data[picks].mean(axis=1), _tails(level))
    return Interval(mean, float(low), float(high))


def bootstrap_ratio(
    above: Sequence[float], below: Sequence[float], seed: int, *, resamples: int = RESAMPLES, level: float = LEVEL
) -> Interval | None:
    """Mean of `above` over mean of `below`, resampled in pairs; None where the mean of `below` is not above 0.

    Resamples in which it is not are left out of the interval.
    """
    if len(above) != len(below) or not above:
        raise ValueError(f"pairs are asked for, not {len(above)} and {len(below)} values")
    import numpy as np

    if fsum(below) <= 0:
        return None
    ratio = fsum(above) / fsum(below)
    if len(above) == 1:
        return Interval(ratio, ratio, ratio)
    upper, lower = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(upper), size=(resamples, len(upper)))
    tops, bottoms = upper[picks].mean(axis=1), lower[picks].mean(axis=1)
    good = bottoms > 0
    low, high = np.quantile(tops[good] / bottoms[good], _tails(level))
    return Interval(ratio, float(low), float(high))


def paired_difference(values: Sequence[float], reference: Sequence[float], seed: int) -> Difference:
    """`values` less `reference`, pair by pair: mean, bootstrap interval, and a two-sided sign-flip p value."""
    if len(values) != len(reference) or not values:
        raise ValueError(f"pairs are asked for, not {len(values)} and {len(reference)} values")
    differences = [value - other for value, other in zip(values, reference, strict=True)]
    interval = bootstrap_mean(differences, seed)
    return Difference(interval.mean, interval.low, interval.high, sign_flip_p(differences, seed))


def sign_flip_p(differences: Sequence[float], seed: int, *, flips: int = FLIPS) -> float:
    """The share of sign patterns whose mean is at least as far from 0 as the one seen (two-sided).

    Exact up to `EXACT_UP_TO` differences; beyond, (1 + hits) / (1 + `flips`) over drawn patterns, which is never 0
    (Phipson and Smyth, 2010).
    """
    import numpy as np

    data = np.asarray([it for it in differences if it != 0.0], dtype=np.float64)
    if len(data) == 0:
        return 1.0
    # A pattern that ties with what was seen shall count, whatever the order of its additions.
    limit = abs(float(data.sum())) - 1e-9 * float(np.abs(data).sum())
    if len(data) <= EXACT_UP_TO:
        patterns = (np.arange(2 ** len(data))[:, None] >> np.arange(len(data))) & 1
        return float(np.mean(np.abs((data * (2.0 * patterns - 1.0)).sum(axis=1)) >= limit))
    rng, hits = np.random.default_rng(seed), 0
    for start in range(0, flips, BLOCK):
        signs = 2.0 * rng.integers(0, 2, size=(min(BLOCK, flips - start), len(data)), dtype=np.int8) - 1.0
        hits += int(np.count_nonzero(np.abs((signs * data).sum(axis=1)) >= limit))
    return (1 + hits) / (1 + flips)


def _tails(level: float) -> list[float]:
    return [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
