"""Metrics and scores of a batch: equal to those of `abr.qoe`; the scores without a record for every chunk."""

from __future__ import annotations

from itertools import pairwise
from math import fsum

from abr.qoe.score import Film, qoe
from abr.qoe.session import SessionMetrics, session_metrics
from abr.simulate.batch.result import BatchResult


def batch_metrics(result: BatchResult) -> list[SessionMetrics]:
    """The metrics of every session, in order: one definition, whoever simulated."""
    return [session_metrics(result.session(i)) for i in range(len(result))]


def batch_scores(result: BatchResult, name: str) -> list[float]:
    """Every session's score per chunk, in order. ScoreError: the score is not there, or not defined for this film."""
    film, measure = Film.of(result.video), qoe(name)
    rows = zip(result.rungs, _stall_sums_s(result), result.startup_s, strict=True)
    return [measure.score(film, rungs.tolist(), stall_s, float(startup_s)) for rungs, stall_s, startup_s in rows]


def _stall_sums_s(result: BatchResult) -> list[float]:
    """Each session's stall time, summed as `session_metrics` sums it."""
    spans_s, ends = result.stalls.duration_s.tolist(), result.stall_from.tolist()
    return [fsum(spans_s[start:end]) for start, end in pairwise(ends)]
