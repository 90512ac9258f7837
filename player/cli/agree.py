"""`evenflow agree`: the same sessions in the fast simulator, in the engine in virtual time, and on real sockets."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from player.cli.errors import CheckFailed, ContentError, UsageError
from player.cli.trace_arguments import add_trace_reading, load_traces

if TYPE_CHECKING:
    from abr.trace.model import Trace
    from abr.video.model import VideoTable
    from player.cli.agree_sockets import Punctuality
    from player.compose import Simulated
    from player.sim.agreement import Column, Tolerance
    from player.telemetry.report import SessionLog

EXAMPLES = """examples:
  evenflow agree
  evenflow agree --traces FOLDER --controllers bola-e,dynamic --abandon
  evenflow agree --real
  evenflow agree --real --traces FOLDER --controllers throughput --json
Simulator and virtual time must be the same on every rung, and on instants and stalls to a microsecond. Real sockets
play at the film's own speed, many sessions at once, and must come as near as docs/virtual.md says; the other two
columns then begin with the playlists, which take the link there. Exit code 1 when anything is further apart.
"""
CONTROLLERS = "fixed:2,throughput,bba-0,bola-e,robust-mpc,dynamic"
REAL_CONTROLLERS = "throughput,bba-0"
VIDEO, REAL_VIDEO = "builtin:film", "vbr:chunks=20"
COLUMNS = ("trace", "controller", "mean rung", "stall s", "start-up s", "verdict")
# What the wire adds to a request on a machine like any other; measured, docs/virtual.md.
HEADER_BYTES = 100
HELD_S = 0.008
SILENCE_TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True)
class Row:
    """One session in its columns.

    `parted` says where the first two are not the same, `apart` where real sockets are too far from virtual time.
    """

    trace: str
    controller: str
    fast: Column
    virtual: Column
    real: Column | None
    parted: list[str]
    apart: list[str]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `agree` known to the command line."""
    parser = subparsers.add_parser(
        "agree", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--traces", nargs="+", metavar="PATH", help="files, folders or builtin:NAME; else all built-in, or 20 if --real"
    )
    parser.add_argument("--controllers", metavar="A,B|all", help=f"default {CONTROLLERS}; {REAL_CONTROLLERS} if --real")
    parser.add_argument("--video", metavar="FILM", help=f"as in bench (default {VIDEO}; {REAL_VIDEO} if --real)")
    parser.add_argument("--buffer-s", type=float, default=30.0, metavar="N", help="buffer cap in seconds (default 30)")
    parser.add_argument("--abandon", action="store_true", help="give up chunks that will not make it")
    parser.add_argument("--real", action="store_true", help="a third column: real sockets through a shaped link")
    parser.add_argument("--at-once", type=int, default=10, metavar="N", help="sessions beside one another (default 10)")
    parser.add_argument("--json", action="store_true", help="the rows as JSON on standard output")
    add_trace_reading(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it. CheckFailed: simulator and engine part, or real sockets are too far from both."""
    from player.sim.agreement import Tolerance

    orders, tolerance = _orders(args), Tolerance()
    try:
        drafts = [_draft(order) for order in orders]
    except ValueError as error:
        raise UsageError(str(error)) from error
    punctual: Punctuality | None = None
    if args.real:
        wired = [_wired(order) for order in orders]
        logs, punctual = _on_sockets(wired, args.at_once)
        rows = [_row(*both, tolerance) for both in zip(drafts, wired, logs, strict=True)]
    else:
        rows = [_row(draft, None, None, tolerance) for draft in drafts]
    if args.json:
        print(json.dumps(_document(rows, tolerance, punctual), indent=2))
    else:
        _show(rows)
    _judge(rows, tolerance, punctual)
    if not args.json:
        print(_verdict(rows, tolerance, punctual))
    return 0


def _orders(args: argparse.Namespace) -> list[Simulated]:
    """Every controller over every trace, as the laboratory plays them: playlists and headers are free."""
    from player.compose import UNWATCHED, Simulated

    video = _video(args.video or (REAL_VIDEO if args.real else VIDEO))
    names = _controllers(args.controllers or (REAL_CONTROLLERS if args.real else CONTROLLERS))
    if not 1 <= args.at_once <= 64:
        raise UsageError(f"--at-once {args.at_once}: 1 to 64 sessions can be beside one another")
    try:
        settings = replace(UNWATCHED, buffer_cap_s=args.buffer_s, abandonment=args.abandon, give_up_s=60.0)
    except ValueError as error:
        raise UsageError(f"--buffer-s {args.buffer_s:g}: {error}") from error
    return [Simulated(video, trace, name, settings) for trace in _traces(args) for name in names]


def _traces(args: argparse.Namespace) -> list[Trace]:
    from abr.trace.synthetic import BUILTIN_PREFIX, builtin_names
    from player.sim.links import twenty_links

    if args.traces is None and args.real:
        return twenty_links()
    wanted = args.traces or [BUILTIN_PREFIX + name for name in builtin_names()]
    return [trace for trace, _ in load_traces(wanted, args)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A session in the laboratory's terms: both columns, and where they part."""

    order: Simulated
    fast: Column
    virtual: Column
    parted: list[str]


def _draft(order: Simulated) -> Draft:
    from player.compose import virtual
    from player.sim.agreement import column_of, differences

    fast, engine = _fast(order), virtual(order).log
    return Draft(order, column_of(fast), column_of(engine), differences(fast, engine))


def _fast(order: Simulated, start_at_s: float = 0.0) -> Any:
    from abr.controller import create
    from abr.simulate import SessionSettings, simulate

    shared = SessionSettings(
        buffer_cap_s=order.settings.buffer_cap_s, abandonment=order.settings.abandonment, start_at_s=start_at_s
    )
    return simulate(create(order.controller), order.trace, order.video, shared)


def _wired(order: Simulated) -> Simulated:
    """The same as it is on a wire."""
    return replace(
        order, playlists_on_link=True, header_bytes=HEADER_BYTES, held_s=HELD_S, silence_timeout_s=SILENCE_TIMEOUT_S
    )


def _on_sockets(orders: Sequence[Simulated], at_once: int) -> tuple[list[SessionLog], Punctuality]:
    from player.cli.agree_sockets import play_all, watching_the_clock

    film_s = orders[0].video.duration_s if orders else 0.0
    rounds = -(-len(orders) // at_once)
    print(
        f"{len(orders)} sessions of {film_s:g} s on real sockets, {at_once} at once: {rounds * film_s / 60:.0f} min or "
        "more",
        file=sys.stderr,
    )
    with watching_the_clock() as punctual:
        logs = play_all(orders, at_once, _counter(len(orders)))
    return logs, punctual


def _counter(count: int) -> Callable[[int], None]:
    if not sys.stderr.isatty():
        return lambda _over: None
    return lambda over: print(f"\r{over} of {count} over", end="\n" if over == count else "", file=sys.stderr)


def _row(draft: Draft, wired: Simulated | None, log: SessionLog | None, tolerance: Tolerance) -> Row:
    from player.compose import virtual
    from player.sim.agreement import column_of, distances

    order = draft.order
    if wired is None or log is None:
        return Row(order.trace.name, order.controller, draft.fast, draft.virtual, None, draft.parted, [])
    engine = virtual(wired).log
    # The simulator has no playlists: it begins where they have come in virtual time.
    open_s = engine.chunks[0].sample.requested_at_s if engine.chunks else 0.0
    fast, there, real = column_of(_fast(order, open_s)), column_of(engine), column_of(log)
    fast = replace(fast, startup_s=None if fast.startup_s is None else fast.startup_s + open_s)
    apart = distances(there, real, tolerance)
    return Row(order.trace.name, order.controller, fast, there, real, draft.parted, apart)


def _show(rows: Sequence[Row]) -> None:
    """The columns side by side."""
    widths = (24, 12, 24, 24, 24, 8)
    kinds = "fast, virtual, real" if rows and rows[0].real is not None else "fast, virtual"
    print(f"columns: {kinds}", file=sys.stderr)
    print("  ".join(name.ljust(width) for name, width in zip(COLUMNS, widths, strict=True)).rstrip())
    for row in rows:
        columns = [it for it in (row.fast, row.virtual, row.real) if it is not None]
        cells = (
            row.trace[-24:],
            row.controller,
            "  ".join(f"{it.mean_rung:.3f}" for it in columns),
            "  ".join(f"{it.stall_s:.3f}" for it in columns),
            "  ".join("-" if it.startup_s is None else f"{it.startup_s:.3f}" for it in columns),
            "PARTED" if row.parted else "APART" if row.apart else "near" if row.real else "same",
        )
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        for line in (*row.parted, *row.apart):
            print(f"    {line}")


def _judge(rows: Sequence[Row], tolerance: Tolerance, punctual: Punctuality | None) -> None:
    parted, apart = sum(bool(row.parted) for row in rows), sum(bool(row.apart) for row in rows)
    if parted:
        raise CheckFailed(f"{parted} of {len(rows)} sessions are not the same in simulator and engine.")
    if apart > tolerance.may_be_apart(len(rows)) and punctual is not None:
        advice = ""
        if not punctual.is_good:
            late_ms = 1e3 * punctual.quantile_s(0.99)
            advice = f"The machine was busy: one timer in a hundred rang {late_ms:.0f} ms late. Try --at-once 4."
        raise CheckFailed(
            f"{apart} of {len(rows)} sessions on real sockets are further off than {_told(tolerance)}.", advice
        )


def _told(tolerance: Tolerance) -> str:
    it = tolerance
    return f"{it.mean_rung:g} of a rung, {it.stall_s:g} s of stalls and {it.startup_s:g} s of start-up"


def _verdict(rows: Sequence[Row], tolerance: Tolerance, punctual: Punctuality | None) -> str:
    same = f"{len(rows)} sessions, the same in simulator and engine on every rung and to a microsecond"
    if punctual is None:
        return same
    gaps = _widest([row for row in rows if not row.apart])
    widest = f"at most {gaps['mean_rung']:.3f}, {gaps['stall_s']:.3f} s and {gaps['startup_s']:.3f} s"
    if apart := sum(bool(row.apart) for row in rows):
        widest += f"; {apart} apart, as up to {tolerance.may_be_apart(len(rows))} may be"
    late = (
        f"timers late by {1e3 * punctual.quantile_s(0.5):.1f} ms, 1 in 100 by {1e3 * punctual.quantile_s(0.99):.1f} ms"
    )
    return f"{same},\n  and within {_told(tolerance)} on real sockets ({widest}; {late})"


def _widest(rows: Sequence[Row]) -> dict[str, float]:
    """The widest gap between virtual time and real sockets, figure by figure."""
    real = [(row.virtual, row.real) for row in rows if row.real is not None]
    return {
        "mean_rung": max((abs(a.mean_rung - b.mean_rung) for a, b in real), default=0.0),
        "stall_s": max((abs(a.stall_s - b.stall_s) for a, b in real), default=0.0),
        "startup_s": max((abs((a.startup_s or 0.0) - (b.startup_s or 0.0)) for a, b in real), default=0.0),
    }


def _document(rows: Sequence[Row], tolerance: Tolerance, punctual: Punctuality | None) -> dict[str, Any]:
    told: dict[str, Any] = {"rows": [asdict(row) for row in rows]}
    if punctual is not None:
        late_s = {f"p{round(100 * share)}": punctual.quantile_s(share) for share in (0.5, 0.99)}
        told |= {"tolerance": asdict(tolerance), "widest": _widest(rows), "timers_late_s": late_s}
    return told


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
