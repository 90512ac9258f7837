"""`evenflow bench`: controllers over traces, as a table, as JSON, as files."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from player.cli.errors import ContentError, UsageError
from player.cli.trace_arguments import add_trace_reading, load_traces

if TYPE_CHECKING:
    from abr.lab import Row, Suite
    from abr.video import VideoTable

EXAMPLE = "example: evenflow bench --traces builtin:evenflow-commute --controllers bola-e,bba-0 --out results"
COLUMNS = ("family", "controller", "score [95 %]", "bit rate", "start-up", "stalls", "stall time", "switches")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `bench` known to the command line."""
    parser = subparsers.add_parser("bench", help="compare controllers over traces, without a network", epilog=EXAMPLE)
    parser.add_argument(
        "--traces", nargs="+", metavar="PATH", help="files, folders or builtin:NAME; the built-in ones if left out"
    )
    parser.add_argument("--controllers", default="all", metavar="A,B|all", help="names, as fixed:3, or all (default)")
    parser.add_argument(
        "--video",
        default="builtin:film",
        help="builtin:film, a Sabre movie JSON, a folder of video_size_N, or a title's",
    )
    parser.add_argument("--qoe", choices=("lin", "log"), default="lin", help="score per chunk (default lin)")
    parser.add_argument("--buffer-s", type=float, default=30.0, metavar="N", help="buffer cap in seconds (default 30)")
    parser.add_argument("--abandon", action="store_true", help="give up chunks that will not make it")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write summary.json and chunks.csv there")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes (default: as many as pay off)")
    parser.add_argument("--seed", type=int, default=1, help="for the film and the intervals (default 1)")
    parser.add_argument("--json", action="store_true", help="the summary as JSON on standard output")
    add_trace_reading(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it. 0 when every session ran."""
    from abr.lab import run_suite, summarise, summary_document

    started_s = time.perf_counter()
    suite, sha256 = _suite(args)
    loaded_s = time.perf_counter()
    outcomes = run_suite(suite, args.jobs, _progress if sys.stderr.isatty() else None)
    simulated_s = time.perf_counter()
    rows = summarise(outcomes, args.qoe, args.seed)
    timing = {"load_s": loaded_s - started_s, "simulate_s": simulated_s - loaded_s}
    document = summary_document(suite, rows, _provenance(args, suite, sha256), timing)
    if args.out is not None:
        _write(args.out, document, outcomes)
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_table(rows, args.qoe, suite)
        if args.out is not None:
            print(f"written: {args.out / 'summary.json'}, {args.out / 'chunks.csv'}", file=sys.stderr)
    return 0


def _suite(args: argparse.Namespace) -> tuple[Suite, tuple[str, ...]]:
    from abr.lab import Suite
    from abr.simulate.model import SessionSettings
    from abr.trace.synthetic import BUILTIN_PREFIX, builtin_names

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs {args.jobs}: at least one process is needed")
    names, video = _controllers(args.controllers), _video(args)
    settings = SessionSettings(buffer_cap_s=args.buffer_s, abandonment=args.abandon)
    try:
        settings.check(video.chunk_duration_s)
    except ValueError as error:
        raise UsageError(f"--buffer-s {args.buffer_s:g}: {error}") from error
    paths = args.traces or [BUILTIN_PREFIX + name for name in builtin_names()]
    loaded = load_traces(paths, args)
    traces = tuple(trace for trace, _ in loaded)
    return Suite(traces, names, video, settings), tuple(digest for _, digest in loaded)


def _controllers(wanted: str) -> tuple[str, ...]:
    from abr import controller

    if wanted == "all":
        return controller.names()
    chosen = tuple(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    if not chosen:
        raise UsageError(f"--controllers names none; there are: {', '.join(controller.names())}")
    try:
        for name in chosen:
            controller.create(name)
    except controller.UnknownController as error:
        raise UsageError(f"--controllers: {error}") from error
    return chosen


def _video(args: argparse.Namespace) -> VideoTable:
    from abr.video import VideoError, read_video

    try:
        return read_video(args.video, seed=args.seed)
    except VideoError as error:
        raise ContentError(f"--video: {error}") from error


def _provenance(args: argparse.Namespace, suite: Suite, sha256: tuple[str, ...]) -> Any:
    from importlib.metadata import PackageNotFoundError, version

    from abr.lab import Provenance

    try:
        ours = version("evenflow")
    except PackageNotFoundError:
        ours = "unknown"
    arguments = {
        "traces": args.traces,
        "controllers": list(suite.controllers),
        "video": args.video,
        "qoe": args.qoe,
        "buffer_s": args.buffer_s,
        "abandon": args.abandon,
        "format": args.format,
        "unit": args.unit,
        "gaps": args.gaps,
    }
    return Provenance(ours, arguments, args.seed, sha256)


def _write(folder: Path, document: dict[str, Any], outcomes: list[Any]) -> None:
    from abr.lab.files import write_chunks, write_summary

    try:
        write_chunks(folder, outcomes)
        write_summary(folder, document)
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written: {error.strerror or error}") from error


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done} of {total} traces", end=end, file=sys.stderr, flush=True)


def _cells(row: Row) -> tuple[str, ...]:
    it = row.measures
    score = it["score"]
    return (
        row.family,
        row.controller,
        f"{score.mean:.3f} [{score.low:.3f}, {score.high:.3f}]",
        f"{it['mean_bitrate_bps'].mean / 1e6:.2f} Mbit/s",
        f"{it['startup_s'].mean:.2f} s",
        f"{it['stall_count'].mean:.2f}",
        f"{it['stall_s'].mean:.2f} s",
        f"{it['switches'].mean:.1f}",
    )


def _print_table(rows: list[Row], qoe: str, suite: Suite) -> None:
    families = {row.family for row in rows}
    # With one family the rows over all say the same again.
    shown = [row for row in rows if len(families) > 2 or row.family != "all"]
    shown.sort(key=lambda row: (row.family == "all", row.family, -row.measures["score"].mean))
    noun = "trace" if len(suite.traces) == 1 else "traces"
    title = (
        f"{len(suite.traces)} {noun}, {suite.video.name}, buffer {suite.settings.buffer_cap_s:g} s, QoE {qoe} per chunk"
    )
    table = [_cells(row) for row in shown]
    if sys.stdout.isatty():
        _print_rich(title, table)
    else:
        _print_plain(title, table)


def _print_rich(title: str, table: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    grid = Table(title=title, title_justify="left")
    for number, column in enumerate(COLUMNS):
        grid.add_column(column, justify="left" if number < 2 else "right")
    before = None
    for cells in table:
        if before not in (None, cells[0]):
            grid.add_section()
        before = cells[0]
        grid.add_row(*cells)
    Console().print(grid)


def _print_plain(title: str, table: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(COLUMNS, *table, strict=True)]
    print(title)
    for cells in (COLUMNS, *table):
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
