"""The mark says what was written, at any size, and nothing where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from backend_stub.encode import mark
from backend_stub.encode.model import DEMO_LADDER


@pytest.mark.parametrize("rung", range(6))
def test_what_is_drawn_is_read_at_every_size_of_the_ladder(rung: int) -> None:
    size = DEMO_LADDER[rung]
    y = np.full((size.height, size.width), 90, np.uint8)
    u, v = (np.zeros((size.height // 2, size.width // 2), np.uint8) for _ in range(2))
    for frame in (0, 1, 1535, 65_535):
        mark.draw(mark.Mark(frame, rung, 3), y, u, v)
        assert mark.read(y) == mark.Mark(frame, rung, 3)
    assert (y[: -mark.mark_height(size.height)] == 90).all()


def test_a_picture_without_a_mark_reads_as_none() -> None:
    assert mark.read(np.full((180, 320), 90, np.uint8)) is None


def test_one_wrong_cell_is_noticed() -> None:
    y = np.full((180, 320), 90, np.uint8)
    half = np.zeros((90, 160), np.uint8)
    mark.draw(mark.Mark(700, 2, 1), y, half, half.copy())
    rows = mark.mark_height(180)
    y[-rows:, 50:60] = mark.LIGHT + mark.DARK - y[-rows:, 50:60]
    assert mark.read(y) is None
