"""dash.js's Dynamic and its parts: against dash.js's own rules, and worked out by hand from their definitions.

GOLDEN are the rungs that the rule classes of dash.js 5.1.1 themselves chose (BolaRule, ThroughputRule,
InsufficientBufferRule, SwitchHistoryRule with its history, and the collection's minimum), run under node on the
buffer levels, estimates and transfers of this session, one digit a chunk.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.bola_dashjs import DashBola
from abr.controllers.dynamic import Dynamic
from abr.controllers.switch_history import SwitchHistory
from abr.model import Ladder, Observation, Progress, ReasonCode, Rung, ThroughputSample
from abr.simulate import SessionSettings, simulate
from abr.trace.synthetic import markov
from abr.video import vbr
from abr.video.generate import FILM_LADDER

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))
# D = 18 s against 10 s + 3 x 2 s: V = 8 / ln 4 = 5.771 s, V g = 10 s.
V_S = 8.0 / 1.3862943611


GOLDEN = (
    "055555554444444445544444444444444444444444455555555555555555"
    "555555555555555555555555111111111111222222222222222100000000"
)


def test_every_choice_is_the_one_that_the_rules_of_dash_js_make() -> None:
    link = markov([2e5, 6e5, 1.2e6, 2.5e6, 5e6, 9e6], 8.0, 300.0, Random(37), latency_s=0.05)
    result = simulate(Dynamic(), link, vbr(FILM_LADDER, 120, 2.0, 7), SessionSettings(buffer_cap_s=30.0))
    assert "".join(str(chunk.rung) for chunk in result.chunks) == GOLDEN
    texts = " ".join(chunk.reason.text for chunk in result.chunks)
    assert all(part in texts for part in ("a few chunks ago", "is not enough to fetch", "best use", "fits"))


def sample(rate_bps: float, finished_at_s: float, span_s: float = 1.0) -> ThroughputSample:
    started_at_s = finished_at_s - span_s
    return ThroughputSample(int(rate_bps * span_s / 8), started_at_s, started_at_s, finished_at_s)


def seen(index: int, buffer_s: float, samples: tuple[ThroughputSample, ...], **fields: Any) -> Observation:
    values: dict[str, Any] = {"now_s": samples[-1].finished_at_s, "previous_rung": 0, "buffer_cap_s": 30.0, **fields}
    return Observation(
        chunk_index=index, chunk_duration_s=2.0, ladder=LADDER, buffer_s=buffer_s, samples=samples, **values
    )


def steady(rule: DashBola, buffer_s: float, rung: int) -> tuple[ThroughputSample, ...]:
    """Past the rule's start, with two chunks of a second each behind it."""
    first, second = sample(8e6, 100.0), sample(8e6, 102.0)
    rule.settle(seen(9, buffer_s, (first,)))
    rule.choose(seen(9, buffer_s, (first,)), rung)
    after = seen(10, buffer_s, (first, second), previous_rung=rung)
    rule.settle(after)
    rule.choose(after, rung)
    return (first, second)


def test_the_score_lies_one_v_below_the_levels_that_hold_the_placeholder() -> None:
    rule = DashBola()
    steady(rule, 12.0, 0)
    assert rule.placeholder_s == 0.0
    # By the score rung 1 is best from 10 - V ln 2 = 6 s on, rung 2 from 10 s on.
    samples = (sample(8e6, 100.0), sample(8e6, 102.0), sample(8e6, 104.0))
    after = seen(11, 9.9, samples, previous_rung=0)
    rule.settle(after)
    assert rule.choose(after, 2)[:2] == (1, 1)
    # The level that holds rung 2's placeholder is V higher: 15.77 s.
    rule.choose(seen(60, 12.0, samples), 2)
    other = DashBola()
    other.settle(seen(9, 12.0, samples))
    other.choose(seen(9, 12.0, samples), 2)
    assert other.placeholder_s == pytest.approx(10.0 + V_S - 12.0)


def test_a_tie_goes_up() -> None:
    rule = DashBola()
    samples = (*steady(rule, 12.0, 0), sample(8e6, 104.0))
    after = seen(11, 10.0, samples)
    rule.settle(after)
    assert rule.choose(after, 2)[0] == 2  # rungs 1 and 2 score the same at V g = 10 s


def test_up_goes_no_further_than_the_rate_and_never_below_the_last_rung_for_it() -> None:
    for previous, sustainable, chosen in ((0, 1, 1), (0, 0, 0), (1, 0, 1), (0, 2, 2)):
        rule = DashBola()
        samples = (*steady(rule, 14.0, previous), sample(8e6, 104.0))
        after = seen(11, 14.0, samples, previous_rung=previous)
        rule.settle(after)
        assert rule.choose(after, sustainable)[:2] == (2, chosen)


def test_a_stall_takes_the_placeholder_away() -> None:
    rule = DashBola()
    samples = (*steady(rule, 4.0, 2), sample(8e6, 110.0, 6.0))
    assert rule.placeholder_s > 10.0
    rule.settle(seen(11, 2.0, samples, previous_rung=2))  # the chunk that has come is all that is buffered
    assert rule.placeholder_s == 0.0


def test_the_placeholder_fades_by_a_hundredth_a_chunk_and_grows_while_idle() -> None:
    rule = DashBola()
    samples = (*steady(rule, 4.0, 2), sample(8e6, 104.0))
    before_s = rule.placeholder_s
    after = seen(11, 4.0, samples, previous_rung=2, now_s=104.5)
    rule.settle(after)
    assert rule.placeholder_s == pytest.approx(0.99 * before_s)
    rule.choose(after, 2)
    assert rule.placeholder_s == pytest.approx(0.99 * before_s + 0.5)


def test_no_second_try_within_eight_decisions_of_a_drop() -> None:
    history = SwitchHistory()
    for current, chosen in ((2, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)):
        history.push(current, chosen)
        assert history.limit() is None
    history.push(1, 2)
    assert history.limit() == 1
    history.push(1, 1)  # the drop is now out of the eight
    assert history.limit() is None


def test_a_drop_below_the_highest_rung_in_use_caps_at_that_rung() -> None:
    history = SwitchHistory()
    for current, chosen in ((1, 0), (0, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2)):
        history.push(current, chosen)
    assert history.limit() == 2
    history.clear()
    assert history.limit() is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30))
def test_the_switch_history_is_the_sum_up_the_ladder(decisions: list[tuple[int, int]]) -> None:
    history = SwitchHistory()
    for current, chosen in decisions:
        history.push(current, chosen)
    kept, drops, others, limit = decisions[-8:], 0, 0, None
    for rung in range(6):
        dropped = sum(chosen < current for current, chosen in kept if current == rung)
        drops, others = drops + dropped, others + sum(current == rung for current, _ in kept) - dropped
        if drops + others >= 8 and (others == 0 or drops / others > 0.075):
            limit = rung - 1 if rung and dropped else rung
            break
    assert history.limit() == limit


@pytest.mark.parametrize(
    ("cap_s", "chunk_s", "on_s"), [(30.0, 2.0, 18.0), (60.0, 4.0, 18.0), (20.0, 2.0, 12.0), (8.0, 4.0, 3.6)]
)
def test_where_the_buffer_is_small_bola_takes_over_earlier(cap_s: float, chunk_s: float, on_s: float) -> None:
    def by_utility(buffer_s: float) -> bool:
        observation = Observation(100.0, 9, chunk_s, LADDER, buffer_s, cap_s, 1, (sample(1.5e6, 100.0),))
        return "best use" in Dynamic().decide(observation).reason.text

    assert not by_utility(on_s - 0.01)
    assert by_utility(on_s + 1e-9)


def progress(now_s: float, **fields: Any) -> Progress:
    """1.6 MB in flight, 0.64 Mbit/s: 20 s for a chunk of 2 s."""
    values: dict[str, Any] = {
        "rung": 2,
        "received_bytes": int(80_000 * now_s),
        "total_bytes": 1_600_000,
        "requested_at_s": 0.0,
        "first_byte_at_s": 0.0,
        "buffer_s": 10.0,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "sizes_bytes": (400_000, 800_000, 1_600_000),
    }
    return Progress(now_s=now_s, **{**values, **fields})


def test_a_chunk_is_given_up_at_the_sixth_look_and_after_half_a_second() -> None:
    rule = Dynamic()
    decisions = [rule.abandon(progress(0.1 * look)) for look in range(1, 7)]
    assert decisions[:5] == [None] * 5
    assert decisions[5] is not None
    assert (decisions[5].rung, decisions[5].reason.code) == (0, ReasonCode.ABANDONED)
    quick = Dynamic()
    assert [quick.abandon(progress(0.05 * look)) for look in range(1, 11)] == [None] * 10
    assert quick.abandon(progress(0.55)) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"buffer_s": 18.1},
        {"rung": 0},
        {"received_bytes": 1_300_000},
        {"first_byte_at_s": None},
        {"received_bytes": 0},
        {"total_bytes": 280_000},  # 3.5 s at 0.64 Mbit/s, within 1.8 times its 2 s
    ],
)
def test_a_chunk_goes_on_that_is_not_late_or_not_worth_it(fields: dict[str, Any]) -> None:
    rule = Dynamic()
    assert [rule.abandon(progress(0.1 * look, **fields)) for look in range(1, 21)] == [None] * 20


def test_nothing_goes_up_for_ten_seconds_after_a_chunk_was_given_up() -> None:
    rule = Dynamic()
    rule.decide(seen(1, 6.0, (sample(9e6, 0.0),), previous_rung=2))
    for look in range(1, 7):
        rule.abandon(progress(0.1 * look))
    assert rule.decide(seen(2, 6.0, (sample(9e6, 9.0),), previous_rung=0)).rung == 0
    assert rule.decide(seen(3, 6.0, (sample(9e6, 10.7),), previous_rung=0)).rung == 2
