"""`evenflow trace info`: traces as a table, each family summed up in a line, or all of it as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from player.cli.plain_table import print_plain
from player.cli.trace_arguments import load_traces

if TYPE_CHECKING:
    from abr.trace.model import Trace

COLUMNS = ("trace", "length", "mean", "p5", "median", "p95", "CoV", "period", "no signal", "latency")
Cells = tuple[str, ...]


def run(args: argparse.Namespace) -> int:
    """Print it."""
    loaded = load_traces(args.paths, args)
    facts = [_facts(trace, digest) for trace, digest in loaded]
    families = _families([trace for trace, _ in loaded])
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    rows = [_cells(it["name"], it) for it in facts]
    sums = [_cells(f"{it['family']} ({it['traces']} traces)", it) for it in families]
    notes = _notes(facts)
    if sys.stdout.isatty():
        _print_rich(rows, sums, notes)
    else:
        _print_plain(rows, sums, notes)
    return 0


def _facts(trace: Trace, digest: str) -> dict[str, Any]:
    from abr.trace.statistics import describe

    steps = trace.steps
    return {
        "name": trace.name,
        "family": trace.family,
        "sha256": digest,
        "steps": len(steps),
        "min_bps": min(step.rate_bps for step in steps),
        "max_bps": max(step.rate_bps for step in steps),
        "silent_s": sum(step.duration_s for step in steps if step.rate_bps == 0),
        **asdict(describe([trace])),
        "notes": list(trace.notes),
    }


def _families(traces: list[Trace]) -> list[dict[str, Any]]:
    """Families of several traces, each as if it were one long trace."""
    from abr.trace.statistics import describe

    grouped: dict[str, list[Trace]] = {}
    for trace in traces:
        grouped.setdefault(trace.family, []).append(trace)
    return [
        {"family": name, "traces": len(group), **asdict(describe(group))}
        for name, group in sorted(grouped.items())
        if len(group) > 1
    ]


def _cells(name: str, it: dict[str, Any]) -> Cells:
    rates = (f"{it[key] / 1e6:.2f}" for key in ("mean_bps", "p5_bps", "median_bps", "p95_bps"))
    return (
        name,
        f"{it['duration_s']:.1f} s",
        *rates,
        f"{it['cov']:.2f}",
        f"{it['period_s']:.2f} s",
        f"{it['zero_share']:.1%}",
        f"{it['latency_s'] * 1e3:.0f} ms",
    )


def _notes(facts: list[dict[str, Any]]) -> list[str]:
    """Every set of notes once, with the traces that it is about."""
    about: dict[str, list[str]] = {}
    for it in facts:
        about.setdefault("; ".join(it["notes"]), []).append(it["name"])
    return [
        f"{names[0] if len(names) == 1 else f'{names[0]} and {len(names) - 1} more'}: {notes}"
        for notes, names in about.items()
        if notes
    ]


def _print_plain(rows: list[Cells], sums: list[Cells], notes: list[str]) -> None:
    print("rates in Mbit/s")
    print_plain([COLUMNS, *rows, *sums])
    for note in notes:
        print(note)


def _print_rich(rows: list[Cells], sums: list[Cells], notes: list[str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    grid = Table(title="Traces, rates in Mbit/s", title_justify="left")
    for number, column in enumerate(COLUMNS):
        grid.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
    for cells in rows:
        grid.add_row(*map(escape, cells))
    grid.add_section()
    for cells in sums:
        grid.add_row(*map(escape, cells), style="bold")
    console = Console()
    console.print(grid)
    for note in notes:
        console.print(escape(note), highlight=False)
