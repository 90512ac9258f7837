"""Where segments lie: one shift for each discontinuity, wraps of the clock, and what is out of place."""

from __future__ import annotations

import pytest

from player.output.remux.placement import Placement
from player.output.sink import MediaError, Origin

WRAP_S = 2**33 / 90_000


def test_a_stream_that_begins_at_zero_keeps_its_times() -> None:
    placement = Placement()
    assert placement.pictures(Origin(0.0), 0.067, 2.0, 0.0) == 0.0
    assert placement.pictures(Origin(2.0), 2.067, 4.0, 0.0) == 0.0


def test_the_first_chunk_seen_sets_the_clock_for_all_of_its_discontinuity() -> None:
    placement = Placement()
    assert placement.pictures(Origin(20.0, 1), 1020.0, 22.0, WRAP_S) == -1000.0
    assert placement.pictures(Origin(22.0, 1), 1022.04, 24.0, WRAP_S) == -1000.0
    assert placement.sound(Origin(22.0, 1), 1022.3, WRAP_S, timed=True) == -1000.0
    assert placement.shift_s(1) == -1000.0
    assert placement.shift_s(2) is None


def test_a_clock_that_wrapped_is_the_same_clock() -> None:
    placement = Placement()
    placement.pictures(Origin(0.0), WRAP_S - 1.0, 2.0, WRAP_S)
    assert placement.pictures(Origin(2.0), 1.0, 4.0, WRAP_S) == pytest.approx(1.0)
    assert placement.sound(Origin(0.0), WRAP_S - 1.0, WRAP_S, timed=True) == pytest.approx(1.0 - WRAP_S)


def test_a_segment_of_another_place_is_refused() -> None:
    placement = Placement()
    placement.pictures(Origin(0.0), 10.0, 2.0, WRAP_S)
    with pytest.raises(MediaError, match=r"begins at 6\.000 s; the playlist says 2\.000 s"):
        placement.pictures(Origin(2.0), 16.0, 4.0, WRAP_S)


def test_lengths_that_were_rounded_add_up_and_the_grid_is_kept_to() -> None:
    placement = Placement()
    shifts = [placement.pictures(Origin(2.0 * k), 2.02 * k, 2.0 * (k + 1), WRAP_S) for k in range(200)]
    assert all(abs(2.02 * k + shift - 2.0 * k) <= 0.1 + 1e-9 for k, shift in enumerate(shifts))


def test_what_the_manifest_tells_is_taken_as_it_is() -> None:
    placement = Placement()
    assert placement.pictures(Origin(0.0, 0, -5.0), 5.0, 2.0, 0.0) == -5.0
    assert placement.sound(Origin(0.0, 0, -5.0), 4.0, 0.0, timed=True) == -5.0


def test_sound_without_a_clock_lies_where_its_playlist_puts_it() -> None:
    placement = Placement()
    placement.pictures(Origin(4.0), 104.0, 6.0, 0.0)
    assert placement.sound(Origin(4.0), 0.0, 0.0, timed=False) == 4.0
    assert placement.sound(Origin(4.0), 30.0, 0.0, timed=True) == -26.0
