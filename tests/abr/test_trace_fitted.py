"""A model learnt from traces: what is drawn from it looks like what it was fitted to."""

from __future__ import annotations

import json
from math import fsum
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.trace import Step, Trace, TraceError, builtin, builtin_names
from abr.trace.fit import fit
from abr.trace.fitted import FittedModel
from abr.trace.fitted_file import from_json, to_json
from abr.trace.statistics import autocorrelation, describe, resampled
from abr.trace.synthetic import markov


def rough(seed: int, seconds: int = 600) -> Trace:
    """Log-normal rates about 4 Mbit/s that remember (0.9 a second), with outages."""
    rng, wobble, steps = Random(seed), 0.0, []
    for second in range(seconds):
        wobble = 0.9 * wobble + 0.4359 * rng.gauss(0.0, 1.0)
        steps.append(Step(1.0, 0.0 if second % 150 < 4 else 4e6 * 2.718281828 ** (0.7 * wobble), 0.06))
    return Trace(steps, name=f"rough-{seed}")


SETS = {
    "rough": [rough(seed) for seed in range(6)],
    "markov": [markov([1e6, 3e6, 9e6], 12.0, 600.0, Random(seed), latency_s=0.03) for seed in range(6)],
    "builtin": [builtin(name) for name in builtin_names()],
}


def look(series: list[list[float]]) -> tuple[float, float, float]:
    """Mean, coefficient of variation and lag-1 autocorrelation of samples taken together."""
    pooled = [value for values in series for value in values]
    mean = fsum(pooled) / len(pooled)
    return mean, (fsum((value - mean) ** 2 for value in pooled) / len(pooled)) ** 0.5 / mean, autocorrelation(series)


@pytest.mark.parametrize("name", SETS)
def test_drawn_traces_match_the_mean_spread_and_memory_of_the_training_set(name: str) -> None:
    traces = SETS[name]
    model = fit(traces, 1.0)
    mean_bps, cov, lag1 = look([resampled(trace, 1.0) for trace in traces])
    drawn = [model.draw(3600.0, Random(seed)) for seed in range(20)]
    mean, spread, memory = look([[step.rate_bps for step in trace.steps] for trace in drawn])
    # Tolerances: 20 hours of a link with stays of minutes leave 3-4 % of chance in the mean.
    assert mean == pytest.approx(mean_bps, rel=0.08)
    assert spread == pytest.approx(cov, rel=0.10)
    assert memory == pytest.approx(lag1, abs=0.06)
    assert (model.trained_on.mean_bps, model.trained_on.cov) == (pytest.approx(mean_bps), pytest.approx(cov))


def test_outages_and_latency_are_learnt_too() -> None:
    model = fit(SETS["rough"], 1.0)
    drawn = [model.draw(3600.0, Random(seed)) for seed in range(10)]
    assert describe(drawn).zero_share == pytest.approx(describe(SETS["rough"]).zero_share, rel=0.2)
    assert [step.latency_s for step in drawn[0].steps] == pytest.approx([0.06] * 3600)


def test_the_same_seed_draws_the_same_trace_also_from_the_file() -> None:
    model = fit(SETS["builtin"])
    again = from_json(to_json(model))
    assert again.draw(300.0, Random(7)).steps == again.draw(300.0, Random(7)).steps
    assert again.draw(300.0, Random(7)).steps != again.draw(300.0, Random(8)).steps
    assert to_json(again) == to_json(model)
    assert len(to_json(model)) < 64 * 1024


def test_a_steady_link_stays_steady() -> None:
    model = fit([Trace([Step(10.0, 2e6, 0.1)] * 6)])
    assert {step.rate_bps for step in model.draw(60.0, Random(1)).steps} == {2e6}


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(TraceError, match="at least one trace"):
        fit([])
    with pytest.raises(TraceError, match="next to nothing"):
        fit([Trace([Step(10.0, 10.0)])])
    with pytest.raises(TraceError, match="give a longer period"):
        fit([Trace([Step(1e6, 1e6)])], 0.1)
    with pytest.raises(TraceError, match="to a week"):
        fit(SETS["builtin"]).draw(1e7, Random(1))


def broken(change: dict[str, object]) -> str:
    return json.dumps(json.loads(to_json(fit(SETS["builtin"]))) | change)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        broken({"kind": "x"}),
        broken({"states": []}),
        broken({"period_s": 0}),
        broken({"states": [{"share": 1, "rates_bps": [0], "stay": 0, "holds": [[1, 1]], "latency_s": 0, "next": [1]}]}),
        broken({"states": [{"share": 1, "rates_bps": [9e9], "stay": 0, "holds": [], "latency_s": 0, "next": [1]}]}),
    ],
)
def test_what_is_no_model_is_refused_with_the_way_to_one(text: str) -> None:
    with pytest.raises(TraceError, match=r"model: .*evenflow trace fit"):
        from_json(text)


@given(st.lists(st.floats(0, 1e8), min_size=1, max_size=40).filter(lambda rates: max(rates) > 1e4), st.integers(0, 99))
def test_any_trace_can_be_learnt_and_drawn_within_its_own_rates(rates: list[float], seed: int) -> None:
    model: FittedModel = fit([Trace([Step(1.0, rate) for rate in rates])])
    try:
        drawn = model.draw(200.0, Random(seed))
    except TraceError:
        return  # a stretch without any signal
    assert max(step.rate_bps for step in drawn.steps) <= max(rates) + 1000
    assert drawn.duration_s == pytest.approx(200.0)
