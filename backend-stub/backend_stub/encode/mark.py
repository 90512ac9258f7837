"""The mark: frame, rung and film number as a bar of 32 cells along the bottom edge of every demo frame.

Cells are light or dark, both dim and the bar low, so as not to disturb a viewer. Left to right: light, dark; 16 bits
of frame number; 3 of rung; 3 of film; 6 of checksum; dark, light. All numbers lowest bit first. Drawn after scaling,
so that every rung says which it is. `read` is its inverse, for tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CELLS = 32
LIGHT, DARK, GREY = 88, 24, 128


class Mark(NamedTuple):
    """What a mark says."""

    frame: int
    rung: int
    film: int


def mark_height(height: int) -> int:
    """Rows of the bar: about a 64th of the picture, even, and enough to survive the smallest rung."""
    return max(4, round(height / 128) * 2)


def checksum(mark: Mark) -> int:
    """Six bits that a wrong reading hardly ever has."""
    return (mark.frame * 7 + mark.rung * 13 + mark.film * 29) % 64


def cells(mark: Mark) -> npt.NDArray[np.bool_]:
    """The 32 cells; true is light."""
    fields = ((mark.frame, 16), (mark.rung, 3), (mark.film, 3), (checksum(mark), 6))
    bits = [bool(value >> bit & 1) for value, width in fields for bit in range(width)]
    return np.array([True, False, *bits, False, True])


def edges(width: int) -> npt.NDArray[np.int_]:
    """The 33 column numbers between which the cells lie."""
    places: npt.NDArray[np.int_] = np.rint(np.arange(CELLS + 1) * (width / CELLS)).astype(int)
    return places


def draw(mark: Mark, y: npt.NDArray[np.uint8], u: npt.NDArray[np.uint8], v: npt.NDArray[np.uint8]) -> None:
    """Burn the mark into the planes of a 4:2:0 picture, in place."""
    rows = mark_height(y.shape[0])
    y[-rows:] = np.repeat(np.where(cells(mark), LIGHT, DARK).astype(np.uint8), np.diff(edges(y.shape[1])))
    u[-(rows // 2) :] = GREY
    v[-(rows // 2) :] = GREY


def read(y: npt.NDArray[np.uint8]) -> Mark | None:
    """The mark in a luma plane, or None when there is none: sync cells or checksum wrong."""
    height, width = y.shape
    middles = (edges(width)[:-1] + edges(width)[1:]) // 2
    white = y[height - mark_height(height) // 2 - 1, middles] > (LIGHT + DARK) // 2
    if white[[0, 1, 30, 31]].tolist() != [True, False, False, True]:
        return None
    mark = Mark(_number(white[2:18]), _number(white[18:21]), _number(white[21:24]))
    return mark if _number(white[24:30]) == checksum(mark) else None


def _number(bits: npt.NDArray[np.bool_]) -> int:
    return sum(1 << place for place, bit in enumerate(bits.tolist()) if bit)
