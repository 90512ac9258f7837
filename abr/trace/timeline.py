"""From rows with a clock to steps: what a row's rate stands for, gaps, and a clock that starts late or stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from abr.trace.model import Step
from abr.trace.source import LONG_GAP_S, RowRule, Source


@dataclass(frozen=True, slots=True)
class Row:
    """One sample: its line, its instant, its rate and, where the recording has it, its latency."""

    line: int
    at_s: float
    rate_bps: float
    latency_s: float = 0.0


def steps_of(source: Source, rows: Sequence[Row], usual: RowRule) -> list[Step]:
    """Steps between the rows' instants; the first instant becomes 0.

    `until`: a row's rate held from the row before up to its own time, so the first row's is never used. `from`: it
    holds up to the next row's time, the last row's for the median span. TraceError: the clock goes back, with the line.
    """
    if len(rows) < 2:
        raise source.error("needs at least two rows of numbers")
    _check_clock(source, rows)
    rule = source.options.rows or usual
    source.note(f"a row's rate holds {'until its time' if rule == 'until' else 'from its time on'}")
    longest_s = max(LONG_GAP_S, 2 * (rows[-1].at_s - rows[0].at_s) / (len(rows) - 1))
    steps = []
    for before, row in pairwise(rows):
        span_s, held = row.at_s - before.at_s, row if rule == "until" else before
        if span_s > longest_s:
            steps.append(source.gap(span_s, before.rate_bps, row.line))
        else:
            steps.append(Step(span_s, held.rate_bps, held.latency_s))
    if rule == "from":
        spans_s = [step.duration_s for step in steps if step.duration_s > 0]
        steps.append(Step(median(spans_s or [0.0]), rows[-1].rate_bps, rows[-1].latency_s))
    return steps


def _check_clock(source: Source, rows: Sequence[Row]) -> None:
    repeated = 0
    for before, row in pairwise(rows):
        if row.at_s < before.at_s:
            problem = f"the clock goes back from {before.at_s:g} to {row.at_s:g} s; cut the file there"
            raise source.error(problem, row.line)
        repeated += row.at_s == before.at_s
    if rows[0].at_s > 0:
        source.note("the first time is shifted to 0")
    if repeated:
        source.note(f"{repeated} repeated times merged")
