"""One format a file: `detect(source)` by content, `read(source)` into steps, by profile name ("" when there is one)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from abr.trace.model import Step
from abr.trace.readers import cooked, greenlv, mahimahi, nustreaming, oboe, sabre
from abr.trace.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """A reader, and what it takes for granted."""

    detect: Callable[[Source], bool]
    read: Callable[[Source], dict[str, list[Step]]]
    unit: str
    takes_unit: bool
    note: str = ""


FORMATS = {
    "sabre": Format(sabre.detect, sabre.read, "kbit/s", takes_unit=False),
    "greenlv": Format(
        greenlv.detect, greenlv.read, "kbit/s", takes_unit=True, note="busy time only: the log has no idle time"
    ),
    "nustreaming": Format(nustreaming.detect, nustreaming.read, "kbit/s", takes_unit=True),
    "mahimahi": Format(mahimahi.detect, mahimahi.read, "packets", takes_unit=False, note="packets in 100 ms bins"),
    "cooked": Format(cooked.detect, cooked.read, "Mbit/s", takes_unit=True, note="a row's rate holds until its time"),
    "oboe": Format(oboe.detect, oboe.read, "kbit/s", takes_unit=True, note="idle time between downloads interpolated"),
}
"""Every known format, in the order in which they are asked."""

__all__ = ["FORMATS", "Format", "oboe"]
