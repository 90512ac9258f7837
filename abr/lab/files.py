"""`summary.json` and `chunks.csv`: written whole, or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from abr.lab.suite import Outcome

COLUMNS = (
    *("family", "trace", "controller", "index", "rung", "bitrate_bps", "size_bytes"),
    *("requested_at_s", "first_byte_at_s", "finished_at_s", "buffer_s", "waited_s", "stall_s"),
    *("estimate_bps", "wasted_bytes", "abandoned_rung", "reason", "reason_text"),
)


def write_summary(folder: Path, document: dict[str, Any]) -> Path:
    """`summary.json` in `folder`."""
    return _write(folder / "summary.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_chunks(folder: Path, outcomes: Iterable[Outcome]) -> Path:
    """`chunks.csv` in `folder`: a row per chunk of every session, times to the microsecond."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        writer.writerows(_rows(outcome))
    return _write(folder / "chunks.csv", text.getvalue())


def _rows(outcome: Outcome) -> Iterator[list[Any]]:
    for chunk in outcome.result.chunks:
        instants = (chunk.requested_at_s, chunk.first_byte_at_s, chunk.finished_at_s)
        spans = (chunk.buffer_s, chunk.waited_s, chunk.stall_s)
        yield [
            outcome.family,
            outcome.trace,
            outcome.controller,
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


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)
    return path
