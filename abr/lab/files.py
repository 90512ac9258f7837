"""What a run leaves in its folder: each file written whole, or not at all."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from abr.lab.suite import Cell, Outcome, Suite
from abr.lab.summary import MEASURES, family_of
from abr.qoe.p1203 import p1203_input
from abr.simulate.model import SessionResult

CHUNK_COLUMNS = (
    *("family", "trace", "film", "controller", "index", "rung", "bitrate_bps", "size_bytes"),
    *("requested_at_s", "first_byte_at_s", "finished_at_s", "buffer_s", "waited_s", "stall_s"),
    *("estimate_bps", "wasted_bytes", "abandoned_rung", "reason", "reason_text"),
)
SESSION_COLUMNS = ("family", "trace", "film", "controller", "score", "optimum", *MEASURES)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """A document for people and programs."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """UTF-8, the same line ends everywhere."""
    with whole(path) as file:
        file.write(text)


@contextmanager
def whole(path: Path) -> Iterator[IO[str]]:
    """A file that takes its name once it is finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_sessions(path: Path, suite: Suite, cells: Iterable[Cell]) -> None:
    """A row per session, the optimum's included; every number to its last bit."""
    with whole(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SESSION_COLUMNS)
        for cell in cells:
            writer.writerows(_session_row(suite, cell, it) for it in (*cell.outcomes, cell.optimum) if it is not None)


def _session_row(suite: Suite, cell: Cell, outcome: Outcome) -> list[Any]:
    numbers = asdict(outcome.metrics)
    best = None if cell.optimum is None else cell.optimum.score
    return [*_where(suite, cell), outcome.controller, outcome.score, best, *(numbers[name] for name in MEASURES)]


def chunk_rows(suite: Suite, cell: Cell, name: str, result: SessionResult) -> Iterator[list[Any]]:
    """A row per chunk of one session, times to the microsecond."""
    for chunk in result.chunks:
        instants = (chunk.requested_at_s, chunk.first_byte_at_s, chunk.finished_at_s)
        spans = (chunk.buffer_s, chunk.waited_s, chunk.stall_s)
        yield [
            *_where(suite, cell),
            name,
            chunk.index,
            chunk.rung,
            chunk.bitrate_bps,
            chunk.size_bytes,
            *(f"{value:.6f}" for value in (*instants, *spans)),
            "" if chunk.estimate_bps is None else round(chunk.estimate_bps),
            chunk.wasted_bytes,
            "" if chunk.abandoned_rung is None else chunk.abandoned_rung,
            str(chunk.reason.code),
            chunk.reason.text,
        ]


def write_p1203(folder: Path, suite: Suite, cell: Cell, name: str, result: SessionResult) -> None:
    """One session as input for P.1203; the number of the trace in the suite keeps equal names apart."""
    family, trace, film = _where(suite, cell)
    parts = (f"{cell.trace:04d}", family, trace, film, name)
    file = "__".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-.")[:60] for part in parts)
    write_json(folder / f"{file}.json", p1203_input(result))


def _where(suite: Suite, cell: Cell) -> tuple[str, str, str]:
    trace = suite.traces[cell.trace]
    return family_of(trace), trace.name, suite.films[cell.film].name
