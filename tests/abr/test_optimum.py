"""The best in hindsight: against every sequence there is, and above everything that any controller reaches."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abr import controller
from abr.model import Ladder, Rung
from abr.optimum import Effort, OptimumError, optimum
from abr.optimum.plan import Plan
from abr.optimum.potential import Potential
from abr.optimum.problem import Bins
from abr.optimum.setting import Setting
from abr.qoe import Film, ScoreError, score
from abr.qoe.score import qoe
from abr.simulate import Seek, SessionSettings, simulate
from abr.trace import Step, Trace, builtin, builtin_names
from abr.video import VideoTable, builtin_film, vbr

CLOSE = Effort(tolerance=1e-5, widths=(4096,), bins=200, searches=40)
LADDER = Ladder((Rung(500_000), Rung(1_000_000), Rung(2_500_000)))


def small_film(sizes: list[list[int]]) -> VideoTable:
    return VideoTable("small", 2.0, LADDER, tuple(tuple(sorted(row)) for row in sizes))


traces = st.lists(
    st.builds(Step, st.sampled_from([0.3, 1.0, 2.5, 4.0]), st.sampled_from([0.0, 3e5, 1e6, 2e6, 6e6]), st.just(0.05)),
    min_size=1,
    max_size=5,
).filter(lambda steps: any(step.rate_bps > 0 for step in steps))
slow_to_answer = st.lists(
    st.builds(
        Step, st.sampled_from([0.3, 2.0, 4.0]), st.sampled_from([1.0, 1e6, 6e6]), st.sampled_from([0.05, 1.0, 6.0])
    ),
    min_size=2,
    max_size=4,
).filter(lambda steps: any(step.rate_bps > 1.0 for step in steps))
films = st.lists(st.lists(st.integers(40_000, 900_000), min_size=3, max_size=3), min_size=2, max_size=4).map(small_film)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traces, films, st.sampled_from([4.0, 6.0, 20.0]), st.sampled_from(["lin", "log", "mpc", "soda", "sabre"]))
def test_it_is_the_best_of_all_sequences(steps: list[Step], film: VideoTable, cap_s: float, qoe: str) -> None:
    trace, session = Trace(steps), SessionSettings(buffer_cap_s=cap_s)
    best = max(
        score(simulate(Plan(plan), trace, film, session), qoe)
        for plan in product(range(len(LADDER)), repeat=len(film.sizes_bytes))
    )
    found = optimum(trace, film, session, qoe, effort=CLOSE)
    scale = max(1.0, abs(best))
    assert found.upper >= best
    assert found.score == pytest.approx(best, abs=1e-9 * scale)
    assert found.margin <= 0.01 * max(scale, film_utility(film, qoe))


def film_utility(film: VideoTable, qoe: str) -> float:
    """What a chunk at the top rung is worth, against which a margin is small or large."""
    return score(simulate(Plan([2] * len(film.sizes_bytes)), Trace([Step(1.0, 1e12)]), film), qoe)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traces, films, st.sampled_from([0.0, 1.9, 2.0, 3.9, 4.0]), st.booleans())
def test_it_bounds_sessions_that_start_late_or_fetch_twice(
    steps: list[Step], film: VideoTable, start_buffer_s: float, twice: bool
) -> None:
    trace = Trace(steps)
    session = SessionSettings(buffer_cap_s=6.0, start_buffer_s=start_buffer_s, replacement=twice, abandonment=True)
    found = optimum(trace, film, session, "lin")
    plain = SessionSettings(buffer_cap_s=6.0, start_buffer_s=start_buffer_s)
    for plan in product(range(len(LADDER)), repeat=len(film.sizes_bytes)):
        assert score(simulate(Plan(plan), trace, film, plain), "lin") <= found.upper
    for name in controller.names():
        assert score(simulate(controller.create(name), trace, film, session), "lin") <= found.upper


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(slow_to_answer, films, st.sampled_from([0.0, 4.0]), st.sampled_from(["lin", "mpc", "soda"]))
def test_it_bounds_sessions_on_links_that_answer_late(
    steps: list[Step], film: VideoTable, start_buffer_s: float, qoe: str
) -> None:
    trace, session = Trace(steps), SessionSettings(buffer_cap_s=6.0, start_buffer_s=start_buffer_s)
    found = optimum(trace, film, session, qoe)
    for plan in product(range(len(LADDER)), repeat=len(film.sizes_bytes)):
        assert score(simulate(Plan(plan), trace, film, session), qoe) <= found.upper


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traces, films, st.sampled_from([4.0, 6.0, 20.0]), st.sampled_from(["lin", "mpc", "soda"]), st.integers(2, 40))
def test_no_session_gains_more_than_its_potential(
    steps: list[Step], film: VideoTable, cap_s: float, qoe_name: str, points: int
) -> None:
    setting = Setting(Trace(steps), film, SessionSettings(buffer_cap_s=cap_s), qoe(qoe_name))
    edges = [setting.startups_s[0] - 1e-8, *(setting.most_s * share for share in (1.1, 2.0))]
    levels = Bins.of(edges)
    potential = Potential(setting.problem, levels, setting.penalty(np.maximum(levels.low_s, setting.least_s)), points)
    rungs = range(len(LADDER))
    for plan in product(rungs, repeat=setting.count):
        session = setting.play(plan)
        total = setting.score_of(plan, session) * setting.count
        chunk = session.chunks[0]
        first = np.array([chunk.rung]), np.array([session.startup_s]), np.array([chunk.finished_at_s])
        credit = setting.problem.startup_credit * session.startup_s
        bound = setting.problem.utilities[0, chunk.rung] + credit + float(potential.of(0, *first)[0])
        assert total <= bound + 1e-6 * (1.0 + abs(bound))


@pytest.mark.parametrize("trace", builtin_names())
@pytest.mark.parametrize("cap_s", [12.0, 30.0])
def test_no_controller_passes_the_bound_and_the_plan_is_close_to_it(trace: str, cap_s: float) -> None:
    link, film, session = builtin(trace), vbr(builtin_film().ladder, 60, 4.0, 5), SessionSettings(buffer_cap_s=cap_s)
    found = optimum(link, film, session, "lin")
    assert found.margin <= 0.02 * found.score
    assert score(found.session, "lin") == found.score
    assert [chunk.rung for chunk in found.session.chunks] == list(found.plan)
    for name in controller.names():
        result = simulate(controller.create(name), link, film, session)
        assert score(result, "lin", Film.of(film)) <= found.score <= found.upper, name


def test_a_film_of_one_rung_has_one_plan() -> None:
    film = VideoTable("one", 2.0, Ladder((Rung(1_000_000),)), ((250_000,),) * 5)
    found = optimum(Trace([Step(3.0, 2e6, 0.1)]), film, SessionSettings(), "lin")
    assert found.plan == (0,) * 5
    assert found.upper == pytest.approx(found.score) == pytest.approx(1.0)


def test_a_search_is_the_same_every_time() -> None:
    twice = [optimum(builtin("evenflow-commute"), builtin_film(2), SessionSettings(), "log") for _ in range(2)]
    assert twice[0] == twice[1]


def test_what_has_no_optimum_says_so() -> None:
    with pytest.raises(OptimumError, match="seeks"):
        optimum(builtin("evenflow-home"), builtin_film(), SessionSettings(seeks=(Seek(3.0, 60.0),)), "lin")
    with pytest.raises(ScoreError, match="needs a film"):
        optimum(builtin("evenflow-home"), builtin_film(), SessionSettings(), "ssim")
    with pytest.raises(ValueError, match="tolerance"):
        Effort(tolerance=0.0)
