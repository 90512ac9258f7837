"""When a chunk in flight is given up."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr import controller
from abr.abandonment import consider, rule_of
from abr.model import Ladder, Progress, ReasonCode, Rung
from abr.simulate import SessionSettings, simulate
from abr.trace.synthetic import markov
from abr.video import vbr
from abr.video.generate import FILM_LADDER

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))


def progress(**fields: Any) -> Progress:
    """1 MB in flight; 100 kB came in the first second, 0.8 Mbit/s; 9 s more for the rest, 4 s buffered."""
    values: dict[str, Any] = {
        "now_s": 1.1,
        "rung": 2,
        "received_bytes": 100_000,
        "total_bytes": 1_000_000,
        "requested_at_s": 0.0,
        "first_byte_at_s": 0.1,
        "buffer_s": 4.0,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "sizes_bytes": (250_000, 500_000, 1_000_000),
    }
    return Progress(**{**values, **fields})


def test_a_chunk_that_would_stall_is_given_up_for_what_the_rate_carries() -> None:
    decision = consider(progress())
    assert decision is not None
    assert (decision.rung, decision.reason.code) == (0, ReasonCode.ABANDONED)
    assert decision.reason.text == "4.0 Mbit/s given up for 1.0 Mbit/s: 9.0 s more to fetch, 4.0 s buffered"


def test_the_highest_rung_that_makes_it_in_time_is_chosen() -> None:
    # 2.4 Mbit/s: 2.3 s more for the rest; rung 1 takes 1.8 s.
    decision = consider(progress(received_bytes=300_000, buffer_s=2.0))
    assert decision is not None
    assert decision.rung == 1


def test_a_chunk_that_makes_it_goes_on() -> None:
    assert consider(progress(buffer_s=9.5)) is None


def test_the_lowest_rung_is_never_given_up() -> None:
    assert consider(progress(rung=0, total_bytes=250_000)) is None


def test_nothing_is_given_up_for_something_larger_than_the_rest() -> None:
    assert consider(progress(received_bytes=800_000, now_s=20.0, buffer_s=1.0)) is None


def test_half_a_second_of_transfer_and_a_byte_are_needed() -> None:
    assert consider(progress(now_s=0.59)) is None
    assert consider(progress(received_bytes=0)) is None
    assert consider(progress(first_byte_at_s=None)) is None


def test_when_nothing_makes_it_the_lowest_is_taken_if_it_is_sooner() -> None:
    decision = consider(progress(buffer_s=0.2))
    assert decision is not None
    assert decision.rung == 0


def test_before_play_starts_only_a_very_slow_chunk_is_given_up() -> None:
    assert consider(progress(playing=False, buffer_s=0.0)) is not None
    # 3.2 Mbit/s: 2.5 s for a 2 s chunk is slow, and still within 1.8 times.
    assert consider(progress(playing=False, buffer_s=0.0, received_bytes=400_000)) is None


@pytest.mark.parametrize("name", ["bola-e", "dynamic", "throughput"])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), cap_s=st.sampled_from([8.0, 15.0, 30.0]), latency_s=st.sampled_from([0.0, 0.05, 0.4])
)
def test_looking_only_where_it_can_matter_changes_no_session(
    name: str, seed: int, cap_s: float, latency_s: float
) -> None:
    link = markov([1e5, 5e5, 1.2e6, 4e6, 9e6], 3.0, 200.0, Random(seed), latency_s=latency_s)
    film = vbr(FILM_LADDER, 80, 3.0, seed)
    played = SessionSettings(buffer_cap_s=cap_s, abandonment=True)
    rule = controller.create(name)
    assert simulate(rule, link, film, played) == simulate(_Watched(name), link, film, played)


class _Watched:
    """A rule whose every transfer is looked at."""

    def __init__(self, name: str) -> None:
        rule = controller.create(name)
        self.name, self.decide, self.abandon = rule.name, rule.decide, rule_of(rule)
