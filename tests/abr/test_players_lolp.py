"""LoL+, worked out by hand, and its 25 pairs of weights against all 625 vectors."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.lolp import LolP, Settings, Som
from abr.controllers.lolp_weights import VALUES, WeightSelector
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

RATES = (1_000_000, 2_000_000, 4_000_000)
LADDER = Ladder(tuple(map(Rung, RATES)))


def seen(kbps: float, buffer_s: float, previous: int | None, **fields: Any) -> Observation:
    values: dict[str, Any] = {
        "now_s": 9.0,
        "chunk_index": 4,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": previous,
        "samples": (ThroughputSample(round(kbps * 125), 0.0, 0.1, 1.1),),
    }
    return Observation(**{**values, **fields})


@pytest.mark.parametrize(
    ("kbps", "buffer_s", "previous", "rung", "code"),
    [
        # 0.9 x 3000 = 2.7 Mbit/s, over sqrt(21) Mbit/s 0.589; the neurons stand at 0.218, 0.436 and 0.873. 4 Mbit/s are
        # beyond the rate: 10 x 0.284 against sqrt(0.2) x 0.153 and sqrt(0.2) x 0.371.
        (3000, 10.0, 0, 1, ReasonCode.UTILITY),
        (3000, 10.0, 1, 1, ReasonCode.HOLD),
        # 2 x 2 / 2.7 = 1.48 s: 1.7 s buffered leave 0.22 s, and 1 Mbit/s is within the rate.
        (3000, 1.7, 1, 0, ReasonCode.INSUFFICIENT_BUFFER),
        (3000, 1.8, 1, 1, ReasonCode.HOLD),
        # 0.45 Mbit/s: no lower rung is within that, so the present one is kept.
        (500, 1.0, 2, 2, ReasonCode.INSUFFICIENT_BUFFER),
        # 4.5 Mbit/s, 0.982: the top is nearest, sqrt(0.2) x 0.109.
        (5000, 10.0, 1, 2, ReasonCode.UTILITY),
        # 4.005 Mbit/s are within 10 kbit/s of the top: 10 x 0.001 = 0.01 is still nearer than 0.196.
        (4450, 10.0, 1, 2, ReasonCode.UTILITY),
        # 3.6 Mbit/s, 0.786: the top is beyond, 10 x 0.087; sqrt(0.2) x 0.349 = 0.156 is nearer.
        (4000, 10.0, 1, 1, ReasonCode.HOLD),
    ],
)
def test_the_nearest_neuron_wins_unless_the_buffer_runs_short(
    kbps: float, buffer_s: float, previous: int, rung: int, code: ReasonCode
) -> None:
    decision = LolP().decide(seen(kbps, buffer_s, previous))
    assert (decision.rung, decision.reason.code) == (rung, code)


def test_the_present_neuron_and_the_winner_learn_with_their_neighbours() -> None:
    som = Som((3_000_000, 4_000_000), Settings())
    assert som.states == [(0.6, 0.0, 0.0, 0.0), (0.8, 0.0, 0.0, 0.0)]
    som.learn(0, (0.7, 0.0, 0.5, 0.2))
    # The centre: 1 % of the way. Its neighbour, then 0.8 - 0.601 away and 0.005 and 0.002 in the others:
    # d2 = 0.199^2 + 0.005^2 + 0.002^2 = 0.03963, exp(-d2 / 0.02) = 0.13786, so 0.13786 % of its way.
    assert som.states[0] == pytest.approx((0.601, 0.0, 0.005, 0.002))
    assert som.states[1] == pytest.approx((0.8 - 0.1 * 0.0013786, 0.0, 0.5 * 0.0013786, 0.2 * 0.0013786), rel=1e-4)


def test_a_rate_beyond_the_norm_counts_as_much_as_the_fastest_neuron() -> None:
    som = Som((3_000_000, 4_000_000), Settings())
    assert som.normalised(5_000_000) == 1.0
    assert som.normalised(5_000_001) == 0.8


def test_on_demand_there_is_no_latency_and_live_it_is_learnt() -> None:
    on_demand, live = LolP(), LolP()
    for _ in range(3):
        on_demand.decide(seen(3000, 10.0, 0))
        live.decide(seen(3000, 10.0, 0, live_delay_s=40.0))
    assert on_demand.som is not None
    assert live.som is not None
    assert {state[1] for state in on_demand.som.states} == {0.0}
    assert live.som.states[0][1] > 0.0


def test_a_new_cap_makes_a_new_map() -> None:
    rule = LolP()
    assert rule.decide(seen(5000, 10.0, 2)).rung == 2
    assert rule.decide(seen(5000, 10.0, 2, rung_cap=1)).rung == 1
    assert rule.decide(seen(5000, 10.0, 1)).rung == 2


def brute_force(
    rates_kbps: list[float], chunk_s: float, fetches: list[float], nexts: list[float], lats: list[float], speed: float
) -> tuple[float, ...] | None:
    """The definition, vector by vector."""
    best, best_qoe = None, float("-inf")
    for rung, (fetch_s, next_s) in enumerate(zip(fetches, nexts, strict=True)):
        for vector in product(VALUES, repeat=4):
            stall_s = 1.0 / vector[2] * max(1e-5, fetch_s - next_s)
            latency_s = 1.0 / vector[1] * lats[rung]
            penalty = rates_kbps[0] * 0.05 if latency_s <= 1.1 else rates_kbps[-1] * 0.1
            qoe = chunk_s * rates_kbps[rung] - rates_kbps[-1] * stall_s - penalty * latency_s
            qoe -= rates_kbps[0] * abs(1.0 - speed)
            if qoe > best_qoe and next_s >= 0.3:
                best, best_qoe = vector, qoe
    return best


@given(
    st.floats(0.1, 30),
    st.lists(st.floats(0, 20), min_size=3, max_size=3),
    st.lists(st.floats(-1, 20), min_size=3, max_size=3),
    st.lists(st.sampled_from([0.0, 1e-9, 0.02, 0.3, 1.0]), min_size=3, max_size=3),
    st.sampled_from([1.0, 0.96, 2.0]),
)
def test_25_pairs_choose_as_625_vectors_do(
    chunk_s: float, fetches: list[float], nexts: list[float], lats: list[float], speed: float
) -> None:
    chosen = WeightSelector(RATES, chunk_s, 0.3).choose(fetches, nexts, lats, speed)
    assert chosen == brute_force([rate / 1e3 for rate in RATES], chunk_s, fetches, nexts, lats, speed)


def test_with_nothing_to_hold_against_a_stall_weight_the_least_latency_weight_comes_first() -> None:
    # Without latency all its weights are alike: the first, 0.2. A stall, be it 1e-5 s, is least divided by 1.
    chosen = WeightSelector(RATES, 2.0, 0.3).choose([0.5, 1.0, 2.0], [9.0, 8.0, 7.0], [0.0] * 3, 1.0)
    assert chosen == (0.2, 0.2, 1.0, 0.2)
    with_latency = WeightSelector(RATES, 2.0, 0.3).choose([0.5, 1.0, 2.0], [9.0, 8.0, 7.0], [0.1] * 3, 1.0)
    assert with_latency == (0.2, 1.0, 1.0, 0.2)


def test_no_weights_come_of_buffers_that_all_run_short() -> None:
    assert WeightSelector(RATES, 2.0, 0.3).choose([9.0] * 3, [0.29] * 3, [0.0] * 3, 1.0) is None
