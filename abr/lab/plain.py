"""A session as plain JSON values and back, without losing a bit: what is kept between two runs.

Floats go through `repr`, which is exact. A reason's sentence is made here, so that what is read again says the same.
"""

from __future__ import annotations

from typing import Any

from abr.model import Reason, ReasonCode
from abr.optimum.model import Optimum
from abr.simulate.model import ChunkRecord, SessionResult, Stall
from abr.video.model import VideoTable

_COLUMNS = (
    *("index", "rung", "bitrate_bps", "size_bytes", "requested_at_s", "first_byte_at_s", "finished_at_s"),
    *("buffer_s", "waited_s", "stall_s", "estimate_bps", "wasted_bytes", "abandoned_rung", "replaced_rung"),
    "band_bps",
)


def plain_session(result: SessionResult) -> dict[str, Any]:
    """Everything of a session but its film."""
    chunks: dict[str, list[Any]] = {name: [getattr(it, name) for it in result.chunks] for name in _COLUMNS}
    chunks["code"] = [str(it.reason.code) for it in result.chunks]
    chunks["text"] = [it.reason.text for it in result.chunks]
    return {
        "controller": result.controller,
        "trace": result.trace,
        "startup_s": result.startup_s,
        "ended_at_s": result.ended_at_s,
        "wasted_bytes": result.wasted_bytes,
        "seek_s": result.seek_s,
        "stalls": [[it.at_s, it.media_s, it.duration_s] for it in result.stalls],
        "chunks": chunks,
    }


def session_of(plain: dict[str, Any], video: VideoTable) -> SessionResult:
    """The session that was kept; KeyError, TypeError or ValueError when it is none."""
    columns = plain["chunks"]
    reasons = [Reason(ReasonCode(code), text) for code, text in zip(columns["code"], columns["text"], strict=True)]
    # JSON has no tuples.
    columns = {**columns, "band_bps": [None if it is None else tuple(it) for it in columns["band_bps"]]}
    rows = zip(*(columns[name] for name in _COLUMNS), strict=True)
    chunks = tuple(
        # The reason stands before the estimate in the record.
        ChunkRecord(*(*row[:10], reason, *row[10:]))
        for row, reason in zip(rows, reasons, strict=True)
    )
    return SessionResult(
        plain["controller"],
        plain["trace"],
        video.name,
        video.ladder,
        video.chunk_duration_s,
        plain["startup_s"],
        plain["ended_at_s"],
        chunks,
        tuple(Stall(*it) for it in plain["stalls"]),
        plain["wasted_bytes"],
        plain["seek_s"],
    )


def plain_optimum(found: Optimum) -> dict[str, Any]:
    """The best in hindsight, its session included."""
    return {
        "qoe": found.qoe,
        "upper": found.upper,
        "score": found.score,
        "plan": list(found.plan),
        "session": plain_session(found.session),
    }


def optimum_of(plain: dict[str, Any], video: VideoTable) -> Optimum:
    """The best in hindsight that was kept."""
    session = session_of(plain["session"], video)
    return Optimum(plain["qoe"], plain["upper"], plain["score"], tuple(plain["plan"]), session)
