"""Looks at a simulated transfer: left out where there is nothing to see, and there again once something changes."""

from __future__ import annotations

import asyncio

import pytest

from abr.abandonment import rule_of
from abr.controller import create
from abr.model import Decision, Observation
from abr.trace.model import Step, Trace
from abr.trace.synthetic import builtin
from abr.video.generate import builtin_film
from player.compose import UNWATCHED, Simulated, play_virtually
from player.fetch.transport import Request
from player.sim.edges import Answer, SimEdge
from player.sim.link import SimLink
from player.sim.loop import run
from player.sim.transport import SimTransport

STEADY = Trace([Step(10.0, 8e6, 0.1)])
SIZE_BYTES = 1_000_000


class Eyes:
    """A watcher that has nothing to look for, and writes down when it looked all the same."""

    def __init__(self, needless: bool) -> None:
        self.needless = needless
        self.foreseen: list[tuple[int, float, float, float]] = []
        self.looked: list[tuple[float, int]] = []
        self.look_again = None

    def __call__(self, received_bytes: int, now_s: float, _first_byte_at_s: float | None) -> None:
        self.looked.append((round(now_s, 6), received_bytes))

    def is_needless(self, size_bytes: int, latency_s: float, transfer_s: float, slowest_bps: float) -> bool:
        self.foreseen.append((size_bytes, latency_s, transfer_s, slowest_bps))
        return self.needless


def watched(eyes: Eyes, *, other_at_s: float | None = None, disturbed_at_s: float | None = None) -> list[float]:
    """The instants of the looks at one transfer of 1.1 s, with another one beside it or a change on the way."""

    async def main() -> None:
        edge = SimEdge({}, lambda _path, _request, _now_s: Answer(200, bytes(SIZE_BYTES)))
        transport = SimTransport({"edge.sim": edge}, SimLink(STEADY))
        loop, request = asyncio.get_running_loop(), Request("http://edge.sim/a")
        tasks = [asyncio.ensure_future(transport.fetch(request, eyes))]
        if other_at_s is not None:
            await asyncio.sleep(other_at_s)
            tasks.append(asyncio.ensure_future(transport.fetch(request)))
        if disturbed_at_s is not None:
            loop.call_later(disturbed_at_s, lambda: eyes.look_again and eyes.look_again())
        await asyncio.gather(*tasks)

    run(main())
    return [at_s for at_s, _ in eyes.looked]


def test_a_watcher_that_needs_no_look_gets_none_and_is_told_the_transfer_whole() -> None:
    eyes = Eyes(needless=True)
    assert watched(eyes) == []
    assert eyes.foreseen == [(SIZE_BYTES, pytest.approx(0.1), pytest.approx(1.0), 8e6)]


def test_one_that_needs_them_gets_one_every_tenth_of_a_second_and_the_last() -> None:
    assert watched(Eyes(needless=False)) == pytest.approx([0.1 * k for k in range(2, 12)])


def test_another_transfer_on_the_link_makes_it_look_again() -> None:
    # The other one is asked for at 0.55 s: from then on there is less for this one than was foreseen.
    eyes = Eyes(needless=True)
    assert watched(eyes, other_at_s=0.55)[:3] == pytest.approx([0.6, 0.7, 0.8])


def test_a_change_that_is_told_makes_it_look_again_at_the_instants_of_always() -> None:
    assert watched(Eyes(needless=True), disturbed_at_s=0.75) == pytest.approx([0.8, 0.9, 1.0, 1.1])


class EveryLook:
    """Another controller, as one that has a rule of its own and cannot say when it will not act."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._inner = create(name)
        self.abandon = rule_of(self._inner)

    def decide(self, observation: Observation) -> Decision:
        return self._inner.decide(observation)


@pytest.mark.parametrize("trace", ["evenflow-home", "evenflow-commute", "evenflow-train-tunnel"])
@pytest.mark.parametrize("controller", ["bba-0", "robust-mpc", "dynamic", "bola-e"])
def test_sessions_are_the_same_with_every_look(controller: str, trace: str) -> None:
    order = Simulated(builtin_film(), builtin(trace), controller, UNWATCHED)
    fewer, every = run(play_virtually(order)), run(play_virtually(order, EveryLook(controller)))
    assert [(it.rung, it.wasted_bytes, it.size_bytes) for it in fewer.chunks] == [
        (it.rung, it.wasted_bytes, it.size_bytes) for it in every.chunks
    ]
    for one, other in zip(fewer.chunks, every.chunks, strict=True):
        assert one.sample.finished_at_s == pytest.approx(other.sample.finished_at_s, abs=1e-9)
        assert one.buffer_s == pytest.approx(other.buffer_s, abs=1e-9)
    assert [(it.at_s, it.duration_s) for it in fewer.stalls] == [
        (pytest.approx(it.at_s, abs=1e-9), pytest.approx(it.duration_s, abs=1e-9)) for it in every.stalls
    ]
