"""GreenLv/Lumos CSV: a row per downloaded chunk, with `app_throughput` (kbit/s) and `delivery_time` (s).

The log has no clock: it is replayed as busy time, one step a row, without the idle time between. (Its README calls
chunk_size kBytes; it is kbit, and is not used here.)
"""

from __future__ import annotations

import csv

from abr.trace.model import Step
from abr.trace.source import Source

COLUMNS = ("app_throughput", "delivery_time")


def detect(source: Source) -> bool:
    """A header that names both columns."""
    first = next(source.rows(), (0, ""))[1]
    return all(column in first.split(",") for column in COLUMNS)


def read(source: Source) -> dict[str, list[Step]]:
    rows = csv.reader(source.text.lstrip("\ufeff").splitlines())
    header = [cell.strip() for cell in next(rows, [])]
    if any(column not in header for column in COLUMNS):
        raise source.error(f"needs the columns {' and '.join(COLUMNS)}", 1)
    rate_at, time_at = (header.index(column) for column in COLUMNS)
    scale, steps = source.scale("kbit/s"), []
    for cells in rows:
        if not cells:
            continue
        if len(cells) != len(header):
            raise source.error(f"has {len(cells)} columns, the header {len(header)}", rows.line_num)
        duration_s = source.number(cells[time_at], rows.line_num)
        steps.append(Step(duration_s, source.number(cells[rate_at], rows.line_num) * scale))
    return {"": steps}
