"""SODA: its cost by hand, its plan against enumeration and against the paper's monotone search, and its rules."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from math import inf
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr import controller
from abr.controllers import soda
from abr.controllers.planning.steps import StepPlanner, StepWeights
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample
from abr.simulate import simulate
from abr.trace import builtin
from abr.video import builtin_film
from abr.video.generate import FILM_LADDER

TWO = (1_000_000, 4_000_000)
ONE_STEP = StepWeights(steps=1)


def seen(buffer_s: float, rate_bps: float, **fields: Any) -> Observation:
    """One transfer of a second without latency was measured."""
    values: dict[str, Any] = {
        "now_s": 10.0,
        "chunk_index": 5,
        "chunk_duration_s": 2.0,
        "ladder": Ladder(tuple(Rung(rate, height=h) for rate, h in zip(TWO, (360, 1080), strict=True))),
        "buffer_s": buffer_s,
        "buffer_cap_s": 20.0,
        "previous_rung": 1,
        "samples": (ThroughputSample(int(rate_bps / 8), 0.0, 0.0, 1.0),),
    }
    return Observation(**{**values, **fields})


def test_a_steps_cost_worked_out_by_hand() -> None:
    # g = 2 Mbit/s, w = 2, x = 10 of 20 s: rung 0 gives g w / r^2 = 4, x = 10 + 4 - 2, off by 0.2: 5 x 0.04; rung 1
    # gives 0.25, x = 10 + 1 - 2, off by 0.1: 5 x 0.01. A switch costs 2.5 (2 - 0.5)^2 = 5.625.
    planner = StepPlanner(TWO, 20.0, 2.0, ONE_STEP)
    assert planner.cost((0,), 2e6, 10.0, None) == pytest.approx(4.2)
    assert planner.cost((1,), 2e6, 10.0, None) == pytest.approx(0.3)
    assert planner.cost((1,), 2e6, 10.0, 0) == pytest.approx(5.925)
    assert planner.cost((0,), 2e6, 10.0, 1) == pytest.approx(9.825)


@pytest.mark.parametrize(("previous", "plan"), [(None, (1,)), (0, (0,)), (1, (1,))])
def test_one_step_is_chosen_by_those_costs(previous: int | None, plan: tuple[int, ...]) -> None:
    assert StepPlanner(TWO, 20.0, 2.0, ONE_STEP).best(2e6, 10.0, previous, 1) == plan


def test_over_five_steps_the_switch_pays() -> None:
    # A step at rung 0 costs 4 more than one at rung 1: two of them are worth the switch.
    assert StepPlanner(TWO, 20.0, 2.0, StepWeights()).best(2e6, 10.0, 0, 1) == (1,) * 5


def test_a_plan_that_runs_dry_is_none_and_a_full_buffer_waits() -> None:
    planner = StepPlanner(TWO, 20.0, 2.0, ONE_STEP)
    assert planner.cost((0,), 0.5e6, 0.9, None) == inf  # 0.9 + 1 - 2 is below zero
    assert planner.best(0.5e6, 0.9, None, 1) == ()
    # 19 + 40 - 2 is capped at 20: off by one, so 5 more than g w / r^2 = 40.
    assert planner.cost((0,), 20e6, 19.0, None) == pytest.approx(45.0)


def test_plans_that_cost_the_same_start_with_the_lower_rung() -> None:
    # Without weights and with w = 0 every plan from a full buffer costs nothing.
    weights = StepWeights(steps=3, buffer_weight=0.0, switch_weight=0.0)
    assert StepPlanner(TWO, 20.0, 2.0, weights).best(0.0, 20.0, None, 1) == (0, 0, 0)


cases = st.tuples(
    st.lists(st.integers(100, 8000), min_size=1, max_size=5, unique=True).map(lambda it: tuple(sorted(it))),
    st.floats(1.0, 60.0),
    st.floats(50.0, 20_000.0),
    st.floats(0.0, 1.0),
    st.integers(1, 4),
    st.integers(0, 4),
)


@settings(max_examples=150)
@given(cases)
def test_the_plan_is_the_cheapest_of_all(case: tuple[tuple[int, ...], float, float, float, int, int]) -> None:
    rates, cap_s, rate, share, steps, before = case
    planner = StepPlanner(rates, cap_s, 2.0, StepWeights(steps=steps))
    previous = before if before < len(rates) else None
    plan = planner.best(rate, share * cap_s, previous, len(rates) - 1)
    plans = product(range(len(rates)), repeat=steps)
    cheapest = min((planner.cost(it, rate, share * cap_s, previous), it) for it in plans)
    if cheapest[0] == inf:
        assert plan == ()
    else:
        assert planner.cost(plan, rate, share * cap_s, previous) == pytest.approx(cheapest[0], rel=1e-11)


def monotone_first(planner: StepPlanner, rate: float, buffer_s: float, previous: int, rungs: int) -> int | None:
    """The paper's approximation: only plans that never fall, or never climb."""
    rising = list(combinations_with_replacement(range(rungs), planner.weights.steps))
    plans = rising + [it[::-1] for it in rising]
    cost, plan = min((planner.cost(it, rate, buffer_s, previous), it) for it in plans)
    return plan[0] if cost < inf else None


@pytest.mark.parametrize("steps", [4, 5])
def test_the_papers_monotone_search_agrees_nearly_always(steps: int) -> None:
    rng, agreed = Random(steps), 0
    for _ in range(200):
        cap_s = rng.choice([15.0, 30.0, 60.0])
        planner = StepPlanner(FILM_LADDER.bitrates_bps, cap_s, 2.0, StepWeights(steps=steps))
        rate_bps, buffer_s, previous = 0.15e6 * 80 ** rng.random(), cap_s * rng.random(), rng.randrange(6)
        plan = planner.best(rate_bps, buffer_s, previous, 5)
        agreed += (plan[0] if plan else None) == monotone_first(planner, rate_bps, buffer_s, previous, 6)
    assert agreed >= 190


def test_the_choice_is_never_above_the_lowest_rung_that_reaches_the_rate() -> None:
    # With 18 s buffered the plan would drain them at 1080p; at 0.9 Mbit/s the lowest rung is already the limit.
    decision = controller.create("soda").decide(seen(18.0, 0.9e6))
    assert (decision.rung, decision.reason.code) == (0, ReasonCode.THROUGHPUT)
    assert decision.reason.text == (
        "360p: 18 s buffered of 10 s wanted, 900 kbit/s measured, which does not carry 1080p"
    )
    assert controller.create("soda").decide(seen(18.0, 1.1e6)).rung == 1


def test_when_every_plan_runs_dry_the_highest_rung_within_the_rate_is_taken() -> None:
    decision = controller.create("soda").decide(seen(0.1, 0.5e6))
    assert decision.rung == 0
    assert "every plan runs dry" in decision.reason.text


def test_a_steady_link_is_held_without_a_switch() -> None:
    decision = controller.create("soda").decide(seen(10.0, 4e6))
    assert decision.reason.code == ReasonCode.HOLD
    assert decision.reason.text == (
        "hold 1080p: 10 s buffered of 10 s wanted, 4.0 Mbit/s measured, the best of all plans for the next seconds"
    )


def test_settings_that_plan_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="one step or more"):
        soda.Settings(StepWeights(steps=0))
    with pytest.raises(ValueError, match="a target lies in"):
        StepWeights(target_share=0.0)


def test_the_same_session_twice_is_the_same_session() -> None:
    film, trace = builtin_film(), builtin("evenflow-commute")
    one, two = (simulate(controller.create("soda"), trace, film) for _ in range(2))
    assert one == two
