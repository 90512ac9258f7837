"""What the page shows, gathered cell by cell, so that no run has to fit into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from abr.lab.limit import evenly
from abr.lab.report.styles import styles
from abr.lab.report.timeline import timeline
from abr.lab.suite import OPTIMUM, Cell, Suite
from abr.lab.summary import ALL, Row, family_of
from abr.qoe.score import qoe
from abr.qoe.session import estimates
from abr.simulate.model import SessionResult

TIMELINES = 12
TIMELINE_CHARACTERS = 2_300_000
"""With plotly.js (4.8 MB) and the rest the file stays below 8 MB; fewer timelines are shown where they are long."""
ESTIMATES = 1_500
"""Estimates of a controller that are shown, taken evenly over the whole run."""


class Collector:
    """Takes every cell with its sessions in turn; `data` is then what the page needs."""

    def __init__(self, suite: Suite, cells: Sequence[Cell], rows: Sequence[Row], reference: str) -> None:
        self._suite, self._cells, self._rows, self._reference = suite, cells, rows, reference
        self._names = [outcome.controller for outcome in cells[0].outcomes]
        self._picked = {(cell.trace, cell.film) for cell in self._pick()}
        self._timelines: dict[tuple[int, int], dict[str, Any]] = {}
        chunks = sum(len(film.sizes_bytes) for film in suite.films) * len(suite.traces)
        self._stride = max(1, chunks // ESTIMATES)
        self._seen = dict.fromkeys(self._names, 0)
        self._estimates: dict[str, list[list[int]]] = {name: [] for name in self._names}
        self._families = sorted({family_of(trace) for trace in suite.traces})

    def add(self, cell: Cell, sessions: Sequence[tuple[str, SessionResult]]) -> None:
        """The next cell."""
        family = self._families.index(family_of(self._suite.traces[cell.trace]))
        for name, result in sessions:
            if name != OPTIMUM:
                self._sample(name, family, result)
        if (cell.trace, cell.film) in self._picked:
            self._timelines[cell.trace, cell.film] = timeline(self._suite, cell, sessions)

    def data(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Everything that the page shows; `facts` go into its head as they are. All text is HTML-escaped."""
        return {
            "facts": {key: escape(value) if isinstance(value, str) else value for key, value in facts.items()},
            "unit": escape(qoe(self._suite.qoe).unit),
            "qoe": escape(self._suite.qoe),
            "reference": escape(self._reference),
            "all": ALL,
            "optimum": escape(OPTIMUM),
            "families": [escape(it) for it in self._families],
            "controllers": [escape(it) for it in self._names],
            "styles": {escape(name): style for name, style in styles(self._names).items()},
            "rows": [_row(row) for row in self._rows],
            "scores": self._scores(),
            "estimates": {escape(name): points for name, points in self._estimates.items()},
            "timelines": self._fitting(),
            "cells": len(self._cells),
        }

    def _pick(self) -> list[Cell]:
        at = self._names.index(self._reference)
        return evenly(sorted(self._cells, key=lambda it: (it.outcomes[at].score, it.trace, it.film)), TIMELINES)

    def _sample(self, name: str, family: int, result: SessionResult) -> None:
        for estimate_bps, goodput_bps in estimates(result.chunks):
            if self._seen[name] % self._stride == 0:
                self._estimates[name].append([family, round(goodput_bps / 1e3), round(estimate_bps / 1e3)])
            self._seen[name] += 1

    def _scores(self) -> dict[str, Any]:
        """Score of every session: columns by controller, and the family of each row."""
        columns = {
            name: [round(cell.outcomes[k].score, 4) for cell in self._cells] for k, name in enumerate(self._names)
        }
        if self._cells[0].optimum is not None:
            columns[OPTIMUM] = [round(cell.optimum.score, 4) for cell in self._cells if cell.optimum is not None]
        families = [self._families.index(family_of(self._suite.traces[cell.trace])) for cell in self._cells]
        return {"family": families, "by": {escape(name): column for name, column in columns.items()}}

    def _fitting(self) -> list[dict[str, Any]]:
        """As many timelines as fit, by family and trace."""
        found = [self._timelines[it.trace, it.film] for it in self._pick() if (it.trace, it.film) in self._timelines]
        size = sum(len(json.dumps(it)) for it in found)
        fitting = max(1, int(len(found) * min(1.0, TIMELINE_CHARACTERS / max(size, 1))))
        return sorted(evenly(found, fitting), key=lambda it: (it["family"], it["trace"], it["film"]))


def _row(row: Row) -> dict[str, Any]:
    share, difference = row.share, row.difference
    return {
        "family": escape(row.family),
        "controller": escape(row.controller),
        "sessions": row.sessions,
        "measures": {
            name: None if it is None else [_rounded(it.mean), _rounded(it.low), _rounded(it.high)]
            for name, it in row.measures.items()
        },
        "share": None if share is None or share.of_means is None else _rounded(share.of_means.mean),
        "share_mean": None if share is None or share.mean is None else _rounded(share.mean.mean),
        "difference": None if difference is None else [_rounded(difference.mean), difference.p],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
