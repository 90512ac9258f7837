"""The engine in virtual time and the fast simulator live through the same session, chunk by chunk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr.controller import create
from abr.model import Ladder, Rung
from abr.simulate import SessionSettings, simulate
from abr.trace.model import Step, Trace
from abr.trace.synthetic import builtin, builtin_names
from abr.video.generate import builtin_film, vbr
from abr.video.model import VideoTable
from player.compose import Simulated, virtual
from player.engine.settings import EngineSettings
from player.sim.agreement import differences

CONTROLLERS = ("fixed:2", "throughput", "bba-0", "bola-e", "robust-mpc", "dynamic")


def disagreement(controller: str, trace: Trace, video: VideoTable, **options: object) -> list[str]:
    """Play both; `options` are those that the two kinds of settings share."""
    fast = simulate(create(controller), trace, video, SessionSettings(**options))  # type: ignore[arg-type]
    plain = {"abandonment": False, "replacement": False, "committed_s": 0.0}
    played = virtual(Simulated(video, trace, controller, EngineSettings(**{**plain, **options})))  # type: ignore[arg-type]
    assert played.log.ended == "end"
    return differences(fast, played.log)


@pytest.mark.parametrize("abandonment", [False, True])
@pytest.mark.parametrize("trace", builtin_names())
@pytest.mark.parametrize("controller", CONTROLLERS)
def test_engine_and_simulator_agree_on_the_built_in_film(controller: str, trace: str, abandonment: bool) -> None:
    assert disagreement(controller, builtin(trace), builtin_film(), abandonment=abandonment) == []


@pytest.mark.parametrize("trace", builtin_names())
@pytest.mark.parametrize("controller", ["throughput", "bola-e", "dynamic", "robust-mpc"])
def test_they_fetch_the_same_low_chunks_again(controller: str, trace: str) -> None:
    assert disagreement(controller, builtin(trace), builtin_film(), replacement=True) == []


def traces() -> st.SearchStrategy[Trace]:
    step = st.builds(
        Step,
        st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0, 7.3]),
        st.sampled_from([0.0, 150e3, 400e3, 1e6, 2.5e6, 6e6, 20e6]),
        st.sampled_from([0.0, 0.02, 0.05, 0.3]),
    )
    some = st.lists(step, min_size=1, max_size=8).filter(lambda steps: any(it.rate_bps > 0 for it in steps))
    return some.map(lambda steps: Trace(steps, name="drawn"))


FILMS = st.builds(
    lambda seed, chunk_s, count: vbr(
        Ladder((Rung(200_000), Rung(600_000), Rung(1_500_000), Rung(4_000_000))), count, chunk_s, seed, name="drawn"
    ),
    st.integers(0, 50),
    st.sampled_from([1.0, 2.0, 2.002, 4.0]),
    st.integers(1, 25),
)


@settings(max_examples=60, deadline=None)
@given(traces(), FILMS, st.sampled_from(CONTROLLERS), st.booleans(), st.sampled_from([4.5, 12.0, 30.0, 60.0]))
def test_they_agree_on_networks_and_films_that_nobody_chose(
    trace: Trace, film: VideoTable, controller: str, abandonment: bool, cap_s: float
) -> None:
    assert disagreement(controller, trace, film, abandonment=abandonment, buffer_cap_s=cap_s) == []
