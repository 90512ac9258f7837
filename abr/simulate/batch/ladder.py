"""Ladders and other short sorted rows: where each of many numbers lies in one of them.

A comparison with each entry costs less than a binary search as long as a row is as short as a ladder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abr.simulate.batch.arrays import Floats, Ints


def count_within(row: Sequence[float] | Floats, numbers: Floats) -> Ints:
    """How many entries of `row` are at most each number: `bisect_right`."""
    return _count(row, numbers, np.greater_equal)


def count_below(row: Sequence[float] | Floats, numbers: Floats) -> Ints:
    """How many entries of `row` are below each number: `bisect_left`."""
    return _count(row, numbers, np.greater)


def highest_within(rates_bps: Sequence[float] | Floats, numbers_bps: Floats) -> Ints:
    """The highest rung whose bit rate is at most each number; the lowest when none is."""
    # Without the lowest rung the count is the rung.
    return count_within(rates_bps[1:], numbers_bps)


def _count(row: Sequence[float] | Floats, numbers: Floats, passes: np.ufunc) -> Ints:
    counts = np.zeros(len(numbers), np.int8)
    for entry in row:
        counts += passes(numbers, entry)
    return counts.astype(np.intp)
