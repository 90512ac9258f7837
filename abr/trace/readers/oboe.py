"""Oboe's Conviva sessions: milliseconds and kbit/s, lines in pairs that are the start and end of one download.

Between the pairs the player was idle; there the mean of both neighbours is taken (the authors suggest a straight line,
whose mean that is). Two bare columns do not say their unit, so this reader is only taken when asked for by name.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from abr.trace.model import Step
from abr.trace.source import LONG_GAP_S, Source

SHORTEST_DOWNLOAD_MS = 20.0


def detect(source: Source) -> bool:
    """Never by itself: the text does not say its unit."""
    return False


def looks_alike(source: Source) -> bool:
    """Pairs of lines with one value each: worth naming in the question."""
    try:
        table = source.two_columns()
    except ValueError:
        return False
    pairs = list(zip(table[::2], table[1::2], strict=False))
    # A download takes some hundred milliseconds; a recording by the second seldom has rows that far apart.
    lasting = median(end[1] - start[1] for start, end in pairs) >= SHORTEST_DOWNLOAD_MS
    return lasting and len(table) % 2 == 0 and all(start[2] == end[2] for start, end in pairs)


def read(source: Source) -> dict[str, list[Step]]:
    table, scale = source.two_columns(), source.scale("kbit/s")
    if len(table) % 2:
        raise source.error("has an odd number of rows; Oboe's come in pairs of start and end", table[-1][0])
    for (_, _, first), (line, _, second) in zip(table[::2], table[1::2], strict=True):
        if first != second:
            raise source.error(f"this pair holds two rates, {first:g} and {second:g}; Oboe's hold one", line)
    steps = []
    for index, ((_, before_ms, held), (line, at_ms, rate)) in enumerate(pairwise(table)):
        span_s = (at_ms - before_ms) / 1e3
        idle = index % 2 == 1
        long = idle and span_s > LONG_GAP_S
        between = (held + rate) / 2 * scale
        steps.append(source.gap(span_s, between, line) if long else Step(span_s, between))
    return {"": steps}
