"""What `bench --out` and `bench --p1203` write: one pass over the kept sessions for all files."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from abr.lab import Cell, Row, Suite
from abr.lab.files import CHUNK_COLUMNS, chunk_rows, whole, write_json, write_p1203, write_sessions, write_text
from abr.lab.report import Collector, render
from abr.lab.report.plotly_js import PlotlyMissing, plotly_js
from abr.lab.store import Store
from abr.lab.suite import kept_sessions
from player.cli.progress import progress


def write_results(
    out: Path | None,
    p1203: Path | None,
    store: Store,
    suite: Suite,
    cells: list[Cell],
    rows: list[Row],
    document: dict[str, Any],
) -> list[str]:
    """Everything that was asked for; what was written, as words. OSError: a folder cannot be written."""
    if out is None:
        assert p1203 is not None
        with progress("files") as told:
            for done, cell in enumerate(cells, 1):
                _write_p1203(p1203, store, suite, cell)
                told(done, len(cells))
        return [f"P.1203 inputs in {p1203}"]
    collector = Collector(suite, cells, rows, document["reference"])
    with whole(out / "chunks.csv") as file, progress("files") as told:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CHUNK_COLUMNS)
        for done, cell in enumerate(cells, 1):
            sessions = kept_sessions(suite, store, cell)
            collector.add(cell, sessions)
            for name, result in sessions:
                writer.writerows(chunk_rows(suite, cell, name, result))
            if p1203 is not None:
                _write_p1203(p1203, store, suite, cell)
            told(done, len(cells))
    write_sessions(out / "sessions.csv", suite, cells)
    write_json(out / "summary.json", document)
    names = ["summary.json", "sessions.csv", "chunks.csv", *_write_report(out, collector, suite, document)]
    return [str(out / name) for name in names] + ([f"P.1203 inputs in {p1203}"] if p1203 is not None else [])


def _write_p1203(folder: Path, store: Store, suite: Suite, cell: Cell) -> None:
    for name, result in kept_sessions(suite, store, cell):
        write_p1203(folder, suite, cell, name, result)


def _write_report(out: Path, collector: Collector, suite: Suite, document: dict[str, Any]) -> list[str]:
    try:
        script = plotly_js()
    except PlotlyMissing as error:
        print(f"report.html is left out: {error}", file=sys.stderr)
        return []
    facts = {
        "traces": len(suite.traces),
        "films": ", ".join(film.name for film in suite.films),
        "film_count": len(suite.films),
        "buffer_s": suite.settings.buffer_cap_s,
        "version": document["version"],
    }
    write_text(out / "report.html", render(collector.data(facts), script))
    return ["report.html"]
