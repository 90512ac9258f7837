"""Wall-clock instants as logs write them, in seconds since 1970 (UTC where the text names no zone)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ISO = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
ACCESS_LOG = re.compile(r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\]", re.ASCII)
GNETTRACK = re.compile(r"^(\d{4})\.(\d\d)\.(\d\d)_(\d\d)\.(\d\d)\.(\d\d)$", re.ASCII)
NUMBER = re.compile(r"^\d{1,20}(?:\.\d{1,12})?$", re.ASCII)
# Seconds since 1970 reach 1e11 in the year 5138; from there on a number counts something finer.
FINER = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def iso_instant(text: str) -> float | None:
    """The first ISO 8601 date and time in `text` (RFC 3339, a space for the T allowed); None when there is none."""
    found = ISO.search(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found.group())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def access_log_instant(text: str) -> float | None:
    """The first `[10/Oct/2000:13:55:36 -0700]` in `text`, as web servers log it; None when there is none."""
    found = ACCESS_LOG.search(text)
    if found is None or found[2] not in MONTHS:
        return None
    offset = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == "-" else 1)
    try:
        day = (int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
        return datetime(*day, int(found[4]), int(found[5]), int(found[6]), tzinfo=timezone(offset)).timestamp()
    except (ValueError, OverflowError):
        return None


def gnettrack_instant(text: str) -> float | None:
    """`2020.02.14_09.38.22`, as G-NetTrack writes it; None for anything else."""
    found = GNETTRACK.match(text.strip())
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def epoch_instant(text: str) -> float | None:
    """A plain number since 1970 in seconds, milli-, micro- or nanoseconds, told apart by its size."""
    if not NUMBER.match(text.strip()):
        return None
    value = float(text)
    return value / next((unit for least, unit in FINER if value >= least), 1.0)
