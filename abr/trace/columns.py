"""Column names: what `time_s`, `throughput [Mbit/s]` or `download_kbps` say about role, direction and unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal["time", "duration", "rate", "latency", ""]

SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "millis": 1e-3,
    "millisecond": 1e-3,
    "milliseconds": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "min": 60.0,
    "minutes": 60.0,
}
"""Seconds in one of each, by the name in lower case."""
# A capital B is a byte and a small b a bit wherever both are in use; names whose case decides nothing are below.
EXACT = {
    "bps": "bit/s",
    "Bps": "Byte/s",
    "b/s": "bit/s",
    "B/s": "Byte/s",
    "kbps": "kbit/s",
    "Kbps": "kbit/s",
    "kb/s": "kbit/s",
    "Kb/s": "kbit/s",
    "kBps": "kByte/s",
    "KBps": "kByte/s",
    "kB/s": "kByte/s",
    "KB/s": "kByte/s",
    "mbps": "Mbit/s",
    "Mbps": "Mbit/s",
    "Mb/s": "Mbit/s",
    "MBps": "MByte/s",
    "MB/s": "MByte/s",
    "gbps": "Gbit/s",
    "Gbps": "Gbit/s",
    "Gb/s": "Gbit/s",
}
SPELT_OUT = re.compile(r"^([kmg]?)(bit|byte)s?(?:/s|ps|/sec|/second|_s|_per_s|_per_sec|_per_second| per second)$")
BRACKETS = re.compile(r"^(.*?)\s*[\[(]([^\[\]()]{1,24})[\])]\s*$")

WORDS: dict[str, Role] = {
    **dict.fromkeys(("time", "timestamp", "t", "at", "start", "elapsed", "offset", "when", "date", "datetime"), "time"),
    **dict.fromkeys(("duration", "length", "span", "hold"), "duration"),
    **dict.fromkeys(("latency", "rtt", "ping", "delay"), "latency"),
    **dict.fromkeys(("rate", "throughput", "bandwidth", "bitrate", "goodput", "speed", "capacity", "bw"), "rate"),
    **dict.fromkeys(("download", "downlink", "down", "dl", "upload", "uplink", "up", "ul"), "rate"),
}
UPWARDS = {"upload", "uplink", "up", "ul"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's role ("" when the name says none), direction, and unit: of rate by name, of time in seconds."""

    name: str
    role: Role
    upwards: bool = False
    rate_unit: str | None = None
    seconds: float | None = None


def column(name: str) -> Column:
    """What a header's cell says. A unit that could be read in two ways (`MBPS`) counts as not said."""
    words, unit = _parted(name.strip())
    tokens = [token for token in re.split(r"[^a-z]+", words.lower()) if token]
    roles = [WORDS[token] for token in tokens if token in WORDS]
    role: Role = roles[0] if roles else ""
    if role == "time" and "rate" in roles:  # as in "download time": how long something took
        role = "duration"
    rate_unit, seconds = _rate_unit(unit), SECONDS.get(unit.lower())
    if not tokens and rate_unit:
        role = "rate"
    if not tokens and seconds:
        role = "time"
    upwards = any(token in UPWARDS for token in tokens)
    return Column(name, role, upwards, rate_unit if role == "rate" else None, seconds if role != "rate" else None)


def rate_units(text: str) -> set[str]:
    """Every unit of rate that is named anywhere in `text`."""
    found = (
        _rate_unit(word) for part in re.split(r"[\s,;:()\[\]#]+", text) for word in (part, part.rpartition("_")[2])
    )
    return {unit for unit in found if unit}


def _parted(name: str) -> tuple[str, str]:
    """The words and the unit: what stands in brackets, or the longest end that is one."""
    brackets = BRACKETS.match(name)
    if brackets:
        return brackets[1], brackets[2].strip()
    cuts = [0, *(found.end() for found in re.finditer(r"[_ ]+", name))]
    for cut in cuts:
        end = name[cut:]
        if _rate_unit(end) or end.lower() in SECONDS:
            return name[:cut], end
    return name, ""


def _rate_unit(text: str) -> str | None:
    if text in EXACT:
        return EXACT[text]
    found = SPELT_OUT.match(text.lower())
    if found is None:
        return None
    prefix = found[1] if found[1] in ("", "k") else found[1].upper()
    return f"{prefix}{'bit' if found[2] == 'bit' else 'Byte'}/s"
