"""CMCD logs (CTA-5004): the throughput that players told their servers, one profile a session.

A line holds a time and CMCD's keys: as a query (`?CMCD=mtp%3D25400%2C...`, also inside an access log's line), as header
lines (`CMCD-Request: mtp=25400,...`), or as JSON of either. `mtp` is the throughput that the client measured, in
kbit/s, rounded to 100 by the standard; it holds until the session's next line. `sid` tells sessions apart. Nothing
else of a line is kept. `bl`, `dl` and `d` are ms, `br` and `tb` kbit/s: states of the player, not of the link.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from abr.trace.instants import access_log_instant, epoch_instant, iso_instant
from abr.trace.model import Step
from abr.trace.source import Source, json_number
from abr.trace.timeline import Row, steps_of

QUERY = re.compile(r"[?&]?CMCD=([^&\s\"]{1,4000})")
HEADER = re.compile(r"CMCD-(?:Request|Object|Session|Status)[\"']?\s*[:=]\s*[\"']?([^\s].{0,4000})", re.IGNORECASE)
MTP = re.compile(r"(?:^|[,\s;?&])mtp=(\d{1,12})(?![\d.])", re.ASCII)
SID = re.compile(r"(?:^|[,\s;?&])sid=\\?\"([^\"\\]{1,64})", re.ASCII)
TIME_FIELDS = ("ts", "timestamp", "time", "@timestamp", "date")
LEADING_NUMBER = re.compile(r"^\D{0,2}(\d{9,20}(?:\.\d{1,12})?)\b", re.ASCII)


def detect(source: Source) -> bool:
    """CMCD's name and its throughput in one of the first lines, or JSON lines with `mtp`."""
    return any(
        ("cmcd" in text.lower() or text.startswith("{")) and re.search(r"\bmtp\b|mtp%3D", text)
        for _, text in islice(source.rows(), 200)
    )


def read(source: Source) -> dict[str, list[Step]]:
    sessions: dict[str, list[Row]] = {}
    silent = 0
    for line, text in source.rows():
        found = _line(source, line, text)
        if found is None:
            silent += 1
        else:
            sessions.setdefault(found[0], []).append(found[1])
    if silent:
        source.note(f"{silent} lines without mtp left out")
    long_enough = {name: rows for name, rows in sessions.items() if len(rows) > 1}
    if not long_enough:
        raise source.error("holds no session with two lines that have mtp and a time")
    if len(long_enough) < len(sessions):
        source.note(f"{len(sessions) - len(long_enough)} sessions of one line left out")
    source.note("mtp is what the players measured, rounded to 100 kbit/s")
    if len(long_enough) == 1:
        return {"": steps_of(source, next(iter(long_enough.values())), "from")}
    return {_label(name, i): steps_of(source, rows, "from") for i, (name, rows) in enumerate(long_enough.items(), 1)}


def _label(session: str, number: int) -> str:
    """A session's id as a profile's name; the number keeps two apart that look alike."""
    clean = "".join(mark for mark in session if mark.isalnum() or mark in "-_")[:40]
    return f"{number}-{clean}" if clean else str(number)


def _line(source: Source, line: int, text: str) -> tuple[str, Row] | None:
    """Session and row; None for a line that measured nothing."""
    fields = _object(text)
    said = _flat(fields) if fields is not None else text
    keys = ",".join([*map(unquote_plus, QUERY.findall(said)), *HEADER.findall(said)])
    keys = keys or unquote_plus(said)
    throughput = MTP.search(keys)
    rate = json_number(fields.get("mtp")) if fields is not None else None
    if rate is None and throughput is None:
        return None
    at_s = _instant(text, fields)
    if at_s is None:
        problem = "has mtp and no time; a line needs a date and time (ISO 8601, an access log's, or seconds since 1970)"
        raise source.error(problem, line)
    session = SID.search(keys)
    name = str(fields["sid"]) if fields is not None and "sid" in fields else session[1] if session else ""
    kbps = rate if rate is not None else float(throughput[1]) if throughput else 0.0
    return name, Row(line, at_s, kbps * 1e3)


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _flat(fields: dict[str, Any]) -> str:
    """A JSON line's strings as header lines; one level of nesting, as loggers write headers."""
    parts = []
    for name, value in fields.items():
        inside = value if isinstance(value, dict) else {name: value}
        parts += [f"{key}: {content}" for key, content in inside.items() if isinstance(content, str)]
    return "\n".join(parts)


def _instant(text: str, fields: dict[str, Any] | None) -> float | None:
    for name in TIME_FIELDS if fields is not None else ():
        value = str(fields.get(name, "")) if fields is not None else ""
        at_s = iso_instant(value) or access_log_instant(value) or epoch_instant(value)
        if at_s is not None:
            return at_s
    leading = LEADING_NUMBER.match(text)
    return iso_instant(text) or access_log_instant(text) or (epoch_instant(leading[1]) if leading else None)
