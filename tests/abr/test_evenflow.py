"""The Evenflow controller: its forecast, its plan against a plain recursion, and what it does in plain situations."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from math import exp, log, log1p
from random import Random
from typing import Any

import numpy as np
import pytest

from abr import controller
from abr.controllers.evenflow import Evenflow, Settings, Weights
from abr.controllers.planning.recourse import Fineness, Planner, Task, rates_beside
from abr.estimators import distribution_fit, distribution_prior
from abr.estimators.distribution import SHARES, Bank, BankSettings, Law, error_points
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample
from abr.simulate import SessionSettings, simulate
from abr.trace import Step, Trace, builtin, builtin_names
from abr.video import builtin_film, vbr

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))


def samples(*rates_bps: float) -> tuple[ThroughputSample, ...]:
    return tuple(
        ThroughputSample(round(rate / 8), 2.0 * i, 2.0 * i + 0.05, 2.0 * i + 1.05) for i, rate in enumerate(rates_bps)
    )


def seen(buffer_s: float = 10.0, rates_bps: tuple[float, ...] = (3e6,) * 12, **fields: Any) -> Observation:
    values: dict[str, Any] = {
        "now_s": 30.0,
        "chunk_index": 12,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": 1,
        "samples": samples(*rates_bps),
    }
    return Observation(**{**values, **fields})


def rung(observation: Observation, settings: Settings | None = None) -> int:
    return Evenflow(settings).decide(observation).rung


def test_the_errors_points_are_those_of_the_t_distribution() -> None:
    # Of three degrees of freedom: 97.5 % lie below 3.182, 90 % below 1.638 (any table).
    from abr.estimators import distribution

    assert distribution._t3(0.975) == pytest.approx(3.182, abs=1e-3)
    assert distribution._t3(0.9) == pytest.approx(1.638, abs=1e-3)
    assert sum(SHARES) == pytest.approx(1.0)
    assert error_points() == pytest.approx([-it for it in reversed(error_points())], abs=1e-9)


def test_before_a_second_transfer_the_law_is_the_priors_around_the_first() -> None:
    bank = Bank()
    bank.update(samples(3e6), 2.0)
    law = bank.law(2.0)
    assert sum(law.weights) == pytest.approx(1.0)
    assert law.rate_bps(0.5) == pytest.approx(3e6, rel=0.03)
    assert law.chance_above(3e6 * 4) < 0.1 < law.chance_above(3e6 * 0.7)


def test_bayes_rule_weighs_the_scales_by_the_density_of_what_came() -> None:
    settings = BankSettings(spreads=(0.1, 0.5), prior=(0.5, 0.5), memory=1.0, keep_most=0.0)
    bank = Bank(settings)
    bank.add(log(1e6), 2.0)
    bank.add(log(1e6) + 0.3, 2.0)
    # Density of t(3) but for its constant: (1 + z^2 / 3)^-2 / s, at z = 3 and z = 0.6; the mean is the first rate.
    expected = [-log(s) - 2.0 * log1p((0.3 / s) ** 2 / 3.0) for s in (0.1, 0.5)]
    assert bank.evidence[0] - bank.evidence[1] == pytest.approx(expected[0] - expected[1])


def test_a_steady_link_is_foretold_more_narrowly_than_a_shaky_one() -> None:
    steady, shaky = Bank(), Bank()
    steady.update(samples(*[3e6, 3.05e6] * 8), 2.0)
    shaky.update(samples(*[1e6, 9e6] * 8), 2.0)
    narrow, wide = steady.law(2.0), shaky.law(2.0)
    assert narrow.rate_bps(0.1) > 0.85 * 3e6
    assert wide.rate_bps(0.1) < 0.6 * wide.rate_bps(0.5)


def test_old_evidence_fades_so_that_a_link_may_change_its_nature() -> None:
    bank = Bank()
    bank.update(samples(*[1e6, 9e6] * 10, *[3e6] * 30), 2.0)
    law = bank.law(2.0)
    assert law.rate_bps(0.1) > 0.7 * law.rate_bps(0.5)


def test_transfers_without_bytes_and_cache_hits_do_no_harm() -> None:
    nothing = (ThroughputSample(0, 0.0, 0.1, 0.2), ThroughputSample(0, 1.0, 1.0, 1.0))
    assert Evenflow().decide(seen(samples=nothing, previous_rung=0)).reason.code == ReasonCode.STARTUP
    hit = ThroughputSample(500_000, 25.0, 25.0, 25.0)
    assert rung(seen(6.0, samples=(*samples(*(1.2e6,) * 12), hit))) <= 2
    slow = ThroughputSample(1, 30.0, 30.0, 400.0)
    assert rung(seen(6.0, samples=(*samples(*(9e6,) * 12), slow))) == 0


def test_after_a_fall_both_a_lasting_outage_and_a_quick_end_are_expected() -> None:
    fallen = samples(*(8e6, 8.5e6) * 8, 0.8e6)
    one, three = Bank(BankSettings(stays=0.0, returns=0.0)), Bank(BankSettings(stays=0.25, returns=0.25))
    one.update(fallen, 2.0)
    three.update(fallen, 2.0)
    plain, mixed = one.law(2.0), three.law(2.0)
    assert plain.parts == ()
    assert [(chance, part.keep) for chance, part in mixed.parts] == [(0.5, plain.keep), (0.25, 0.98), (0.25, 0.0)]
    assert sum(mixed.weights) == pytest.approx(1.0)
    assert list(mixed.errors) == sorted(mixed.errors)
    # The mixture's chance is that of its parts, each by its share.
    for rate_bps in (0.5e6, 1e6, 2e6, 6e6):
        parts = sum(chance * part.chance_above(rate_bps) for chance, part in mixed.parts)
        assert mixed.chance_above(rate_bps) == pytest.approx(parts)
    assert mixed.rate_bps(0.1) < plain.rate_bps(0.1)
    assert mixed.rate_bps(0.9) > plain.rate_bps(0.9)


def test_a_plan_over_a_mixture_goes_by_each_part_with_its_chance() -> None:
    # On the grid's rates only, so that nothing lies between: the chances of a mixture are the mean of its parts'.
    fineness = Fineness(rates=3, levels=50, slowest=-1.0, quickest=1.0, ahead=2)
    planner = Planner(2.0, 10.0, 3, fineness)
    still, back = (Law(log(2e6), log(2e6) - 1.0, keep, (0.0,), (1.0,)) for keep in (1.0, 0.0))
    mixed = Law(log(2e6), log(2e6) - 1.0, 1.0, (-1.0, 0.0), (0.25, 0.75), ((0.75, still), (0.25, back)))
    expected = 0.75 * planner._chances(still) + 0.25 * planner._chances(back)
    assert planner._chances(mixed) == pytest.approx(expected)
    assert planner._chances(mixed)[1] == pytest.approx([0.25, 0.75, 0.0])


def plain_value(law: Law, chances: Any, z: Any, task: Task, k: int, buffer_s: float, at: int, before: int) -> float:
    """V_k by its definition, on the grid's rates but at the very buffer."""
    if k == len(task.sizes):
        return 0.0
    best = -float("inf")
    for q, worth in enumerate(task.worths[k]):
        total = worth - task.step * abs(worth - task.worths[k - 1][before])
        for to, chance in enumerate(chances[at]):
            if chance:
                time_s = task.latency_s + 8.0 * task.sizes[k][q] / exp(law.last + z[to])
                after_s = min(max(buffer_s - time_s, 0.0) + 2.0, 8.0)
                then = plain_value(law, chances, z, task, k + 1, after_s, to, q)
                total += chance * (then - task.stall * max(time_s - buffer_s, 0.0))
        best = max(best, total)
    return best


def test_the_plan_is_the_recursion_that_the_definition_says() -> None:
    # Two chunks to come, a certain law of three errors that fall on the grid; fine levels, so that lines are close.
    fineness = Fineness(rates=3, levels=400, slowest=-1.0, quickest=1.0, ahead=2, patience_s=1e12)
    z = rates_beside(3, -1.0, 1.0, 3.0)
    law = Law(log(2e6), log(2e6), 0.0, (-1.0, 0.0, 1.0), (0.2, 0.5, 0.3))
    rng = Random(3)
    for _ in range(20):
        sizes = np.sort(rng.sample(range(50_000, 1_500_000), 6)).reshape(3, 2).T.copy()
        worths = np.array([[1.0, 2.0, 4.0]] * 2)
        buffer_s = rng.uniform(0.0, 8.0)
        task = Task(sizes, worths, sizes[0], worths[0], 4.0, 1.0, 0.0, 2.0, 1, buffer_s, 0.1, 2, False)
        found = Planner(2.0, 10.0, 3, fineness).values(law, task)
        chances = [list(law.weights)] * 3
        for q in range(3):
            expected = worths[0][q] - abs(worths[0][q] - 2.0)
            for to, chance in enumerate(law.weights):
                time_s = 0.1 + 8.0 * sizes[0][q] / exp(law.last + z[to])
                after_s = min(max(buffer_s - time_s, 0.0) + 2.0, 8.0)
                expected += chance * plain_value(law, chances, z, task, 1, after_s, to, q)
                expected -= chance * 4.0 * max(time_s - buffer_s, 0.0)
            assert found[q] == pytest.approx(expected, abs=0.02)


def test_plenty_of_rate_is_the_top_rung_and_next_to_none_the_lowest() -> None:
    assert rung(seen(15.0, (40e6,) * 12)) == 2
    assert rung(seen(2.0, (0.5e6,) * 12)) == 0


def test_more_buffer_never_asks_for_less() -> None:
    rungs = [rung(seen(level_s, (2.5e6, 3.5e6) * 6)) for level_s in (0.5, 2.0, 4.0, 8.0, 14.0, 20.0, 28.0)]
    assert rungs == sorted(rungs)
    assert rungs[0] < rungs[-1]


def test_a_link_that_has_failed_before_is_trusted_less() -> None:
    outage = (4.5e6,) * 4 + (0.2e6, 0.2e6) + (4.5e6,) * 4 + (0.2e6,) + (4.5e6,) * 3
    levels = [0.5 * it for it in range(4, 40)]
    steady, failing = ([rung(seen(it, rates)) for it in levels] for rates in ((4.5e6,) * 14, outage))
    assert all(careful <= bold for bold, careful in zip(steady, failing, strict=True))
    assert sum(failing) < sum(steady)


def test_everything_twice_as_large_is_the_same_plan() -> None:
    doubled = Ladder(tuple(Rung(2 * it.bitrate_bps, height=it.height) for it in LADDER.rungs))
    rng = Random(7)
    for _ in range(30):
        rates = tuple(rng.uniform(0.5e6, 8e6) for _ in range(10))
        buffer_s = rng.uniform(0.0, 28.0)
        twice = seen(buffer_s, tuple(2 * it for it in rates), ladder=doubled)
        assert rung(seen(buffer_s, rates)) == rung(twice)


def test_the_sizes_that_the_manifest_tells_count() -> None:
    nominal = ((250_000, 500_000, 1_000_000),) * 6
    heavy = ((250_000, 500_000, 9_000_000), *nominal[1:])
    assert rung(seen(6.0, (8e6,) * 12, sizes_bytes=nominal)) == 2
    assert rung(seen(6.0, (8e6,) * 12, sizes_bytes=heavy)) < 2


def test_the_objective_is_an_argument() -> None:
    observation = seen(12.0, (2.2e6, 4.2e6) * 6)
    cheap = rung(observation, Settings(Weights(stall=0.0)))
    dear = rung(observation, Settings(Weights(stall=400.0)))
    assert (cheap, dear) == (2, 0)
    assert controller.create("evenflow:log").decide(observation).rung in range(3)
    flat = ((15.0, 14.0, 15.0),) * 6
    quality = controller.create("evenflow:quality")
    assert quality.decide(seen(25.0, (40e6,) * 12, qualities=flat, previous_rung=0)).rung == 0
    good = ((10.0, 14.0, 18.0),) * 6
    assert controller.create("evenflow:quality").decide(seen(25.0, (40e6,) * 12, qualities=good)).rung == 2
    # A price for every change keeps the rung that is there.
    held = Settings(Weights(switch=1e3))
    assert [rung(seen(20.0, (40e6,) * 12, previous_rung=it), held) for it in range(3)] == [0, 1, 2]
    with pytest.raises(controller.UnknownController, match="lin, log, quality"):
        controller.create("evenflow:ssim")


def test_the_last_chunks_spend_what_is_buffered() -> None:
    rates = (1.6e6,) * 12
    assert rung(seen(20.0, rates, chunks_left=2, previous_rung=2)) == 2
    assert rung(seen(4.0, rates, chunks_left=100, previous_rung=0)) < 2


def test_the_reason_says_what_the_next_rung_needs_and_how_likely_that_is() -> None:
    decision = Evenflow().decide(seen(15.0, (2.2e6,) * 12))
    # 1080p: 8 Mbit in the 1.95 s that the latency of 50 ms leaves.
    assert decision.reason.code == ReasonCode.HOLD
    assert decision.reason.text == "hold 720p: 15 s buffered, 1080p needs 4.1 Mbit/s, 0 % likely"
    top = Evenflow().decide(seen(25.0, (40e6,) * 12))
    assert top.reason.text == "1080p: 25 s buffered, it needs 4.1 Mbit/s, 100 % likely"
    assert top.estimate_bps == pytest.approx(40e6, rel=0.05)


@pytest.mark.parametrize(("chunk_s", "cap_s"), [(2.0, 12.0), (10.0, 12.0), (10.0, 60.0), (4.0, 60.0)])
def test_it_plays_any_chunk_length_and_cap(chunk_s: float, cap_s: float) -> None:
    film = vbr(LADDER, 30, chunk_s, 1)
    steady = Trace([Step(60.0, 90e6, 0.05)])
    result = simulate(Evenflow(), steady, film, SessionSettings(buffer_cap_s=cap_s))
    assert not result.stalls
    assert [it.rung for it in result.chunks[5:-1]] == [2] * 24


def test_the_same_session_twice_is_the_same_session() -> None:
    film, trace = builtin_film(), builtin("evenflow-commute")
    one, two = (simulate(controller.create("evenflow"), trace, film) for _ in range(2))
    assert one == two


def test_hash_seeds_change_nothing() -> None:
    script = (
        "from abr import controller; from abr.simulate import simulate; from abr.trace import builtin;"
        "from abr.video import builtin_film;"
        "r = simulate(controller.create('evenflow'), builtin('evenflow-commute'), builtin_film());"
        "print([c.rung for c in r.chunks], r.ended_at_s)"
    )
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        run = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1


def test_a_decision_is_a_fixed_amount_of_work() -> None:
    fineness = Fineness()
    rule = Evenflow()
    most = []
    for index in range(1, 30):
        before = rule.planner_steps
        rule.decide(seen(10.0, (3e6, 5e6) * 6, chunk_index=index, chunks_left=200 - index))
        most.append(rule.planner_steps - before)
    assert most[0] == fineness.first + fineness.ahead - 1
    assert set(most[1:]) == {fineness.steps + fineness.ahead - 1}


def test_the_shipped_prior_is_in_the_form_that_its_command_writes() -> None:
    weights = distribution_prior.WEIGHTS
    assert sum(weights) == pytest.approx(1.0, abs=1e-3)
    written = distribution_fit.module_text(weights, distribution_prior.SPREADS)
    with open(distribution_prior.__file__, encoding="utf-8") as file:
        assert file.read() == written


def test_the_fit_finds_the_scales_that_traces_were_made_with() -> None:
    def walk(seed: int, scale: float, family: str) -> Trace:
        rng, x, steps = Random(seed), 15.0, []
        for _ in range(240):
            # Student's t of three degrees of freedom, by its definition.
            error = rng.gauss(0, 1) / (sum(rng.gauss(0, 1) ** 2 for _ in range(3)) / 3) ** 0.5
            x = 15.0 + 0.9 * (x - 15.0) + scale * error
            steps.append(Step(8.0, exp(x)))
        return Trace(steps, name=str(seed), family=family)

    settings = replace(BankSettings(), spreads=(0.05, 0.4), prior=(0.5, 0.5))
    calm, wild = ([walk(seed, scale, "one") for seed in range(6)] for scale in (0.05, 0.4))
    # Windows of 8 s are the steps themselves; shorter ones repeat them, which looks calmer.
    found = [distribution_fit.fit(traces, settings) for traces in (calm, wild)]
    assert found[0][0] > 0.95
    assert found[1][1] > found[0][1] + 0.25


def test_the_fit_is_the_same_again_and_counts_families_alike() -> None:
    traces = [builtin(name) for name in builtin_names()]
    assert distribution_fit.fit(traces) == distribution_fit.fit(traces)
    once, often = traces[:2], [*traces[:1] * 5, traces[1]]
    apart = [Trace(it.steps, name=it.name, family=it.name) for it in often]
    alone = [Trace(it.steps, name=it.name, family=it.name) for it in once]
    assert distribution_fit.fit(apart) == pytest.approx(distribution_fit.fit(alone), abs=1e-9)
    with pytest.raises(ValueError, match="nothing to fit"):
        distribution_fit.fit([Trace([Step(5.0, 1e6)])])


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="prices are 0 or more"):
        Weights(stall=-1.0)
    with pytest.raises(ValueError, match="3 rates and levels"):
        Fineness(rates=2)
    with pytest.raises(ValueError, match="come to 1 at most"):
        BankSettings(stays=0.7, returns=0.4)
    with pytest.raises(ValueError, match="a weight for each"):
        BankSettings(prior=(1.0,))


def test_the_player_and_the_command_line_take_it_unless_told_otherwise() -> None:
    from argparse import ArgumentParser

    from abr.controllers import DEFAULT
    from player.cli.ways import add_session_options
    from player.compose import DEFAULT_CONTROLLER

    parser = ArgumentParser()
    add_session_options(parser)
    assert DEFAULT == DEFAULT_CONTROLLER == parser.parse_args([]).controller == "evenflow"
