"""Binary search in many sorted rows at once: a guess from a grid, then a few steps.

Every row is cut into cells of one width. The cell of a number is worked out by the same float operation for the row's
values and for what is looked for, and that operation never falls as the number grows; so whatever its rounding does,
the values of lower cells lie below, those of higher cells above, and only the cell's own values are left to compare.
No row is moved by an offset to make one long sorted array: sums of bits would lose their last digits by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abr.simulate.batch.arrays import Floats, Ints

MOST_CELLS_PER_VALUE = 16
LINEAR_ROUNDS = 3
"""In fuller cells than this, halving takes fewer gathers than one step after the other."""


class Grid:
    """Sorted rows, one after the other, each with an endless value behind it."""

    def __init__(self, rows: Sequence[Floats]) -> None:
        cells = [_cells(row) for row in rows]
        starts = np.cumsum([0, *(len(row) + 1 for row in rows)])
        self.values: Floats = np.concatenate([part for row in rows for part in (row, (np.inf,))])
        self.starts: Ints = starts[:-1].astype(np.intp)
        """Where each row begins in `values`."""
        self._scale: Floats = np.array([count / row[-1] for count, row in zip(cells, rows, strict=True)])
        below = [
            start + _values_below_cells(row, scale, count)
            for start, row, scale, count in zip(starts, rows, self._scale, cells, strict=False)
        ]
        self._first_cell: Ints = np.cumsum([0, *map(len, below[:-1])]).astype(np.intp)
        self._below: Ints = np.concatenate(below).astype(np.intp)
        self._widest = int(max(np.diff(row).max() for row in below))

    def lookup(self, row_of: Ints) -> Lookup:
        """The same search again and again, of one number in each of the rows `row_of`."""
        return Lookup(self.values, self._below, self._first_cell[row_of], self._scale[row_of], self._widest)


class Lookup:
    """A position in `values` for each of many numbers, each in a row of its own."""

    def __init__(self, values: Floats, below: Ints, first_cell: Ints, scale: Floats, widest: int) -> None:
        self._values, self._below, self._first_cell, self._scale = values, below, first_cell, scale
        self._linear = widest if widest <= LINEAR_ROUNDS else 0
        self._steps = () if self._linear else tuple(1 << bit for bit in reversed(range(widest.bit_length())))

    def right(self, wanted: Floats) -> Ints:
        """The first value above `wanted`, as `bisect_right`. A number lies between 0 and the row's last value."""
        return self._find(wanted, np.less_equal)

    def left(self, wanted: Floats) -> Ints:
        """The first value of at least `wanted`, as `bisect_left`."""
        return self._find(wanted, np.less)

    def _find(self, wanted: Floats, passes: np.ufunc) -> Ints:
        cell = (wanted * self._scale).astype(np.intp)
        cell += self._first_cell
        at: Ints = self._below.take(cell)
        for _ in range(self._linear):
            at += passes(self._values.take(at), wanted)
        if self._steps:
            cell += 1
            end = self._below.take(cell)
            for step in self._steps:
                probe = np.minimum(at + (step - 1), end)
                at += passes(self._values.take(probe), wanted) * step
        return at


def _cells(row: Floats) -> int:
    """As many cells as leave no more than one value in each, within reason."""
    count = 2 * len(row)
    while count < MOST_CELLS_PER_VALUE * len(row) and _in_cells(row, count / row[-1], count).max() > 1:
        count *= 2
    return count


def _in_cells(row: Floats, scale: float, count: int) -> Ints:
    """How many values lie in each cell."""
    return np.bincount((row * scale).astype(np.intp), minlength=count + 1)


def _values_below_cells(row: Floats, scale: float, count: int) -> Ints:
    """For every cell, and one more, how many values lie in lower cells."""
    below: Ints = np.zeros(count + 2, np.intp)
    np.cumsum(_in_cells(row, scale, count), out=below[1:])
    return below
