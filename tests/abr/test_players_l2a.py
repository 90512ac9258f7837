"""L2A-LL, worked out by hand, and dash.js's throughput beneath it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.l2a import L2A, Learner, Settings, project
from abr.estimators.dashjs_throughput import DashjsThroughput
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))
VL = 4**0.99  # 3.9449


def transfer(kbps: float, span_s: float = 1.0) -> ThroughputSample:
    return ThroughputSample(round(kbps * 125 * span_s), 0.0, 0.1, 0.1 + span_s)


def seen(index: int, buffer_s: float, previous: int | None, *kbps: float, **fields: Any) -> Observation:
    values: dict[str, Any] = {"now_s": 9.0, "chunk_duration_s": 2.0, "ladder": LADDER, "buffer_cap_s": 30.0}
    values |= {"chunk_index": index, "buffer_s": buffer_s, "previous_rung": previous}
    return Observation(**{**values, "samples": tuple(map(transfer, kbps)), **fields})


@pytest.mark.parametrize(
    ("vector", "nearest"),
    [
        ([0.2, 0.8], [0.2, 0.8]),
        ([1.0, 1.0], [0.5, 0.5]),
        ([4 / 3, 2 / 3], [5 / 6, 1 / 6]),
        ([3.0, 1.0, 0.0], [1.0, 0.0, 0.0]),
        ([-1.0, -1.0, -1.0], [1 / 3, 1 / 3, 1 / 3]),
        ([7.0], [1.0]),
    ],
)
def test_a_vector_is_projected_to_the_nearest_distribution(vector: list[float], nearest: list[float]) -> None:
    assert project(vector) == pytest.approx(nearest)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_a_projection_is_a_distribution_and_keeps_the_order(vector: list[float]) -> None:
    point = project(vector)
    assert min(point) >= 0.0
    assert sum(point) == pytest.approx(1.0, abs=1e-6)
    assert [w for _, w in sorted(zip(vector, point, strict=True))] == sorted(point)


def test_a_step_with_all_rungs_within_the_rate() -> None:
    # alpha = 2 VL and Q + VL = 2 VL, so the gradient's factor is V / 2 = 1: w = (1 + 1/3, 0 + 2/3), projected
    # (5/6, 1/6). The mean is 1166.7 kbit/s, 166.7 above the old one: Q = VL - 2 + 2 (1333.3 / 3000).
    learner = Learner((1000.0, 2000.0), Settings())
    learner.start_at(0)
    assert learner.q == pytest.approx(VL)
    assert learner.step(3000, 2.0, 1.0, 0) == 0
    assert learner.w == pytest.approx([5 / 6, 1 / 6])
    assert learner.q == pytest.approx(VL - 2 + 2 * 4 / 9)


def test_a_step_with_a_rung_beyond_the_rate() -> None:
    # 2000 > 1500 turns the sign: w = (0 + 2/3, 1 - 4/3) = (2/3, -1/3), projected (1, 0): one value alone is shifted by
    # 1/3, which the other does not reach. The mean falls by 1000 to 1000 kbit/s: Q = VL - 2 + 2 x 0.
    learner = Learner((1000.0, 2000.0), Settings())
    learner.start_at(1)
    assert learner.step(1500, 2.0, 1.0, 1) == 0
    assert learner.w == pytest.approx([1.0, 0.0])
    assert learner.q == pytest.approx(VL - 2)


def test_going_up_is_one_rung_at_a_time() -> None:
    # Factor 1, at 10 Mbit/s: w = (1.1, 0.2, 0.4). Over all three the shift would be 0.7 / 3 = 0.233 > 0.2, so it is
    # taken over the two larger ones: 0.5 / 2 = 0.25, and w = (0.85, 0, 0.15). The mean is 1450 kbit/s: 0 is nearest.
    learner = Learner((1000.0, 2000.0, 4000.0), Settings())
    learner.start_at(0)
    assert learner.step(10_000, 2.0, 1.0, 0) == 0
    assert learner.w == pytest.approx([0.85, 0.0, 0.15])
    chosen = [learner.step(10_000, 2.0, 1.0, 0) for _ in range(12)]
    assert max(chosen) == 1
    assert learner.w == pytest.approx([0.0, 0.0, 1.0])


def test_a_rung_at_the_rate_or_beyond_makes_the_next_step_stronger() -> None:
    learner = Learner((1000.0, 2000.0), Settings())
    learner.start_at(0)
    assert learner.step(1000, 2.0, 1.0, 0) == 0
    # w stays (1, 0); Q = VL - 2 + 2 = VL; 1000 >= 1000: twice max(VL, Q).
    assert learner.q == pytest.approx(2 * VL)


def test_of_two_rungs_equally_near_the_lower_is_taken() -> None:
    # With Q = -VL nothing moves, and 1500 kbit/s lie between 1000 and 2000.
    learner = Learner((1000.0, 2000.0), Settings())
    learner.w, learner.q = [0.5, 0.5], -learner.vl
    assert learner.step(9000, 2.0, 1.0, 1) == 0


def test_a_hundred_chunks_beyond_the_rate_leave_a_vector_that_still_goes_up() -> None:
    # Doubled without end, Q would be 5e31 by now, and w, of the order of Q before its projection, all zeros after it.
    learner = Learner((1000.0, 2000.0), Settings())
    learner.start_at(1)
    assert {learner.step(10, 2.0, 1.0, 0) for _ in range(100)} == {0}
    assert learner.w == pytest.approx([1.0, 0.0])
    assert learner.step(9000, 2.0, 1.0, 0) == 1


def test_the_throughput_chooses_until_a_second_and_a_half_are_buffered() -> None:
    rule = L2A()
    assert rule.decide(seen(0, 0.0, None)).rung == 0
    first = rule.decide(seen(1, 1.4, 0, 2300))  # 0.9 x 2300 = 2070
    assert (first.rung, first.reason.code) == (1, ReasonCode.STARTUP)
    last = rule.decide(seen(2, 1.5, 1, 2300))
    assert (last.rung, last.reason.code) == (1, ReasonCode.STARTUP)
    assert rule.decide(seen(3, 3.0, 1, 2300)).reason.code in (ReasonCode.UTILITY, ReasonCode.HOLD)


def test_a_seek_returns_to_the_start() -> None:
    rule = L2A()
    for index in range(4):
        rule.decide(seen(index, 9.0, 1 if index else None, 2300))
    assert rule.decide(seen(4, 9.0, 1, 2300)).reason.code is not ReasonCode.STARTUP
    assert rule.decide(seen(50, 0.0, 1, 2300)).reason.code is ReasonCode.STARTUP


def test_a_new_cap_returns_to_the_start_and_is_kept() -> None:
    rule = L2A()
    for index in range(9):
        rule.decide(seen(index, 9.0, 2 if index else None, 9000))
    capped = rule.decide(seen(9, 9.0, 2, 9000, rung_cap=1))
    assert (capped.rung, capped.reason.code) == (1, ReasonCode.STARTUP)


def test_throughput_is_in_whole_kbit_with_half_lives_of_two_and_five_and_a_third_seconds() -> None:
    throughput = DashjsThroughput()
    throughput.add(transfer(4000.4, 2.0))
    assert (throughput.last_kbps, throughput.mean_kbps) == (4000, 4000)
    throughput.add(transfer(1000, 2.0))
    # The quick one: two seconds are a half-life, (0.25 x 4000 + 0.5 x 1000) / 0.75.
    assert (throughput.last_kbps, throughput.mean_kbps) == (1000, 2000)
    throughput.add(ThroughputSample(500, 3.0, 3.0, 3.0))
    assert throughput.mean_kbps == 2000
