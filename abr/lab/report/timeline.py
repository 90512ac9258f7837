"""One trace with all its sessions, as the page's timeline shows them: rounded to what a screen can tell."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from abr.lab.suite import Cell, Suite
from abr.lab.summary import family_of
from abr.simulate.model import SessionResult
from abr.trace.model import Trace

LINK_POINTS = 400
"""The link's rate is shown as the means of this many equal spans."""


def timeline(suite: Suite, cell: Cell, sessions: Sequence[tuple[str, SessionResult]]) -> dict[str, Any]:
    """The link, the ladder, and every controller's chunks with their reasons; all text is HTML-escaped."""
    trace, film = suite.traces[cell.trace], suite.films[cell.film]
    ends_s = max(result.ended_at_s for _, result in sessions)
    return {
        "family": escape(family_of(trace)),
        "trace": escape(trace.name),
        "film": escape(film.name),
        "chunk_s": film.chunk_duration_s,
        "rungs": [_rung_words(rung.height, rung.bitrate_bps) for rung in film.ladder.rungs],
        "link": _link(trace, ends_s),
        "sessions": {escape(name): _session(result) for name, result in sessions},
    }


def _rung_words(height: int, bitrate_bps: int) -> str:
    rate = f"{bitrate_bps / 1e6:.2f} Mbit/s"
    return f"{height}p, {rate}" if height else rate


def _link(trace: Trace, ends_s: float) -> dict[str, Any]:
    step_s = max(ends_s, 1.0) / LINK_POINTS
    rates = [trace.bits_between(k * step_s, (k + 1) * step_s) / step_s for k in range(LINK_POINTS)]
    return {"step_s": round(step_s, 4), "kbps": [round(rate / 1e3) for rate in rates]}


def _session(result: SessionResult) -> dict[str, Any]:
    chunks = result.chunks
    return {
        "asked": [round(it.requested_at_s, 2) for it in chunks],
        "came": [round(it.finished_at_s, 2) for it in chunks],
        "rung": [it.rung for it in chunks],
        "buffer": [round(it.buffer_s, 2) for it in chunks],
        "kbps": [None if it.estimate_bps is None else round(it.estimate_bps / 1e3) for it in chunks],
        "band": [None if it.band_bps is None else [round(end / 1e3) for end in it.band_bps] for it in chunks],
        "given_up": {str(k): it.abandoned_rung for k, it in enumerate(chunks) if it.abandoned_rung is not None},
        "code": [escape(str(it.reason.code)) for it in chunks],
        "why": [escape(it.reason.text) for it in chunks],
        "stalls": [[round(it.at_s, 2), round(it.duration_s, 2)] for it in result.stalls],
        "startup_s": round(result.startup_s, 2),
        "ended_s": round(result.ended_at_s, 2),
    }
