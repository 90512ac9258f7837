"""Bandwidth over time: bits between two instants, and when bits are through."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.trace import Step, Trace, TraceError

steps = st.lists(
    st.builds(
        Step,
        st.integers(1, 200).map(lambda n: n / 20),
        st.one_of(st.just(0.0), st.integers(1, 50).map(lambda n: n * 1e5)),
        st.just(0.0),
    ),
    min_size=1,
    max_size=8,
).filter(lambda steps: any(step.rate_bps for step in steps))


def stepped_done(trace: Trace, start_s: float, bits: float) -> float:
    """The slow way: from step to step until the bits are through."""
    at_s, index = start_s, 0
    within_s = start_s % trace.duration_s
    while within_s >= trace.steps[index].duration_s:
        within_s -= trace.steps[index].duration_s
        index = (index + 1) % len(trace.steps)
    while True:
        step = trace.steps[index]
        left_s = step.duration_s - within_s
        if step.rate_bps * left_s >= bits:
            return at_s + bits / step.rate_bps
        bits -= step.rate_bps * left_s
        at_s, within_s, index = at_s + left_s, 0.0, (index + 1) % len(trace.steps)


@given(steps, st.floats(0, 300), st.floats(1, 1e9))
def test_binary_search_agrees_with_walking_from_step_to_step(rows: list[Step], start_s: float, bits: float) -> None:
    trace = Trace(rows)
    done_s = trace.when_done(start_s, bits)
    slow_s = stepped_done(trace, start_s, bits)
    if math.isclose(done_s, slow_s, rel_tol=1e-9, abs_tol=1e-6):
        return
    # Where the last bit falls on the edge of an outage both ends of the outage are right, to a rounding.
    assert abs(trace.bits_between(min(done_s, slow_s), max(done_s, slow_s))) <= 1.0 + 1e-9 * bits


@given(steps, st.floats(0, 300), st.floats(1, 1e8))
def test_bits_are_conserved_between_start_and_done(rows: list[Step], start_s: float, bits: float) -> None:
    trace = Trace(rows)
    done_s = trace.when_done(start_s, bits)
    assert trace.bits_between(start_s, done_s) == pytest.approx(bits, rel=1e-6, abs=10.0)


def test_a_transfer_waits_through_an_outage_and_around_the_loop() -> None:
    trace = Trace([Step(2.0, 1e6), Step(3.0, 0.0)])
    assert trace.when_done(0.0, 2e6) == pytest.approx(2.0)
    assert trace.when_done(1.0, 1.5e6) == pytest.approx(5.5)
    assert trace.bits_between(1.0, 6.0) == pytest.approx(2e6)
    assert trace.rate_at(7.5) == 0.0
    assert trace.mean_bps == pytest.approx(4e5)


def test_a_trace_without_a_bit_is_refused() -> None:
    with pytest.raises(TraceError, match="no bit at all"):
        Trace([Step(5.0, 0.0)])


@pytest.mark.parametrize("bad", [Step(-1, 1e6), Step(1, math.nan), Step(1, math.inf), Step(1, 1e6, -0.1)])
def test_a_negative_or_endless_step_is_refused(bad: Step) -> None:
    with pytest.raises(TraceError, match="step 1"):
        Trace([bad])


def test_steps_that_take_no_time_are_left_out() -> None:
    assert Trace([Step(0.0, 9e9), Step(1.0, 1e6)]).steps == (Step(1.0, 1e6),)
