"""GreenLv/Lumos CSV: a row per downloaded chunk, with `app_throughput` (kbit/s) and `delivery_time` (s).

The log has no clock: it is replayed as busy time, one step a row, without the idle time between. (Its README calls
chunk_size kBytes; it is kbit, and is not used here.)
"""

from __future__ import annotations

from abr.trace.model import Step
from abr.trace.source import Source

COLUMNS = ("app_throughput", "delivery_time")


def detect(source: Source) -> bool:
    """A header that names both columns."""
    names = source.header()[1]
    return all(column in names for column in COLUMNS)


def read(source: Source) -> dict[str, list[Step]]:
    names = source.header()[1]
    if any(column not in names for column in COLUMNS):
        raise source.error(f"needs the columns {' and '.join(COLUMNS)}", 1)
    rate_at, time_at = (names.index(column) for column in COLUMNS)
    scale = source.scale("kbit/s")
    return {
        "": [
            Step(source.number(cells[time_at], line), source.number(cells[rate_at], line) * scale)
            for line, cells in source.records()
        ]
    }
