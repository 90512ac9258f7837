"""The simulated link: one flow is `Trace.transfer`, several share evenly, and no bit is lost or doubled."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.trace.model import Step, Trace
from player.sim.link import SimLink
from player.sim.loop import run

STEPS = st.builds(
    Step, st.floats(0.05, 9.0), st.sampled_from([0.0, 2e5, 1e6, 3.3e6, 2e7]), st.sampled_from([0.0, 0.04, 0.5])
)
TRACES = st.lists(STEPS, min_size=1, max_size=6).filter(lambda it: any(step.rate_bps for step in it)).map(Trace)
STEADY = Trace([Step(10.0, 8e6, 0.1)])


def transfers(link: SimLink, asked: list[tuple[float, int]]) -> list[tuple[float, float]]:
    """First and last byte of each (instant, size)."""

    async def one(at_s: float, size_bytes: int) -> tuple[float, float]:
        await asyncio.sleep(at_s)
        flow = link.send(asyncio.get_running_loop(), size_bytes)
        await flow.done
        assert asyncio.get_running_loop().time() == pytest.approx(flow.finished_s, abs=1e-9)
        return flow.first_byte_s, flow.finished_s

    async def main() -> list[tuple[float, float]]:
        return list(await asyncio.gather(*(one(at_s, size) for at_s, size in asked)))

    return run(main())


@given(TRACES, st.lists(st.integers(1, 3_000_000), min_size=1, max_size=5), st.floats(0.0, 30.0))
def test_a_flow_alone_has_the_instants_of_the_trace(trace: Trace, sizes: list[int], at_s: float) -> None:
    link = SimLink(trace)
    for size in sizes:
        [got] = transfers(SimLink(trace), [(at_s, size)])
        assert got == pytest.approx(trace.transfer(at_s, 8.0 * size), abs=1e-9)
    assert link.busy == 0


@given(TRACES, st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(1, 2_000_000)), min_size=2, max_size=6))
def test_together_they_take_what_the_link_carries(trace: Trace, asked: list[tuple[float, int]]) -> None:
    link = SimLink(trace, round_trip_s=0.0)
    ends = transfers(link, asked)
    began_s, ended_s = min(at for at, _ in asked), max(end for _, end in ends)
    bits = 8.0 * sum(size for _, size in asked)
    assert trace.bits_between(began_s, ended_s) >= bits - 1e-3 - 1e-9 * bits
    alone = [trace.when_done(at, 8.0 * size) for at, size in asked]
    assert all(end >= by_itself - 1e-6 for (_, end), by_itself in zip(ends, alone, strict=True))
    assert link.passed_bits == pytest.approx(bits)


def test_two_flows_share_evenly_and_the_one_that_is_left_has_the_link() -> None:
    # 8 Mbit/s: alone for 1 s after the round trip (1 MB), then half each; the second's 0.5 MB take 1 s of that.
    first, second = transfers(SimLink(STEADY), [(0.0, 2_000_000), (1.0, 500_000)])
    assert (first, second) == (pytest.approx((0.1, 2.6)), pytest.approx((1.1, 2.1)))


def test_a_flow_that_is_dropped_leaves_the_link_to_the_other() -> None:
    async def main() -> float:
        loop, link = asyncio.get_running_loop(), SimLink(STEADY, round_trip_s=0.0)
        kept, dropped = link.send(loop, 1_000_000), link.send(loop, 1_000_000)
        await asyncio.sleep(1.0)
        link.drop(loop, dropped)
        await kept.done
        assert not dropped.done.done()
        return kept.finished_s

    assert run(main()) == pytest.approx(1.5)


def test_loss_costs_timeouts_that_double_and_the_seed_repeats_them() -> None:
    def latencies(loss: float, seed: int) -> list[float]:
        asked = [(float(k), 1000) for k in range(40)]
        came = transfers(SimLink(STEADY, loss=loss, seed=seed), asked)
        return [first_byte_s - at_s for (at_s, _), (first_byte_s, _) in zip(asked, came, strict=True)]

    assert latencies(0.0, 1) == pytest.approx([0.1] * 40)
    lossy = latencies(0.5, 1)
    assert lossy == latencies(0.5, 1) != latencies(0.5, 2)
    assert {round(it, 6) for it in lossy} <= {0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7}
    assert 10 <= sum(it > 0.2 for it in lossy) <= 30


def test_slow_start_idles_while_the_window_is_short_of_the_link() -> None:
    # 0.1 s at 8 Mbit/s hold 100 kB; windows of 14.6, 29.2 and 58.4 kB leave 85.4, 70.8 and 41.6 ms idle.
    [(first_byte_s, _)] = transfers(SimLink(STEADY, slow_start=True), [(0.0, 1_000_000)])
    assert first_byte_s == pytest.approx(0.1 + 0.0854 + 0.0708 + 0.0416)
    [(small_s, _)] = transfers(SimLink(STEADY, slow_start=True), [(0.0, 10_000)])
    assert small_s == pytest.approx(0.1)
