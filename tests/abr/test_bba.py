"""BBA-2 by hand: 24 s of buffer and chunks of 2 s, so that its map runs from the reservoir's 4 s to 21.6 s."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.bba_2 import Bba2, Settings
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))
NOMINAL = (250_000, 500_000, 1_000_000)


def seen(index: int, buffer_s: float, span_s: float, previous: int, **fields: Any) -> Observation:
    """A decision after a transfer of `span_s`."""
    at_s = 10.0 * index
    values: dict[str, Any] = {"sizes_bytes": (NOMINAL,) * 30, **fields}
    return Observation(
        now_s=at_s + span_s,
        chunk_index=index,
        chunk_duration_s=2.0,
        ladder=LADDER,
        buffer_s=buffer_s,
        buffer_cap_s=24.0,
        previous_rung=previous,
        samples=(ThroughputSample(250_000, at_s, at_s, at_s + span_s),),
        **values,
    )


def settled() -> Bba2:
    """Past the start, by a chunk that took longer than it plays; without outage protection."""
    rule = Bba2(Settings(outage_per_chunk=0.0))
    rule.decide(seen(1, 2.0, 3.0, 0))
    return rule


def test_while_starting_a_quick_chunk_takes_it_one_rung_up() -> None:
    rule = Bba2()
    # 2 s buffered: 0.875 - 0.375 x 2 / 21.6 = 0.8403 of 2 s have to be gained.
    assert rule.decide(seen(1, 2.0, 0.33, 0)).rung == 0
    up = rule.decide(seen(2, 2.0, 0.31, 0))
    assert (up.rung, up.reason.code) == (1, ReasonCode.STARTUP)
    assert rule.decide(seen(3, 3.7, 0.3, 1)).rung == 2


def test_the_fuller_the_buffer_the_less_has_to_be_gained() -> None:
    # 10.8 s are half of the map: 0.6875 of 2 s. The map itself asks for rung 0 there.
    rule = Bba2()
    assert rule.decide(seen(1, 10.8, 0.63, 0, sizes_bytes=((900_000, 950_000, 1_000_000),) * 30)).rung == 0
    assert rule.decide(seen(2, 10.8, 0.62, 0, sizes_bytes=((900_000, 950_000, 1_000_000),) * 30)).rung == 1


def test_the_start_ends_with_a_chunk_that_takes_longer_than_it_plays() -> None:
    rule = settled()
    assert rule.decide(seen(2, 3.9, 0.1, 0)).rung == 0  # quick, and within the reservoir all the same


@pytest.mark.parametrize(
    ("buffer_s", "previous", "rung"),
    [
        (4.0, 2, 0),  # the reservoir
        (21.6, 0, 2),  # the map's end
        (9.8, 0, 0),  # 250 + 750 x 5.8 / 17.6 = 497 kB, below rung 1's chunk
        (9.9, 0, 1),  # 501 kB
        (12.0, 1, 1),  # 591 kB, between
        (15.0, 2, 2),  # 719 kB, not down to rung 1's
        (9.8, 2, 1),  # not above rung 1's 500 kB: the lowest one above 497 kB
    ],
)
def test_the_map_speaks_of_chunk_sizes(buffer_s: float, previous: int, rung: int) -> None:
    assert settled().decide(seen(2, buffer_s, 1.0, previous)).rung == rung


def test_a_heavy_chunk_is_not_taken_where_a_light_one_would_be() -> None:
    heavy = ((300_000, 700_000, 1_400_000), *((NOMINAL,) * 29))
    assert settled().decide(seen(2, 12.0, 1.0, 0)).rung == 1
    assert settled().decide(seen(2, 12.0, 1.0, 0, sizes_bytes=heavy)).rung == 0


def test_heavy_scenes_to_come_widen_the_reservoir() -> None:
    # 24 chunks of 300 kB at 1 Mbit/s: each costs 0.4 s of buffer, 9.6 s in all.
    coming = ((300_000, 500_000, 1_000_000),) * 30
    decision = settled().decide(seen(2, 9.5, 1.0, 1, sizes_bytes=coming))
    assert decision.rung == 0
    assert "reservoir of 9.6 s" in decision.reason.text
    assert settled().decide(seen(2, 9.5, 1.0, 1)).rung == 1


def test_every_chunk_that_fills_the_buffer_moves_the_map_to_the_right() -> None:
    rule = Bba2(Settings(outage_per_chunk=0.05))
    rule.decide(seen(1, 2.0, 3.0, 0))
    texts = [rule.decide(seen(index, 3.0, 1.0, 0)).reason.text for index in (2, 3, 4, 5)]
    # 1.2 s a chunk, from the next decision on.
    assert ["4.0 s:" in texts[0], "5.2 s:" in texts[1], "6.4 s:" in texts[2], "7.6 s:" in texts[3]] == [True] * 4


@given(st.floats(0, 24), st.floats(0, 30), st.integers(0, 2), st.sampled_from([None, 0, 1]), st.floats(0, 30))
def test_a_fuller_buffer_never_means_a_lower_rung(
    buffer_s: float, other_s: float, previous: int, cap: int | None, span_s: float
) -> None:
    low, high = sorted((min(buffer_s, 22.0), min(other_s, 22.0)))
    rungs = [settled().decide(seen(2, level, span_s, previous, rung_cap=cap)).rung for level in (low, high)]
    assert rungs == sorted(rungs)
    assert max(rungs) <= (2 if cap is None else cap)
