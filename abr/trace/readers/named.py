"""CSV with named columns: `time_s,rate_kbps`, `duration_s;throughput (Mbit/s);latency_ms` and their like.

Units are read from the names (abr/trace/columns.py). A rate or a time whose name says no unit is refused with the
question to answer; --unit answers for the rate. With a duration column a row lasts that long; with a time column a
row's rate holds from its time on, unless --rows until. Times may also be ISO 8601 dates.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr.trace.columns import Column, column
from abr.trace.instants import iso_instant
from abr.trace.model import Step
from abr.trace.source import Source, is_number
from abr.trace.timeline import Row, steps_of
from abr.trace.units import bits_per

MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where what stands; -1 for what is not there."""

    columns: tuple[Column, ...]
    rate: int
    time: int
    duration: int
    latency: int


def detect(source: Source) -> bool:
    """A header with a rate and a time, of which something is said beyond what two bare words say."""
    names = source.header()[1]
    layout = _layout(source, names)
    if layout is None:
        return False
    used = (layout.columns[index] for index in (layout.rate, layout.time, layout.duration) if index >= 0)
    return any(it.rate_unit or it.seconds for it in used) or len(names) > 2


def read(source: Source) -> dict[str, list[Step]]:
    layout = _layout(source, source.header()[1])
    if layout is None:
        raise source.error("its header names no rate beside a time or duration, as in time_s,rate_kbps", 1)
    scale, latency_s = _rate_scale(source, layout), _latency_scale(source, layout)
    if layout.duration >= 0:
        return {"": _by_duration(source, layout, scale, latency_s)}
    rows = []
    for line, cells in source.records():
        rate_bps = source.number(cells[layout.rate], line) * scale
        latency = source.number(cells[layout.latency], line) * latency_s if layout.latency >= 0 else 0.0
        rows.append(Row(line, _at(source, layout, cells, line), rate_bps, latency))
    return {"": steps_of(source, rows, "from")}


def _by_duration(source: Source, layout: _Layout, scale: float, latency_s: float) -> list[Step]:
    seconds = layout.columns[layout.duration].seconds
    if seconds is None:
        raise source.error(_question(layout.columns[layout.duration].name, "duration_s or duration_ms"), 1)
    steps = []
    for line, cells in source.records():
        latency = source.number(cells[layout.latency], line) * latency_s if layout.latency >= 0 else 0.0
        duration_s = source.number(cells[layout.duration], line) * seconds
        steps.append(Step(duration_s, source.number(cells[layout.rate], line) * scale, latency))
    source.note("a row lasts as long as its duration says")
    return steps


def _at(source: Source, layout: _Layout, cells: list[str], line: int) -> float:
    cell, it = cells[layout.time].strip(), layout.columns[layout.time]
    if is_number(cell):
        if it.seconds is None:
            raise source.error(_question(it.name, "time_s or time_ms"), 1)
        return source.number(cell, line) * it.seconds
    at_s = iso_instant(cell)
    if at_s is None:
        raise source.error(f"{cell[:40]!r} is neither a number nor an ISO 8601 date and time", line)
    return at_s


def _rate_scale(source: Source, layout: _Layout) -> float:
    it, told = layout.columns[layout.rate], source.options.unit
    if it.rate_unit and told and it.rate_unit != told:
        raise source.error(f"the column {it.name!r} says its own unit, {it.rate_unit}; leave --unit away", 1)
    unit = it.rate_unit or told
    if unit is None:
        raise source.error(f"does not say its unit. Is {it.name!r} in kbit/s, Mbit/s, MByte/s (add --unit)?", 1)
    source.note(f"rate from the column {it.name!r}, {unit}")
    return bits_per(unit)


def _latency_scale(source: Source, layout: _Layout) -> float:
    if layout.latency < 0:
        return 0.0
    it = layout.columns[layout.latency]
    if it.seconds is None:
        raise source.error(_question(it.name, "latency_ms or latency_s"), 1)
    return it.seconds


def _question(name: str, better: str) -> str:
    return f"does not say its unit. Is {name[:40]!r} in seconds or milliseconds? Rename the column, as {better}"


def _layout(source: Source, names: list[str]) -> _Layout | None:
    if not 2 <= len(names) <= MOST_COLUMNS or any(map(is_number, names)):
        return None
    columns = tuple(map(column, names))
    rates = [index for index, it in enumerate(columns) if it.role == "rate"]
    wanted_up = source.options.direction == "up"
    rates = [index for index in rates if columns[index].upwards == wanted_up] or rates
    places = {
        role: next((index for index, it in enumerate(columns) if it.role == role), -1)
        for role in ("time", "duration", "latency")
    }
    if not rates or (places["time"] < 0 and places["duration"] < 0):
        return None
    # Of several rates the one that says its unit.
    rate = next((index for index in rates if columns[index].rate_unit), rates[0])
    return _Layout(columns, rate, places["time"], places["duration"], places["latency"])
