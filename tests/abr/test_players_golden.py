"""The five players' rules against what the originals answered to the same session.

The sequences are the originals' own: their unchanged rules were run over this session of thirty chunks (hls.js 1.7.1's
AbrController, Shaka Player 5.2.7's SimpleAbrManager, androidx/media 1.11.0's AdaptiveTrackSelection with its meter and
SlidingPercentile, dash.js 5.1.1's L2ARule and LoLPRule), with one change in each of the last two: L2ARule's `bitrates`
and LoLpWeightSelector's bit rate in kbit/s, so that their units agree. Running LoLPRule under other random numbers
changed nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr import controller
from abr.model import Ladder, Observation, Rung, ThroughputSample
from abr.simulate import SessionSettings, simulate
from abr.trace.synthetic import markov
from abr.video import builtin_film

PLAYERS = ("hlsjs", "l2a", "lolp", "media3", "shaka")
LADDER = Ladder(tuple(Rung(kbps * 1000) for kbps in (300, 750, 1200, 1850, 2850, 4300)))

# Rate of chunk k's transfer in kbit/s, and the seconds buffered when chunk k is asked for.
RATES = [900, 4000, 6000, 6000, 2500, 1500, 1500, 700, 700, 400, 1200, 3000, 3000, 8000, 8000]
RATES += [8000, 5000, 1800, 2600, 2600, 500, 200, 900, 4400, 4400, 4700, 7000, 7000, 1100, 3300]
BUFFERS = [0, 2, 4, 6, 8.5, 11, 13, 14, 13, 11, 10, 12, 14, 16, 20]
BUFFERS += [24, 25, 26, 27, 24, 18, 9, 3, 1, 2.5, 4, 8, 12, 15, 9.5]

GOLDEN = {
    "hlsjs": "002344433222223334444331233333",
    "shaka": "111114444222233334444333333334",
    "media3": "000004221111135555522222222555",
    "l2a": "012342221001234444122000123451",
    "lolp": "013444332211233444444321334444",
}


def ask(rule: controller.Controller, ladder: Ladder = LADDER, cap: int | None = None) -> list[int]:
    """The rungs chosen in the session: a request every 2 s, 60 ms to the first byte, 1.2 s of transfer."""
    samples: tuple[ThroughputSample, ...] = ()
    chosen: list[int] = []
    for index, (kbps, buffer_s) in enumerate(zip(RATES, BUFFERS, strict=True)):
        now_s, previous = 2.0 * index, chosen[-1] if chosen else None
        seen = Observation(
            now_s, index, 2.0, ladder, buffer_s, 60.0, previous, samples, playing=buffer_s > 0, rung_cap=cap
        )
        chosen.append(rule.decide(seen).rung)
        samples = (*samples[-7:], ThroughputSample(kbps * 150, now_s, now_s + 0.06, now_s + 1.26))
    return chosen


@pytest.mark.parametrize("name", PLAYERS)
def test_a_rule_chooses_what_its_original_chooses(name: str) -> None:
    assert "".join(map(str, ask(controller.create(name)))) == GOLDEN[name]


@pytest.mark.parametrize("name", PLAYERS)
def test_a_rule_keeps_to_a_cap_from_the_first_chunk_to_the_last(name: str) -> None:
    chosen = ask(controller.create(name), cap=2)
    assert max(chosen) == 2


@pytest.mark.parametrize("name", PLAYERS)
@settings(max_examples=25)
@given(st.lists(st.integers(1, 10**5), min_size=1, max_size=9, unique=True), st.integers(0, 2**32))
def test_two_sessions_alike_are_chosen_alike(name: str, rates: list[int], seed: int) -> None:
    ladder, rng = Ladder(tuple(Rung(rate * 1000) for rate in sorted(rates))), Random(seed)
    samples: tuple[ThroughputSample, ...] = ()
    rules = (controller.create(name), controller.create(name))
    previous: int | None = None
    at_s = 0.0
    for index in range(20):
        seen = Observation(at_s, index, 2.0, ladder, rng.uniform(0, 30), 30.0, previous, samples)
        first, second = (rule.decide(seen) for rule in rules)
        assert first == second
        assert 0 <= first.rung <= ladder.top
        previous = first.rung
        size, wait_s, span_s = (
            rng.choice([0, 1, 10**4, 10**6]),
            rng.choice([0.0, 0.1, 3.0]),
            rng.choice([0.0, 0.5, 9.0]),
        )
        samples = (*samples[-5:], ThroughputSample(size, at_s, at_s + wait_s, at_s + wait_s + span_s))
        at_s += wait_s + span_s


PROGRAM = """
from abr import controller
from abr.simulate import SessionSettings, simulate
from abr.trace import builtin, builtin_names
from abr.video import builtin_film

film, settings = builtin_film(), SessionSettings(abandonment=True)
for trace in builtin_names():
    for name in ("hlsjs", "l2a", "lolp", "media3", "shaka"):
        result = simulate(controller.create(name), builtin(trace), film, settings)
        print(name, [chunk.rung for chunk in result.chunks], result.ended_at_s)
"""


def test_the_seed_of_pythons_hashes_changes_nothing() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert told[0].count("\n") == 15


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("seed", range(4))
def test_on_a_good_link_a_rule_comes_to_the_upper_rungs_and_hardly_stalls(name: str, seed: int) -> None:
    # 3 to 9 Mbit/s all through the film.
    trace = markov([9e6, 6e6, 3e6], 20.0, 400.0, Random(seed))
    result = simulate(controller.create(name), trace, builtin_film(), SessionSettings(abandonment=True))
    rungs = [chunk.rung for chunk in result.chunks]
    assert sum(rungs[20:]) / len(rungs[20:]) > 2.5
    assert sum(stall.duration_s for stall in result.stalls) < 6.0
