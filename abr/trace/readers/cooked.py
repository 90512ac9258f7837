"""Pensieve's "cooked" text: time in seconds and rate in Mbit/s, one row a sample.

A row's rate held *until* its time, from the row before: Pensieve's simulator reads it so, and never uses the first
row's rate. A first time above 0 is shifted to 0, repeated times are merged, the loop goes back to the first row.

The text itself says neither unit. Sets that look the same hold MByte/s (those cooked from Puffer's `delivery_rate`):
read without being told, their rates are an eighth of what they were, so the notes always name the unit taken.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from abr.trace.columns import rate_units
from abr.trace.model import Step
from abr.trace.readers import oboe
from abr.trace.source import Source
from abr.trace.timeline import Row, steps_of

PLAUSIBLE_MBPS = 3000.0
PLAUSIBLE_PERIOD_S = 60.0


def detect(source: Source) -> bool:
    """Two columns that make sense as seconds and Mbit/s, and not as the pairs of milliseconds of Oboe."""
    try:
        table = source.two_columns()
    except ValueError:
        return False
    # What a comment or a header says in words is no Mbit/s by assumption.
    said = rate_units(source.preamble()) - {"Mbit/s"}
    if oboe.looks_alike(source) or (said and source.options.unit is None):
        return False
    period_s = median(b[1] - a[1] for a, b in pairwise(table))
    return period_s <= PLAUSIBLE_PERIOD_S and max(row[2] for row in table) <= PLAUSIBLE_MBPS


def read(source: Source) -> dict[str, list[Step]]:
    table, scale = source.two_columns(), source.scale("Mbit/s")
    return {"": steps_of(source, [Row(line, at_s, rate * scale) for line, at_s, rate in table], "until")}
