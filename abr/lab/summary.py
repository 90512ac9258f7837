"""From sessions to means with intervals, per controller and per family of traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from abr.lab.suite import Outcome, Suite
from abr.qoe.interval import Interval, bootstrap_mean
from abr.qoe.score import score
from abr.qoe.session import SessionMetrics, session_metrics
from abr.trace.model import Trace

SCHEMA = 1
ALL = "all"
"""The family that holds every trace."""

_MEASURES: dict[str, Callable[[SessionMetrics], float]] = {
    "startup_s": lambda it: it.startup_s,
    "stall_count": lambda it: it.stall_count,
    "stall_s": lambda it: it.stall_s,
    "stall_ratio": lambda it: it.stall_ratio,
    "mean_bitrate_bps": lambda it: it.mean_bitrate_bps,
    "switches": lambda it: it.switches,
    "bytes_fetched": lambda it: it.bytes_fetched,
    "bytes_wasted": lambda it: it.bytes_wasted,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One controller over one family of traces."""

    controller: str
    family: str
    sessions: int
    measures: dict[str, Interval]
    time_per_rung: tuple[float, ...]


def summarise(outcomes: Iterable[Outcome], qoe: str, seed: int) -> list[Row]:
    """A row per controller and family, and per controller over all; families by name, the whole last."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.family or "other", outcome.controller), []).append(outcome)
        groups.setdefault((ALL, outcome.controller), []).append(outcome)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] == ALL, item[0]))
    return [_row(name, family, group, qoe, seed) for (family, name), group in ordered]


def _row(name: str, family: str, group: list[Outcome], qoe: str, seed: int) -> Row:
    metrics = [session_metrics(outcome.result) for outcome in group]
    measures = {"score": bootstrap_mean([score(outcome.result, qoe) for outcome in group], seed)}
    for measure, of in _MEASURES.items():
        measures[measure] = bootstrap_mean([float(of(it)) for it in metrics], seed)
    spent = [sum(column) for column in zip(*(it.time_per_rung_s for it in metrics), strict=True)]
    return Row(name, family, len(group), measures, tuple(it / sum(spent) for it in spent))


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a summary must say for another to repeat it."""

    version: str
    arguments: dict[str, Any]
    seed: int
    sha256: tuple[str, ...]
    """One per trace, in the suite's order."""


def summary_document(suite: Suite, rows: list[Row], provenance: Provenance, timing: dict[str, float]) -> dict[str, Any]:
    """`summary.json`, schema 1. Only what is under `timing` differs between two runs of the same thing."""
    controllers: dict[str, dict[str, Any]] = {}
    for row in rows:
        controllers.setdefault(row.controller, {})[row.family] = {
            "sessions": row.sessions,
            **{name: asdict(interval) for name, interval in row.measures.items()},
            "time_per_rung": list(row.time_per_rung),
        }
    video = suite.video
    return {
        "schema": SCHEMA,
        "version": provenance.version,
        "arguments": provenance.arguments,
        "seed": provenance.seed,
        "video": {
            "name": video.name,
            "chunk_duration_s": video.chunk_duration_s,
            "chunks": len(video.sizes_bytes),
            "bitrates_bps": list(video.ladder.bitrates_bps),
        },
        "session": asdict(suite.settings),
        "traces": [_trace_entry(*it) for it in zip(suite.traces, provenance.sha256, strict=True)],
        "controllers": controllers,
        "timing": timing,
    }


def _trace_entry(trace: Trace, sha256: str) -> dict[str, Any]:
    return {
        "name": trace.name,
        "family": trace.family,
        "sha256": sha256,
        "duration_s": trace.duration_s,
        "mean_bps": trace.mean_bps,
        "notes": list(trace.notes),
    }
