"""Raw logs of the HSDPA (Riiser, Oslo) and Belgian 4G (van der Hooft, Ghent) sets: six columns, no header.

`unix_s  ms_since_start  latitude  longitude  bytes  ms_in_row`: the bytes arrived in the row's last `ms_in_row`
milliseconds, so the rate is 8 * bytes / ms_in_row kbit/s. Source: the data sets' own notes (MMSys 2013; IEEE
Communications Letters 2016).
"""

from __future__ import annotations

from itertools import islice

from abr.trace.model import Step
from abr.trace.source import LONG_GAP_S, Source, is_number

COLUMNS = 6
EARLIEST_UNIX_S = 9e8
"""2001: before it nobody recorded such a log."""


def detect(source: Source) -> bool:
    """Six numbers a row, the first a date of this century, the third and fourth a place on earth."""
    rows = [text.split() for _, text in islice(source.rows(), 20)]
    return bool(rows) and all(
        len(cells) == COLUMNS
        and all(map(is_number, cells))
        and float(cells[0]) > EARLIEST_UNIX_S
        and abs(float(cells[2])) <= 90
        and abs(float(cells[3])) <= 180
        for cells in rows
    )


def read(source: Source) -> dict[str, list[Step]]:
    steps: list[Step] = []
    before_ms = None
    for line, text in source.rows():
        cells = text.split()
        if len(cells) != COLUMNS:
            raise source.error(f"expected {COLUMNS} columns, found {len(cells)}", line)
        at_ms, size_bytes, span_ms = (source.number(cells[index], line) for index in (1, 4, 5))
        if before_ms is not None and at_ms < before_ms:
            raise source.error(f"the clock goes back from {before_ms:g} to {at_ms:g} ms; cut the file there", line)
        missing_s = (at_ms - before_ms - span_ms) / 1e3 if before_ms is not None else 0.0
        if missing_s > LONG_GAP_S and steps:
            steps.append(source.gap(missing_s, steps[-1].rate_bps, line))
        before_ms = at_ms
        if span_ms > 0:
            steps.append(Step(span_ms / 1e3, 8e3 * size_bytes / span_ms))
        else:
            source.note("rows of no length left out")
    return {"": steps}
