"""Retries: a budget that keeps an outage from becoming a storm, waits that spread, patience where it is asked for."""

from __future__ import annotations

import pytest
from edges_rig import Asked, Played, Said, Site
from hypothesis import given
from hypothesis import strategies as st
from virtual_rig import play

from player.engine.patience import BACKOFF_S, PER_S, RESERVE, Backoff, RetryBudget
from player.sim.edges import between, down, saying


def test_the_reserve_is_there_at_once_and_then_tokens_come_with_time() -> None:
    budget = RetryBudget(reserve=3.0, share=0.0, per_s=0.5)
    assert [budget.take_s(0.0) for _ in range(5)] == [0.0, 0.0, 0.0, 2.0, 4.0]
    assert budget.take_s(10.0) == 0.0, "what was borrowed has been paid back"


def test_requests_that_succeed_earn_their_share_and_never_more_than_the_reserve() -> None:
    budget = RetryBudget(reserve=2.0, share=0.5, per_s=0.01)
    assert [budget.take_s(0.0) for _ in range(2)] == [0.0, 0.0]
    for _ in range(2):
        budget.earn()
    assert budget.take_s(0.0) == 0.0
    for _ in range(100):
        budget.earn()
    assert [budget.take_s(0.0) == 0.0 for _ in range(3)] == [True, True, False]


def test_a_budget_that_never_grows_is_refused() -> None:
    with pytest.raises(ValueError, match="grows with time"):
        RetryBudget(per_s=0.0)


@given(st.text(max_size=40), st.integers(1, 50))
def test_waits_lie_between_nothing_and_the_bound_and_are_the_seeds_own(seed: str, rounds: int) -> None:
    waits = [Backoff(seed).after_s(rounds) for _ in range(3)]
    assert len(set(waits)) == 1
    assert 0.0 <= waits[0] <= BACKOFF_S[min(rounds, len(BACKOFF_S)) - 1]


def test_two_sessions_come_back_at_different_moments() -> None:
    first = [Backoff("one").after_s(n) for n in range(1, 7)]
    assert first != [Backoff("two").after_s(n) for n in range(1, 7)]


def test_an_outage_of_every_edge_costs_few_requests_and_ends_well() -> None:
    hooks = {name: between(down, 20.0, 140.0) for name in ("a", "b", "c")}
    evening = play(dict(hooks))
    during = [at_s for _, _, at_s in evening.asked if 20.0 <= at_s < 140.0]
    assert len(during) <= RESERVE + PER_S * 120.0 + 2
    assert evening.report["ended"] == "end"
    back_s = min(at_s for _, _, at_s in evening.asked if at_s >= 140.0)
    assert back_s < 140.0 + 1.0 / PER_S + BACKOFF_S[-1]


def test_an_outage_is_lived_through_in_the_same_way_under_one_session_id_only() -> None:
    def asked(session_id: str) -> list[tuple[str, str, float]]:
        hooks = {name: between(down, 5.0, 40.0) for name in ("a", "b")}
        return play(dict(hooks), session_id=session_id).asked

    assert asked("one") == asked("one")
    assert asked("one") != asked("two")


def test_a_single_edge_that_fails_now_and_then_is_not_slowed_by_the_budget() -> None:
    evening = play({"a": between(saying(500), 20.0, 20.5)}, buffer_cap_s=12.0)
    assert evening.report["ended"] == "end"
    assert evening.report["stalls"] == []


@pytest.mark.parametrize("wait_s", [7, 20])
def test_an_edge_that_asks_for_a_long_wait_gets_it_and_another_serves(wait_s: int) -> None:
    hooks = {"a": between(saying(503, {"retry-after": str(wait_s)}), 10.0, 10.0 + wait_s), "b": None}
    evening = play(hooks, buffer_cap_s=6.0)
    refused_s = next(at_s for at_s in evening.times("a") if at_s >= 10.0)
    again_s = next(at_s for at_s in evening.times("a") if at_s > refused_s)
    assert again_s >= refused_s + wait_s
    assert any(refused_s < at_s < again_s for at_s in evening.times("b"))
    assert evening.report["stalls"] == []


def test_when_every_edge_asks_for_patience_none_is_asked_before() -> None:
    hooks = {name: between(saying(503, {"retry-after": "9"}), 10.0, 18.0) for name in ("a", "b")}
    evening = play(dict(hooks))
    first = {name: next(at_s for at_s in evening.times(name) if at_s >= 10.0) for name in hooks}
    for name, at_s in first.items():
        assert not any(at_s < other < at_s + 9.0 - 1e-6 for other in evening.times(name)), name
    assert evening.report["ended"] == "end"


async def test_on_real_sockets_a_short_wait_is_waited_out_at_the_same_edge(site: Site) -> None:
    asked_at: list[float] = []

    def busy(asked: Asked) -> Said | None:
        if asked.path.endswith("/s3.m4s") and asked.path.startswith("v"):
            asked_at.append(asked.at_s)
            if len(asked_at) == 1:
                return Said(503, b"", {"Retry-After": "1"})
        return None

    site.script = busy
    document = await Played(site).play()
    assert document["ended"] == "end"
    assert asked_at[1] - asked_at[0] >= 1.0
    assert site.paths("edge-b") == []
