"""The tables of `bench`: one a family, best score first; drawn on a terminal, plain columns elsewhere."""

from __future__ import annotations

import sys
from itertools import groupby

from abr.lab import ALL, Row, Suite
from abr.qoe import qoe
from abr.qoe.interval import Difference, Interval
from player.cli.plain_table import print_plain

WIDE = 124
"""Columns of a terminal from which on all of the table is shown."""
LEFT_OUT = ("start-up s", "stalls", "stalled %", "oscill.", "wasted MB")


def show(rows: list[Row], suite: Suite, reference: str) -> None:
    """Print them all. With one family the table over all would say the same again."""
    families = {row.family for row in rows}
    shown = [row for row in rows if len(families) > 2 or row.family != ALL]
    print(_head(suite, reference))
    columns = _columns(suite, reference)
    for family, group in groupby(shown, key=lambda row: row.family):
        members = list(group)
        title = f"{family}: {members[0].sessions} {'session' if members[0].sessions == 1 else 'sessions'} a controller"
        table = [_cells(row, suite) for row in members]
        if sys.stdout.isatty():
            _print_rich(title, columns, table)
        else:
            print(f"\n{title}")
            print_plain([columns, *table])


def _head(suite: Suite, reference: str) -> str:
    noun = "trace" if len(suite.traces) == 1 else "traces"
    films = "; ".join(film.name for film in suite.films)
    return (
        f"{len(suite.traces)} {noun} x {films}; buffer {suite.settings.buffer_cap_s:g} s; "
        f"QoE {suite.qoe} per chunk in {qoe(suite.qoe).unit}; means with 95 % intervals; differences to {reference}"
    )


def _columns(suite: Suite, reference: str) -> tuple[str, ...]:
    share = ("of optimum",) if suite.search is not None else ()
    return (
        *("controller", "score [95 %]", *share, f"vs {reference} (p)", "Mbit/s", "start-up s"),
        *("stalls", "stall s", "stalled %", "switches", "oscill.", "wasted MB"),
    )


def _cells(row: Row, suite: Suite) -> tuple[str, ...]:
    it, score = row.measures, row.score
    share = row.share.of_means.mean if row.share is not None and row.share.of_means is not None else None
    return (
        row.controller,
        f"{score.mean:.3f} [{score.low:.3f}, {score.high:.3f}]",
        *((_number(share, 100, 1, " %"),) if suite.search is not None else ()),
        _difference(row.difference),
        *(_mean(it.get(name), scale, digits) for name, scale, digits in _MEASURES),
    )


_MEASURES = (
    ("mean_bitrate_bps", 1e-6, 2),
    ("startup_s", 1.0, 2),
    ("stall_count", 1.0, 2),
    ("stall_s", 1.0, 2),
    ("stall_ratio", 100.0, 2),
    ("switches", 1.0, 1),
    ("oscillations", 1.0, 1),
    ("bytes_wasted", 1e-6, 2),
)


def _mean(interval: Interval | None, scale: float, digits: int) -> str:
    return _number(None if interval is None else interval.mean, scale, digits)


def _number(value: float | None, scale: float, digits: int, unit: str = "") -> str:
    return "-" if value is None else f"{value * scale:.{digits}f}{unit}"


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return "-"
    p = "p < 0.001" if difference.p < 0.001 else f"p {difference.p:.3f}"
    return f"{difference.mean:+.3f} ({p})"


def _print_rich(title: str, columns: tuple[str, ...], table: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    shown = [k for k, name in enumerate(columns) if console.width >= WIDE or name not in LEFT_OUT]
    grid = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for k in shown:
        grid.add_column(_on_two_lines(columns[k]), justify="right" if k else "left", no_wrap=True)
    for cells in table:
        grid.add_row(*(escape(_on_two_lines(cells[k])) for k in shown))
    console.print(grid)
    if len(shown) < len(columns):
        console.print(f"a terminal of {WIDE} columns shows more; --json and --out have everything", style="dim")


def _on_two_lines(cell: str) -> str:
    """What stands in brackets goes below, so that a terminal has room for all columns."""
    head, bracket, rest = (cell if "(" not in cell else cell.replace(" (", " [", 1)).partition(" [")
    return f"{head}\n{'(' if '(' in cell else '['}{rest}" if bracket else cell
