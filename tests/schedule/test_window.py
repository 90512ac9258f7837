"""Which chunk next, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.schedule.window import Grid, contiguous_end_s, delay_until_room_s, first_missing

GRID = Grid.of_durations([2.0, 2.0, 2.0, 1.5])


def test_a_position_on_a_boundary_belongs_to_the_chunk_that_begins_there() -> None:
    assert [GRID.at(t) for t in (0.0, 1.999, 2.0, 3.9999999, 6.0, 7.5, 99.0, -1.0)] == [0, 0, 1, 2, 3, 3, 3, 0]


@given(st.lists(st.floats(0.5, 10.0), min_size=1, max_size=60), st.floats(0.0, 1.0))
def test_every_position_is_in_the_chunk_that_holds_it(durations_s: list[float], where: float) -> None:
    grid = Grid.of_durations(durations_s)
    position_s = where * grid.duration_s
    index = grid.at(position_s)
    assert grid.start_s(index) - 1e-5 <= position_s <= grid.ends_s[index] + 1e-5


def test_the_next_chunk_is_the_first_that_is_lacking_from_the_target_on() -> None:
    assert first_missing(GRID, 1, {0, 1, 3}.__contains__) == 2
    assert first_missing(GRID, 3, {0, 1, 3}.__contains__) is None


def test_the_buffer_ends_where_the_first_gap_begins() -> None:
    assert contiguous_end_s(GRID, 1.0, {0, 1, 3}.__contains__) == 4.0
    assert contiguous_end_s(GRID, 1.0, {0, 1, 2, 3}.__contains__) == 7.5
    assert contiguous_end_s(GRID, 5.0, {0}.__contains__) == 5.0


def test_a_request_waits_until_its_chunk_fits_under_the_cap() -> None:
    assert delay_until_room_s(8.0, 2.0, 10.0, 1.0, moving=True) == 0.0
    assert delay_until_room_s(9.0, 2.0, 10.0, 1.0, moving=True) == pytest.approx(1.0)
    assert delay_until_room_s(9.0, 2.0, 10.0, 2.0, moving=True) == pytest.approx(0.5)


def test_a_playhead_that_stands_still_makes_no_room() -> None:
    assert delay_until_room_s(9.0, 2.0, 10.0, 1.0, moving=False) is None


def test_a_chunk_longer_than_the_cap_is_asked_for_when_the_buffer_is_dry() -> None:
    assert delay_until_room_s(0.0, 10.0, 5.0, 1.0, moving=True) == 0.0
