"""One format a file: `detect(source)` by content, `read(source)` into steps, by profile name ("" when there is one)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from abr.trace.model import Step
from abr.trace.readers import (
    cmcd,
    cooked,
    gnettrack,
    greenlv,
    har,
    hsdpa,
    iperf3,
    mahimahi,
    named,
    nustreaming,
    oboe,
    profile,
    puffer,
    report,
    sabre,
)
from abr.trace.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """A reader and what it takes for granted: `unit` of the rates, and how the recording loops.

    `takes_unit`: another unit can be told. `assumed`: the text says no unit; `unit` is what the format's authors use.
    """

    detect: Callable[[Source], bool]
    read: Callable[[Source], dict[str, list[Step]]]
    unit: str
    takes_unit: bool
    note: str
    assumed: bool = False


def _format(reader: ModuleType, unit: str, note: str, *, takes_unit: bool = False, assumed: bool = False) -> Format:
    return Format(reader.detect, reader.read, unit, takes_unit, note, assumed)


BUSY = "busy time of downloads; what an application got, which may be less than the link had"
FORMATS = {
    "sabre": _format(sabre, "kbit/s", "steps with durations; loops to the first"),
    "har": _format(har, "bytes", f"{BUSY}; loops to the first answer"),
    "report": _format(report, "bytes", f"{BUSY}; loops to the first chunk"),
    "iperf3": _format(iperf3, "bytes", "reporting intervals; loops to the first"),
    "profile": _format(profile, "as its field says", "a shaped link, not a recording"),
    "nustreaming": _format(nustreaming, "kbit/s", "steps with durations; loops to the first", takes_unit=True),
    "gnettrack": _format(gnettrack, "kbit/s", "a row a second; loops to the first", takes_unit=True),
    "puffer": _format(puffer, "bytes/s", "loops to a session's first chunk"),
    "greenlv": _format(
        greenlv, "kbit/s", "busy time only: the log has no idle time; loops to the first row", takes_unit=True
    ),
    "csv": _format(named, "as its header says", "loops to the first row", takes_unit=True),
    "cmcd": _format(cmcd, "kbit/s", "what players reported; loops to a session's first line"),
    "mahimahi": _format(mahimahi, "packets", "packets in 100 ms bins; loops at the last line"),
    "hsdpa": _format(hsdpa, "bytes", "a row's bytes came in its last milliseconds; loops to the first row"),
    "cooked": _format(cooked, "Mbit/s", "loops to the first row at 0 s", takes_unit=True, assumed=True),
    "oboe": _format(
        oboe, "kbit/s", "idle time between downloads interpolated; loops to the first row", takes_unit=True
    ),
}
"""Every known format, in the order in which they are asked: those that name themselves first."""

__all__ = ["FORMATS", "Format", "oboe"]
