"""What it means that a batch and the single simulator agree: every number of every session, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from abr import controller
from abr.simulate import SessionResult, SessionSettings, simulate
from abr.simulate.batch import BatchResult, simulate_batch
from abr.trace.model import Trace
from abr.video import VideoTable


def assert_twins(
    name: str, traces: Sequence[Trace], video: VideoTable, settings: SessionSettings | None = None
) -> BatchResult:
    """A batch, each of its sessions held against the same one simulated alone."""
    settings = settings or SessionSettings()
    batch = simulate_batch(name, traces, video, settings)
    for i, trace in enumerate(traces):
        assert_same(batch, i, simulate(controller.create(name), trace, video, settings))
    return batch


def assert_same(batch: BatchResult, session: int, alone: SessionResult) -> None:
    """One session of a batch against the one simulated alone; of the rungs the first that differs is told."""
    got = batch.session(session)
    where = f"{batch.controller} over {alone.trace}, {alone.video}"
    pairs = enumerate(zip(got.chunks, alone.chunks, strict=True))
    wrong = [(k, mine.rung, right.rung) for k, (mine, right) in pairs if mine.rung != right.rung][:1]
    assert wrong == [], f"{where}: chunk, rung in the batch, rung alone"
    assert _numbers(got) == _numbers(alone), where
    assert batch.stall_count[session] == len(alone.stalls), where
    running_s = [0.0, *accumulate(stall.duration_s for stall in alone.stalls)]
    assert batch.stall_total_s[session] == running_s[-1], where


def _numbers(it: SessionResult) -> list[Any]:
    chunks = [
        (
            *(chunk.index, chunk.rung, chunk.bitrate_bps, chunk.size_bytes),
            *(chunk.requested_at_s, chunk.first_byte_at_s, chunk.finished_at_s),
            *(chunk.buffer_s, chunk.waited_s, chunk.stall_s, chunk.estimate_bps),
        )
        for chunk in it.chunks
    ]
    return [it.trace, it.video, it.startup_s, it.ended_at_s, it.stalls, it.wasted_bytes, it.seek_s, *chunks]
