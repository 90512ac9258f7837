"""Metrics and scores of a batch: equal to those of `abr.qoe`, without a record for every chunk."""

from __future__ import annotations

from itertools import pairwise
from math import fsum

import numpy as np
from numpy.typing import NDArray

from abr.qoe.score import Film, qoe
from abr.qoe.session import SessionMetrics
from abr.simulate.batch.result import BatchResult


def batch_metrics(result: BatchResult) -> list[SessionMetrics]:
    """The metrics of every session, in order."""
    sessions, chunks = result.rungs.shape
    chunk_s = result.video.chunk_duration_s
    on_rung = _chunks_on_rung(result)
    mean_bitrates_bps = on_rung @ np.array(result.video.ladder.bitrates_bps) / chunks
    mean_rungs = on_rung @ np.arange(on_rung.shape[1]) / chunks
    switches = (result.rungs[:, 1:] != result.rungs[:, :-1]).sum(axis=1)
    fetched = _bytes_fetched(result)
    stalls_s = _stall_sums_s(result)
    return [
        SessionMetrics(
            startup_s=float(result.startup_s[i]),
            stall_count=int(result.stall_count[i]),
            stall_s=stalls_s[i],
            stall_ratio=stalls_s[i] / (stalls_s[i] + chunk_s * chunks),
            mean_bitrate_bps=float(mean_bitrates_bps[i]),
            switches=int(switches[i]),
            mean_rung=float(mean_rungs[i]),
            time_per_rung_s=tuple((on_rung[i] * chunk_s).tolist()),
            bytes_fetched=int(fetched[i]),
            bytes_wasted=0,
        )
        for i in range(sessions)
    ]


def batch_scores(result: BatchResult, name: str) -> list[float]:
    """Every session's score per chunk, in order. ScoreError: the score is not there, or not defined for this film."""
    film, measure = Film.of(result.video), qoe(name)
    rows = zip(result.rungs, _stall_sums_s(result), result.startup_s, strict=True)
    return [measure.score(film, rungs.tolist(), stall_s, float(startup_s)) for rungs, stall_s, startup_s in rows]


def _stall_sums_s(result: BatchResult) -> list[float]:
    """Each session's stall time, summed as `session_metrics` sums it."""
    spans_s, ends = result.stalls.duration_s.tolist(), result.stall_from.tolist()
    return [fsum(spans_s[start:end]) for start, end in pairwise(ends)]


def _chunks_on_rung(result: BatchResult) -> NDArray[np.int64]:
    """[sessions, rungs]: how many chunks each session has at each rung."""
    rungs = range(len(result.video.ladder))
    return np.stack([(result.rungs == rung).sum(axis=1) for rung in rungs], axis=1).astype(np.int64)


def _bytes_fetched(result: BatchResult) -> NDArray[np.int64]:
    """[sessions]: the bytes of the chunks that were chosen."""
    sizes = np.array(result.video.sizes_bytes, np.int64)
    fetched: NDArray[np.int64] = sizes[np.arange(len(sizes)), result.rungs].sum(axis=1)
    return fetched
