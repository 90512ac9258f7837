"""Puffer's open data, `video_sent_*.csv`: a row per chunk sent, `delivery_rate` in bytes/s, one profile a session.

The rate is TCP's estimate when a chunk was sent, not the link's capacity; it holds until the session's next chunk.
`rtt` (us) is the latency. Source: Puffer's data description, and src/net/socket.hh of its code for the unit of
`delivery_rate`. Sets that others cooked from it hold MByte/s where their notes say Mbit/s: see cooked.py.
"""

from __future__ import annotations

from abr.trace.instants import epoch_instant
from abr.trace.model import Step
from abr.trace.source import Source, is_number
from abr.trace.timeline import Row, steps_of

COLUMNS = ("session_id", "delivery_rate")


def detect(source: Source) -> bool:
    """A header that names a time, a session and a delivery rate."""
    names = source.header()[1]
    return names[:1] != [] and names[0].startswith("time") and all(column in names for column in COLUMNS)


def read(source: Source) -> dict[str, list[Step]]:
    sessions = {name: sorted(rows, key=lambda row: row.at_s) for name, rows in _sessions(source).items()}
    playable = {name: rows for name, rows in sessions.items() if rows[0].at_s < rows[-1].at_s}
    if not playable:
        raise source.error("holds no session with two chunks")
    if len(playable) < len(sessions):
        source.note(f"{len(sessions) - len(playable)} sessions of one chunk left out")
    source.note("TCP's delivery rate when a chunk was sent, not the link's capacity")
    if len(playable) == 1:
        return {"": steps_of(source, next(iter(playable.values())), "from")}
    return {_label(name, i): steps_of(source, rows, "from") for i, (name, rows) in enumerate(playable.items(), 1)}


def _sessions(source: Source) -> dict[str, list[Row]]:
    """Rows by session and, where the file has it, the index of the stream within it."""
    names = source.header()[1]
    if not detect(source):
        raise source.error(f"needs a first column time and the columns {' and '.join(COLUMNS)}", 1)
    session_at, rate_at = (names.index(column) for column in COLUMNS)
    index_at = names.index("index") if "index" in names else None
    rtt_at = names.index("rtt") if "rtt" in names else None
    sessions: dict[str, list[Row]] = {}
    for line, cells in source.records():
        at_s = epoch_instant(cells[0])
        if at_s is None:
            raise source.error(f"{cells[0][:40]!r} is no time since 1970", line)
        rtt = cells[rtt_at] if rtt_at is not None else ""
        latency_s = source.number(rtt, line) / 1e6 if is_number(rtt) else 0.0
        name = cells[session_at] + (f"-{cells[index_at]}" if index_at is not None else "")
        sessions.setdefault(name, []).append(Row(line, at_s, 8.0 * source.number(cells[rate_at], line), latency_s))
    return sessions


def _label(session: str, number: int) -> str:
    clean = "".join(mark for mark in session if mark.isalnum() or mark in "-_")[:16]
    return f"{number}-{clean}" if clean else str(number)
