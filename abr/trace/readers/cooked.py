"""Pensieve's "cooked" text: time in seconds and rate in Mbit/s, one row a sample.

A row's rate held *until* its time, from the row before: Pensieve's simulator reads it so, and never uses the first
row's rate. A first time above 0 is shifted to 0, repeated times are merged, the loop goes back to the first row.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from abr.trace.model import Step
from abr.trace.readers import oboe
from abr.trace.source import LONG_GAP_S, Source

PLAUSIBLE_MBPS = 3000.0
PLAUSIBLE_PERIOD_S = 60.0


def detect(source: Source) -> bool:
    """Two columns that make sense as seconds and Mbit/s, and not as the pairs of milliseconds of Oboe."""
    try:
        table = source.two_columns()
    except ValueError:
        return False
    if oboe.looks_alike(source):
        return False
    period_s = median(b[1] - a[1] for a, b in pairwise(table))
    return period_s <= PLAUSIBLE_PERIOD_S and max(row[2] for row in table) <= PLAUSIBLE_MBPS


def read(source: Source) -> dict[str, list[Step]]:
    table, scale = source.two_columns(), source.scale("Mbit/s")
    steps = []
    for (_, before_s, held), (line, at_s, rate) in pairwise(table):
        span_s = at_s - before_s
        long = span_s > LONG_GAP_S and span_s > 2 * _usual_period_s(table)
        steps.append(source.gap(span_s, held * scale, line) if long else Step(span_s, rate * scale))
    return {"": steps}


def _usual_period_s(table: list[tuple[int, float, float]]) -> float:
    return (table[-1][1] - table[0][1]) / (len(table) - 1)
