"""From sessions to means with intervals, per controller and per family of traces.

The unit of every interval and test is the trace: the sessions of one trace with several films are averaged first,
since they are not independent of one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from typing import Any

from abr.lab.store import video_digest
from abr.lab.suite import OPTIMUM, Cell, Outcome, Suite
from abr.qoe.interval import Difference, Interval, bootstrap_mean, bootstrap_ratio, paired_difference
from abr.qoe.score import qoe
from abr.qoe.session import SessionMetrics
from abr.trace.model import Trace
from abr.video.model import VideoTable

SCHEMA = 2
KIND = "evenflow-bench"
ALL = "all"
"""The family that holds every trace."""
OTHER = "other"
"""The family of traces that have none."""
UPPER = "optimum (upper bound)"

MEASURES: dict[str, Callable[[SessionMetrics], float | None]] = {
    "startup_s": lambda it: it.startup_s,
    "stall_count": lambda it: it.stall_count,
    "stall_s": lambda it: it.stall_s,
    "stall_ratio": lambda it: it.stall_ratio,
    "mean_stall_s": lambda it: it.mean_stall_s,
    "mean_bitrate_bps": lambda it: it.mean_bitrate_bps,
    "mean_rung": lambda it: it.mean_rung,
    "switches": lambda it: it.switches,
    "switches_up": lambda it: it.switches_up,
    "switches_down": lambda it: it.switches_down,
    "mean_step_bps": lambda it: it.mean_step_bps,
    "oscillations": lambda it: it.oscillations,
    "bytes_fetched": lambda it: it.bytes_fetched,
    "bytes_wasted": lambda it: it.bytes_wasted,
    "estimate_bias": lambda it: it.estimate_bias,
    "estimate_error": lambda it: it.estimate_error,
}


@dataclass(frozen=True, slots=True)
class Share:
    """Of the optimum's score. `of_means`: mean score over the optimum's mean score; None where that is not above 0.

    `mean`: the mean over sessions of score over optimum, from the sessions whose optimum is above 0; a share of
    nothing, or of less than nothing, says nothing. `left_out` counts the others.
    """

    of_means: Interval | None
    mean: Interval | None
    left_out: int


@dataclass(frozen=True, slots=True)
class Row:
    """One controller over one family of traces. A measure is None where no session has it."""

    controller: str
    family: str
    sessions: int
    measures: dict[str, Interval | None]
    time_per_rung: tuple[float, ...] = ()
    share: Share | None = None
    difference: Difference | None = None

    @property
    def score(self) -> Interval:
        """The mean score, which every row has."""
        score = self.measures["score"]
        assert score is not None
        return score


def family_of(trace: Trace) -> str:
    """The trace's family as tables show it."""
    return trace.family or OTHER


def summarise(suite: Suite, cells: Sequence[Cell], reference: str, seed: int) -> list[Row]:
    """Rows by family, the whole last; within a family by score, best first. The reference has no difference."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(family_of(suite.traces[cell.trace]), []).append(cell)
    ordered = [*sorted(groups.items()), (ALL, list(cells))]
    return [row for family, group in ordered for row in _family(family, group, reference, seed)]


def _family(family: str, cells: list[Cell], reference: str, seed: int) -> list[Row]:
    names = [outcome.controller for outcome in cells[0].outcomes]
    baseline = _by_trace(cells, [cell.outcomes[names.index(reference)].score for cell in cells])
    rows = []
    for position, name in enumerate(names):
        outcomes = [cell.outcomes[position] for cell in cells]
        mine = _by_trace(cells, [it.score for it in outcomes])
        difference = None if name == reference else paired_difference(mine, baseline, seed)
        rows.append(_row(family, name, cells, outcomes, seed, _share(cells, outcomes, seed), difference))
    plans = [cell.optimum for cell in cells if cell.optimum is not None]
    uppers = [cell.upper for cell in cells if cell.upper is not None]
    if len(plans) == len(cells) and len(uppers) == len(cells):
        rows.append(_row(family, OPTIMUM, cells, plans, seed))
        upper = bootstrap_mean(_by_trace(cells, uppers), seed)
        rows.append(Row(UPPER, family, len(cells), {"score": upper}))
    return sorted(rows, key=lambda row: (-row.score.mean, row.controller))


def _row(
    family: str,
    name: str,
    cells: list[Cell],
    outcomes: Sequence[Outcome],
    seed: int,
    share: Share | None = None,
    difference: Difference | None = None,
) -> Row:
    measures: dict[str, Interval | None] = {
        "score": bootstrap_mean(_by_trace(cells, [it.score for it in outcomes]), seed)
    }
    for measure, of in MEASURES.items():
        values = _by_trace(cells, [of(it.metrics) for it in outcomes])
        measures[measure] = bootstrap_mean(values, seed) if values else None
    return Row(name, family, len(cells), measures, _time_per_rung(outcomes), share, difference)


def _by_trace(cells: Sequence[Cell], values: Sequence[float | None]) -> list[float]:
    """A mean per trace, in the traces' order; traces without any value are left out."""
    groups: dict[int, list[float]] = {}
    for cell, value in zip(cells, values, strict=True):
        if value is not None:
            groups.setdefault(cell.trace, []).append(float(value))
    return [fsum(group) / len(group) for group in groups.values()]


def _share(cells: list[Cell], outcomes: Sequence[Outcome], seed: int) -> Share | None:
    best = [cell.optimum.score if cell.optimum is not None else None for cell in cells]
    if any(it is None for it in best):
        return None
    ratios = [it.score / top if top is not None and top > 0 else None for it, top in zip(outcomes, best, strict=True)]
    by_trace = _by_trace(cells, ratios)
    return Share(
        bootstrap_ratio(_by_trace(cells, [it.score for it in outcomes]), _by_trace(cells, best), seed),
        bootstrap_mean(by_trace, seed) if by_trace else None,
        sum(ratio is None for ratio in ratios),
    )


def _time_per_rung(outcomes: Iterable[Outcome]) -> tuple[float, ...]:
    spent: list[float] = []
    for outcome in outcomes:
        times = outcome.metrics.time_per_rung_s
        spent += [0.0] * (len(times) - len(spent))
        for rung, time_s in enumerate(times):
            spent[rung] += time_s
    return tuple(it / fsum(spent) for it in spent)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a summary must say for another to repeat it."""

    version: str
    arguments: dict[str, Any]
    seed: int
    reference: str
    sha256: tuple[str, ...]
    """One per trace, in the suite's order."""


def summary_document(suite: Suite, rows: list[Row], provenance: Provenance, timing: dict[str, float]) -> dict[str, Any]:
    """`summary.json`, schema 2 (docs/summary.schema.json). Only `timing` differs between two runs of the same thing."""
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "version": provenance.version,
        "arguments": provenance.arguments,
        "seed": provenance.seed,
        "qoe": {"name": suite.qoe, "unit": qoe(suite.qoe).unit},
        "reference": provenance.reference,
        "session": asdict(suite.settings),
        "films": [_film_entry(film) for film in suite.films],
        "traces": [_trace_entry(*it) for it in zip(suite.traces, provenance.sha256, strict=True)],
        "rows": [_row_entry(row) for row in rows],
        "timing": timing,
    }


def _row_entry(row: Row) -> dict[str, Any]:
    return {
        "family": row.family,
        "controller": row.controller,
        "sessions": row.sessions,
        "measures": {name: None if it is None else asdict(it) for name, it in row.measures.items()},
        "time_per_rung": list(row.time_per_rung),
        "share_of_optimum": None if row.share is None else asdict(row.share),
        "difference": None if row.difference is None else asdict(row.difference),
    }


def _film_entry(film: VideoTable) -> dict[str, Any]:
    return {
        "name": film.name,
        "sha256": video_digest(film),
        "chunk_duration_s": film.chunk_duration_s,
        "chunks": len(film.sizes_bytes),
        "bitrates_bps": list(film.ladder.bitrates_bps),
    }


def _trace_entry(trace: Trace, sha256: str) -> dict[str, Any]:
    return {
        "name": trace.name,
        "family": family_of(trace),
        "sha256": sha256,
        "duration_s": trace.duration_s,
        "mean_bps": trace.mean_bps,
        "notes": list(trace.notes),
    }
