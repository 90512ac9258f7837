"""Whole sessions: RobustMPC against a second, plain implementation, and what planning gains on recordings."""

from __future__ import annotations

import os
from itertools import product
from math import fsum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abr import controller
from abr.model import Decision, Observation, Reason, ReasonCode
from abr.qoe import score
from abr.simulate import SessionSettings, simulate
from abr.trace import Trace, builtin, builtin_names
from abr.trace.read import expand, read_traces
from abr.video import builtin_film

PLANS = {chunks: np.array(list(product(range(6), repeat=chunks))) for chunks in range(1, 6)}


class EnumeratingRobustMpc:
    """The definition, without memory and without a short cut: all plans, all samples, again for every chunk."""

    name = "robust-mpc"

    def decide(self, observation: Observation) -> Decision:
        if not observation.samples:
            return self._answer(0)
        rates = [8.0 * it.size_bytes / (it.finished_at_s - it.requested_at_s) for it in observation.samples]
        errors = [abs(mean(rates[:k]) - rates[k]) / rates[k] for k in range(1, len(rates))][-5:]
        expected_bps = mean(rates) / (1.0 + max(errors, default=0.0))
        return self._answer(self._best(observation, expected_bps))

    def _best(self, observation: Observation, expected_bps: float) -> int:
        plans = PLANS[min(5, observation.chunks_left or 5)]
        worth = np.array(observation.ladder.bitrates_bps) // 1000 * 1_000_000
        value, level = np.zeros(len(plans), dtype=np.int64), round(observation.buffer_s * 1e6)
        before: Any = worth[observation.previous_rung]
        for k, sizes in enumerate(observation.sizes_bytes[: plans.shape[1]]):
            own, taken = worth[plans[:, k]], np.round(np.array(sizes) * (8e6 / expected_bps)).astype(np.int64)
            stall = np.maximum(taken[plans[:, k]] - level, 0)
            value += own - abs(own - before) - int(worth[-1]) // 1_000_000 * stall
            level = np.maximum(level - taken[plans[:, k]], 0) + round(observation.chunk_duration_s * 1e6)
            level = np.minimum(level, round((observation.buffer_cap_s - observation.chunk_duration_s) * 1e6))
            before = own
        return int(plans[value.argmax(), 0])

    def _answer(self, rung: int) -> Decision:
        return Decision(rung, Reason(ReasonCode.PLAN, "the best of all plans"))


def mean(rates: list[float]) -> float:
    last = rates[-5:]
    return len(last) / fsum(1.0 / it for it in last)


def recordings(family: str, count: int) -> list[Trace]:
    """Some recordings of a family, evenly picked; skips where there are none on this machine."""
    folder = os.environ.get("EVENFLOW_TRACES")
    if not folder:
        pytest.skip("EVENFLOW_TRACES names no folder of recordings")
    if not (Path(folder) / family).is_dir():
        pytest.skip(f"EVENFLOW_TRACES holds no {family}")
    files = expand([str(Path(folder) / family)])
    return [read_traces(file)[0] for file in files[:: max(1, len(files) // count)][:count]]


def same_rungs(trace: Trace, settings: SessionSettings) -> None:
    film = builtin_film()
    ours, plain = (
        simulate(it, trace, film, settings) for it in (controller.create("robust-mpc"), EnumeratingRobustMpc())
    )
    assert [chunk.rung for chunk in ours.chunks] == [chunk.rung for chunk in plain.chunks]


@pytest.mark.parametrize("cap_s", [6.0, 30.0])
@pytest.mark.parametrize("name", builtin_names())
def test_a_session_is_the_one_that_enumeration_plays(name: str, cap_s: float) -> None:
    same_rungs(builtin(name), SessionSettings(buffer_cap_s=cap_s))


@pytest.mark.parametrize("family", ["3g-hsdpa-norway-sabre", "fcc-sabre-sd", "wifi-greenlv-lumos", "mahimahi-cellular"])
def test_a_session_on_a_recording_is_the_one_that_enumeration_plays(family: str) -> None:
    for trace in recordings(family, 3):
        same_rungs(trace, SessionSettings())


@pytest.mark.parametrize("family", ["fcc-sabre-sd", "fcc-sabre-hd", "wifi-greenlv-lumos", "4g-greenlv-lumos"])
@pytest.mark.parametrize("name", ["mpc", "robust-mpc", "soda", "fugu"])
def test_on_broadband_recordings_planning_scores_above_the_measured_rate_alone(name: str, family: str) -> None:
    film, traces = builtin_film(), recordings(family, 10)
    scores = [
        fsum(score(simulate(controller.create(it), trace, film), "lin") for trace in traces)
        for it in (name, "throughput")
    ]
    assert scores[0] > 1.05 * scores[1]
