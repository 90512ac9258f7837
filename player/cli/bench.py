"""`evenflow bench`: controllers over traces and films, as a table, as JSON, as files and a page."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from player.cli.errors import CheckFailed, MachineError, UsageError
from player.cli.trace_arguments import add_trace_reading

if TYPE_CHECKING:
    from abr.lab import Cell, Row, Suite
    from abr.lab.store import Store

EXAMPLES = """examples:
  evenflow bench --traces builtin:evenflow-commute --controllers bola-e,bba-0
  evenflow bench --traces FOLDER --controllers all --out out/bench
  evenflow bench --controllers dynamic,mine.py:Mine --seeds 1,2,3 --out out/mine
docs/bench.md says what the figures mean, docs/controllers.md how a controller of your own is written.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `bench` known to the command line."""
    parser = subparsers.add_parser(
        "bench",
        help="compare controllers over traces, without a network",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_what(parser)
    _add_how(parser)
    add_trace_reading(parser)
    parser.set_defaults(run=run)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--traces", nargs="+", metavar="PATH", help="files, folders or builtin:NAME; the built-in ones if left out"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N traces of a family, evenly")
    parser.add_argument(
        "--controllers",
        default="all",
        metavar="A,B|all",
        help="names, as fixed:3, plug-ins, as mine.py:Class, or all (default), also as all,mine.py:Class",
    )
    parser.add_argument(
        "--reference", metavar="NAME", help="who the others are compared with (default evenflow, else the first)"
    )
    parser.add_argument(
        "--video",
        action="append",
        metavar="FILM",
        help="builtin:film (default), a Sabre movie JSON, a folder of video_size_N, or a title's; may be repeated",
    )
    parser.add_argument("--seeds", metavar="1,2,3", help="generated films: one for each seed (default: that of --seed)")
    parser.add_argument(
        "--qoe", metavar="NAME", default="lin", help="score: lin (default), log, hd, mpc, ssim, soda ..."
    )
    parser.add_argument("--buffer-s", type=float, default=30.0, metavar="N", help="buffer cap in seconds (default 30)")
    parser.add_argument(
        "--start-buffer-s", type=float, default=0.0, metavar="N", help="play starts at N s (default: the first chunk)"
    )
    parser.add_argument("--abandon", action="store_true", help="give up chunks that will not make it")
    parser.add_argument("--replace", action="store_true", help="fetch buffered low chunks again when there is time")


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--optimum",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="search for the best in hindsight too, 0.5 to 3 s a session (default)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write results there, and go on there after an interruption"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the finished sessions in --out")
    parser.add_argument("--p1203", type=Path, metavar="DIR", help="write every session there as input for ITU-T P.1203")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes (default: as many as pay off)")
    parser.add_argument("--seed", type=int, default=1, help="for the film and the intervals (default 1)")
    parser.add_argument("--json", action="store_true", help="the summary as JSON on standard output")


def run(args: argparse.Namespace) -> int:
    """Do it. 0 when every session ran."""
    from concurrent.futures.process import BrokenProcessPool

    from abr.checked import ControllerFailed
    from abr.qoe import ScoreError

    try:
        with _folder(args) as store:
            return _run(args, store)
    except ControllerFailed as error:
        raise CheckFailed(str(error), "docs/controllers.md says what a controller may answer.") from error
    except BrokenProcessPool as error:
        kept = f" Finished sessions are kept in {args.out}; the same command goes on." if args.out else ""
        raise MachineError(
            "A process of the run was ended from outside, as systems do when memory runs out.",
            f"Take fewer processes: --jobs 1.{kept}",
        ) from error
    except ScoreError as error:
        raise UsageError(f"--qoe {args.qoe}: {error}") from error
    except KeyboardInterrupt:
        if args.out is not None:
            print(f"\nfinished sessions are kept in {args.out}; the same command goes on", file=sys.stderr)
        raise


def _run(args: argparse.Namespace, store: Store | None) -> int:
    from abr.lab import run_suite, summarise, summary_document
    from player.cli import bench_inputs, bench_tables
    from player.cli.progress import progress

    started_s = time.perf_counter()
    suite, sha256 = bench_inputs.suite_of(args)
    reference = bench_inputs.reference_of(args, suite)
    loaded_s = time.perf_counter()
    with progress("traces and films") as told:
        cells = run_suite(suite, args.jobs, told, store)
    simulated_s = time.perf_counter()
    rows = summarise(suite, cells, reference, args.seed)
    timing = {"load_s": loaded_s - started_s, "simulate_s": simulated_s - loaded_s}
    document = summary_document(suite, rows, bench_inputs.provenance(args, suite, sha256, reference), timing)
    if store is not None:
        _write(args, store, suite, cells, rows, document)
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        bench_tables.show(rows, suite, reference)
    return 0


@contextlib.contextmanager
def _folder(args: argparse.Namespace) -> Iterator[Store | None]:
    """Where finished sessions go: into --out, or for as long as --p1203 needs them, or nowhere."""
    from abr.lab.store import Store

    if args.fresh and args.out is None:
        raise UsageError("--fresh forgets what is in --out, which is not given")
    if args.out is None and args.p1203 is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        folder = args.out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evenflow-")))
        try:
            store = Store.at(folder / "sessions")
            if args.fresh:
                store.forget()
        except OSError as error:
            raise UsageError(f"--out {folder}: cannot be written: {error.strerror or error}") from error
        yield store


def _write(
    args: argparse.Namespace, store: Store, suite: Suite, cells: list[Cell], rows: list[Row], document: dict[str, Any]
) -> None:
    from abr.qoe.p1203 import P1203Error
    from player.cli.bench_files import write_results

    try:
        written = write_results(args.out, args.p1203, store, suite, cells, rows, document)
    except P1203Error as error:
        raise UsageError(f"--p1203: {error}") from error
    except OSError as error:
        raise UsageError(f"{error.filename or args.out}: cannot be written: {error.strerror or error}") from error
    print(f"written: {', '.join(written)}", file=sys.stderr)
