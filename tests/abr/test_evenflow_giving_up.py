"""The Evenflow controller on the chunk in flight: given up by the plan's own objective, or let go on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from abr.abandonment import Outlook
from abr.controllers.evenflow import Evenflow
from abr.controllers.planning.recourse import Fineness, Planner, Task
from abr.estimators.distribution import Bank
from abr.model import Ladder, Observation, Progress, ReasonCode, Rung, ThroughputSample
from abr.simulate import SessionSettings, simulate
from abr.trace import builtin
from abr.video import builtin_film

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))


def samples(*rates_bps: float) -> tuple[ThroughputSample, ...]:
    return tuple(
        ThroughputSample(round(rate / 8), 2.0 * i, 2.0 * i + 0.05, 2.0 * i + 1.05) for i, rate in enumerate(rates_bps)
    )


def in_flight(received_bytes: int, now_s: float, **fields: Any) -> Progress:
    values: dict[str, Any] = {
        "rung": 2,
        "total_bytes": 1_000_000,
        "requested_at_s": 30.0,
        "first_byte_at_s": 30.05,
        "buffer_s": 8.0,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "sizes_bytes": (250_000, 500_000, 1_000_000),
    }
    return Progress(now_s=now_s, received_bytes=received_bytes, **{**values, **fields})


def test_a_chunk_that_stands_still_is_given_up_and_one_that_comes_is_not() -> None:
    rule = Evenflow()
    assert rule.abandon(in_flight(10_000, 34.0)) is None, "nothing is planned yet"
    rule.decide(Observation(30.0, 12, 2.0, LADDER, 12.0, 30.0, 2, samples(*(6e6,) * 12)))
    assert rule.abandon(in_flight(10_000, 30.3)) is None, "too early to tell"
    assert rule.abandon(in_flight(600_000, 31.0)) is None
    given_up = rule.abandon(in_flight(40_000, 35.0, buffer_s=3.0))
    assert given_up is not None
    assert (given_up.rung, given_up.reason.code) == (0, ReasonCode.ABANDONED)
    assert "given up for 360p" in given_up.reason.text
    assert rule.abandon(in_flight(40_000, 35.0, rung=0, buffer_s=3.0)) is None


def test_giving_up_is_reckoned_as_the_choice_was() -> None:
    bank = Bank()
    bank.update(samples(*(5e6, 4e6) * 6), 2.0)
    law = bank.law(2.0)
    sizes = np.array([[250_000.0, 500_000.0, 1_000_000.0]] * 4)
    worths = np.array([[1.0, 2.0, 4.0]] * 4)
    task = Task(sizes, worths, sizes[0], worths[0], 4.0, 1.0, 0.0, 2.0, 1, 9.0, 0.05, 40, False)
    planner = Planner(2.0, 30.0, 3, Fineness())
    asked = planner.values(law, task)
    # Nothing has come yet: the lower rungs are worth what they were, the highest a latency more.
    anew = planner.instead(law, sizes[0], 1_000_000.0, 9.0)
    assert anew[:2] == pytest.approx(asked[:2])
    assert asked[2] <= anew[2] <= asked[2] + 0.5
    assert planner.instead(law.after(law.last), sizes[0], 1_000_000.0, 9.0) == pytest.approx(anew)


@pytest.mark.parametrize("name", ["evenflow-commute", "evenflow-train-tunnel"])
def test_nobody_has_to_look_where_the_bound_says_so(name: str) -> None:
    class Watched(Evenflow):
        def never_abandons(self, outlook: Outlook) -> bool:
            return False

    settings = SessionSettings(buffer_cap_s=20.0, abandonment=True)
    quick, slow = (simulate(it, builtin(name), builtin_film(), settings) for it in (Evenflow(), Watched()))
    assert quick == slow
    assert any(chunk.abandoned_rung is not None for chunk in quick.chunks)
