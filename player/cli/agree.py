"""`evenflow agree`: the same sessions in the fast simulator, in the engine in virtual time, and on real sockets."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from player.cli.errors import CheckFailed, ContentError, UsageError
from player.cli.trace_arguments import add_trace_reading, load_traces

if TYPE_CHECKING:
    from abr.trace.model import Trace
    from abr.video.model import VideoTable
    from player.engine.settings import EngineSettings
    from player.sim.agreement import Column

EXAMPLES = """examples:
  evenflow agree
  evenflow agree --traces FOLDER --controllers bola-e,dynamic --abandon
  evenflow agree --real --video vbr:chunks=15 --controllers throughput
The first two columns must be the same on every rung, and on instants and stalls to a microsecond; exit code 1 when they
are not. Real sockets take real time, and come as near as timers let them.
"""
CONTROLLERS = "fixed:2,throughput,bba-0,bola-e,robust-mpc,dynamic"
COLUMNS = ("trace", "controller", "mean rung", "stall s", "start-up s", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One session in its columns; `parted` says where the first two are not the same."""

    trace: str
    controller: str
    fast: Column
    virtual: Column
    real: Column | None
    parted: list[str]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `agree` known to the command line."""
    parser = subparsers.add_parser(
        "agree", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--traces", nargs="+", metavar="PATH", help="files, folders or builtin:NAME; else all built-in")
    parser.add_argument("--controllers", default=CONTROLLERS, metavar="A,B|all", help=f"default {CONTROLLERS}")
    parser.add_argument("--video", default="builtin:film", metavar="FILM", help="as in bench (default builtin:film)")
    parser.add_argument("--buffer-s", type=float, default=30.0, metavar="N", help="buffer cap in seconds (default 30)")
    parser.add_argument("--abandon", action="store_true", help="give up chunks that will not make it")
    parser.add_argument("--real", action="store_true", help="a third column: real sockets through a shaped link")
    parser.add_argument("--json", action="store_true", help="the rows as JSON on standard output")
    add_trace_reading(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it. CheckFailed: simulator and engine part."""
    from abr.trace.synthetic import BUILTIN_PREFIX, builtin_names
    from player.compose import UNWATCHED

    video, names = _video(args.video), _controllers(args.controllers)
    try:
        settings = replace(UNWATCHED, buffer_cap_s=args.buffer_s, abandonment=args.abandon, give_up_s=60.0)
    except ValueError as error:
        raise UsageError(f"--buffer-s {args.buffer_s:g}: {error}") from error
    loaded = load_traces(args.traces or [BUILTIN_PREFIX + name for name in builtin_names()], args)
    rows = []
    for trace, _ in loaded:
        for name in names:
            rows.append(_row(trace, name, video, settings, args.real))
            if not args.json:
                _show(rows[-1], first=len(rows) == 1)
    if args.json:
        print(json.dumps([_document(row) for row in rows], indent=2))
    parted = sum(bool(row.parted) for row in rows)
    if parted:
        raise CheckFailed(f"{parted} of {len(rows)} sessions are not the same in simulator and engine.")
    if not args.json:
        print(f"{len(rows)} sessions, the same in simulator and engine on every rung and to a microsecond")
    return 0


def _row(trace: Trace, name: str, video: VideoTable, settings: EngineSettings, real: bool) -> Row:
    from abr.controller import create
    from abr.simulate import SessionSettings, simulate
    from player.compose import Simulated, virtual
    from player.sim.agreement import column_of, differences

    shared = SessionSettings(buffer_cap_s=settings.buffer_cap_s, abandonment=settings.abandonment)
    try:
        fast = simulate(create(name), trace, video, shared)
    except ValueError as error:
        raise UsageError(str(error)) from error
    engine = virtual(Simulated(video, trace, name, settings)).log
    played = _real(trace, name, video, settings) if real else None
    return Row(trace.name, name, column_of(fast), column_of(engine), played, differences(fast, engine))


def _real(trace: Trace, name: str, video: VideoTable, settings: EngineSettings) -> Column:
    """The same on real sockets: a server on loopback behind a link that follows the trace."""
    from player.compose import Order, headless
    from player.sim.agreement import column_of
    from player.sim.served import Served
    from player.sim.title import SimTitle

    with Served(SimTitle(video)) as served:
        order = Order(served.uri, controller=name, settings=settings, trace=trace, check_media=False)
        remote = headless(order).start()
        try:
            while not remote.join(0.5):
                pass
        finally:
            remote.close()
        if (log := remote.log) is None:
            raise ContentError(f"{trace.name}, {name}: the session on real sockets never began.")
        return column_of(log)


def _show(row: Row, *, first: bool) -> None:
    """A line a session, as it comes: the columns side by side."""
    widths = (24, 12, 24, 24, 24, 8)
    if first:
        kinds = "fast, virtual, real" if row.real is not None else "fast, virtual"
        print(f"columns: {kinds}", file=sys.stderr)
        print("  ".join(name.ljust(width) for name, width in zip(COLUMNS, widths, strict=True)).rstrip())
    columns = [it for it in (row.fast, row.virtual, row.real) if it is not None]
    cells = (
        row.trace[-24:],
        row.controller,
        "  ".join(f"{it.mean_rung:.3f}" for it in columns),
        "  ".join(f"{it.stall_s:.3f}" for it in columns),
        "  ".join("-" if it.startup_s is None else f"{it.startup_s:.3f}" for it in columns),
        "PARTED" if row.parted else "same",
    )
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip(), flush=True)
    for line in row.parted:
        print(f"    {line}", flush=True)


def _document(row: Row) -> dict[str, Any]:
    return asdict(row)


def _video(name: str) -> VideoTable:
    from abr.video import VideoError, read_video

    try:
        return read_video(name)
    except VideoError as error:
        raise ContentError(f"--video: {error}") from error


def _controllers(wanted: str) -> list[str]:
    from abr.controller import UnknownController, create, names

    chosen = list(names()) if wanted == "all" else [name.strip() for name in wanted.split(",") if name.strip()]
    try:
        for name in chosen:
            create(name)
    except UnknownController as error:
        raise UsageError(f"--controllers: {error}") from error
    if not chosen:
        raise UsageError("--controllers names none")
    return chosen
