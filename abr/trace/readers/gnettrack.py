"""G-NetTrack Pro logs (the Irish 4G and 5G sets of UCC): a row a second, `DL_bitrate` and `UL_bitrate` in kbit/s.

`State` D says that a transfer ran, I that nothing was asked for: only the former count, or as --idle says. The clock
has whole seconds; rows of one second are averaged. Latency is `PINGAVG` in ms where a row has it, the last one
measured where it has not. Source: Raca et al., "Beyond throughput, the next generation", MMSys 2020 (the data set).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import fsum
from statistics import median

from abr.trace.instants import gnettrack_instant
from abr.trace.model import Step
from abr.trace.source import LONG_GAP_S, Source, is_number

RATES = {"down": "DL_bitrate", "up": "UL_bitrate"}


@dataclass(frozen=True, slots=True)
class _Second:
    """What the log says about one instant. `busy` when a transfer ran."""

    line: int
    at_s: float
    rate_bps: float
    latency_s: float
    busy: bool


def detect(source: Source) -> bool:
    """A header with a time stamp and both rates."""
    names = source.header()[1]
    return "Timestamp" in names and all(rate in names for rate in RATES.values())


def read(source: Source) -> dict[str, list[Step]]:
    seconds = list(_seconds(source))
    if len(seconds) < 2:
        raise source.error("needs rows of at least two seconds")
    usual_s = median(after.at_s - it.at_s for it, after in pairwise(seconds))
    idle, steps, last_bps = source.options.idle, [], 0.0
    for index, it in enumerate(seconds):
        after = seconds[index + 1] if index + 1 < len(seconds) else None
        span_s = after.at_s - it.at_s if after else usual_s
        if it.busy or idle == "keep":
            last_bps = it.rate_bps
            long = after is not None and span_s > max(LONG_GAP_S, 2 * usual_s)
            steps.append(Step(usual_s if long else span_s, it.rate_bps, it.latency_s))
            if after is not None and long:
                steps.append(source.gap(span_s - usual_s, it.rate_bps, after.line))
        elif idle == "hold":
            steps.append(Step(span_s, last_bps, it.latency_s))
    if not steps:
        raise source.error("holds no row with State D, a running transfer; --idle keep takes every row")
    return {"": steps}


def _seconds(source: Source) -> Iterator[_Second]:
    """The rows of each instant as one; the clock must not go back."""
    before_s, latency_s, repeated = None, 0.0, 0
    for at_s, group in groupby(_rows(source), key=lambda row: row.at_s):
        rows = list(group)
        if before_s is not None and at_s < before_s:
            raise source.error("the clock goes back; cut the file there", rows[0].line)
        before_s, repeated = at_s, repeated + len(rows) - 1
        running = [row for row in rows if row.busy]
        counted = rows if source.options.idle == "keep" else running or rows
        measured = [row.latency_s for row in rows if row.latency_s > 0]
        latency_s = fsum(measured) / len(measured) if measured else latency_s
        rate_bps = fsum(row.rate_bps for row in counted) / len(counted)
        yield _Second(rows[0].line, at_s, rate_bps, latency_s, bool(running))
    if repeated:
        source.note(f"{repeated} rows of a repeated second averaged")


def _rows(source: Source) -> Iterator[_Second]:
    names = source.header()[1]
    wanted = RATES[source.options.direction]
    if "Timestamp" not in names or wanted not in names:
        raise source.error(f"needs the columns Timestamp and {wanted}", 1)
    time_at, rate_at = names.index("Timestamp"), names.index(wanted)
    state_at = names.index("State") if "State" in names else None
    ping_at = names.index("PINGAVG") if "PINGAVG" in names else None
    scale = source.scale("kbit/s")
    for line, cells in source.records():
        at_s = gnettrack_instant(cells[time_at])
        if at_s is None:
            raise source.error(f"{cells[time_at][:40]!r} is no time like 2020.02.14_09.38.22", line)
        ping = cells[ping_at] if ping_at is not None else "-"
        latency_s = source.number(ping, line) / 1e3 if is_number(ping) else 0.0
        busy = state_at is None or cells[state_at].strip() == "D"
        yield _Second(line, at_s, source.number(cells[rate_at], line) * scale, latency_s, busy)
