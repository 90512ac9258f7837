"""What `play` and `demo` share: the options of a session, and playing one headless or in a window."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from player.cli.errors import CheckFailed, ContentError, MachineError, UsageError

if TYPE_CHECKING:
    from player.compose import Order
    from player.engine.thread import EngineThread
    from player.telemetry.record import ChunkRecord

DEMO_ACCOUNT = ("demo", "evenflow")


def add_session_options(parser: argparse.ArgumentParser) -> None:
    """The options of one session."""
    parser.add_argument("--headless", action="store_true", help="no window: an ideal decoder, a line a chunk")
    parser.add_argument(
        "--controller",
        metavar="NAME",
        default="evenflow",
        help="who chooses the rungs (default evenflow), or a plug-in, as mine.py:Class",
    )
    parser.add_argument(
        "--trace", metavar="FILE", help="put a link shaped by this trace (a file, or builtin:NAME) before the edges"
    )
    parser.add_argument(
        "--unit", help="the trace's unit of rate, where its format does not tell (bps, kbps, Mbps, MB/s)"
    )
    parser.add_argument("--seconds", type=float, metavar="N", help="end after N seconds of media")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="0.25 to 4 (default 1)")
    parser.add_argument("--buffer-s", type=float, default=30.0, metavar="N", help="the most media ahead (default 30)")
    parser.add_argument(
        "--cmcd", choices=("headers", "query", "off"), default="headers", help="how servers are told of the session"
    )
    parser.add_argument(
        "--no-network-memory", action="store_true", help="neither use nor keep what this network carried before"
    )
    parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the session report there")
    parser.add_argument("--json", action="store_true", help="print the session report on stdout")
    parser.add_argument("--audio", metavar="LANG", help="audio language, such as de")
    parser.add_argument(
        "--audio-delay", type=float, default=0.0, metavar="S", help="the sound S seconds later; below 0 earlier"
    )
    parser.add_argument("--subtitles", metavar="LANG", help="show subtitles in this language")
    parser.add_argument("--no-hwdec", action="store_true", help="decode in software")
    parser.add_argument("--screenshot", type=Path, metavar="FILE.png", help="picture of the window at the end")
    parser.add_argument("--stats", action="store_true", help="show the statistics from the start (key: i)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the bundled backend's folder")


def order_of(arguments: argparse.Namespace, title: str) -> Order:
    """The order that the options make. Raises: usage errors in words."""
    from abr.controller import UnknownController, create
    from player.compose import Order
    from player.engine.settings import EngineSettings
    from player.network_memory import NetworkMemory, default_path

    try:
        create(arguments.controller)
        settings = EngineSettings(
            buffer_cap_s=arguments.buffer_s,
            stop_after_s=_positive(arguments.seconds),
            speed=arguments.speed,
            give_up_s=30.0,
            audio_language=arguments.audio,
            audio_delay_s=arguments.audio_delay,
            subtitle_language=arguments.subtitles,
            cmcd=arguments.cmcd,
        )
    except (UnknownController, ValueError) as error:
        raise UsageError(str(error), "see: evenflow play --help") from error
    return Order(
        title,
        controller=arguments.controller,
        settings=settings,
        trace=_trace(arguments.trace, arguments.unit) if arguments.trace else None,
        trace_name=Path(arguments.trace).name if arguments.trace else None,
        memory=None if arguments.no_network_memory else NetworkMemory(default_path()),
    )


def _positive(seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise UsageError(f"--seconds wants a number above 0, not {seconds:g}")
    return seconds


def _trace(name: str, unit: str | None) -> Any:
    from abr.trace.model import TraceError
    from abr.trace.read import read_trace
    from abr.trace.synthetic import builtin

    try:
        if name.startswith("builtin:"):
            return builtin(name.removeprefix("builtin:"))
        return read_trace(name, unit=unit)
    except (TraceError, ValueError, OSError) as error:
        raise ContentError(
            f"The trace can't be read: {error}.", "evenflow trace info --help tells the formats."
        ) from error


def play_headless(remote: EngineThread, arguments: argparse.Namespace) -> int:
    """Play to the end, a line a chunk on stderr, the summary on stdout."""
    remote.start()
    shown, told = 0, ""
    try:
        while not remote.join(0.2):
            shown = _show(remote, shown)
            told = _tell(remote, told)
    except KeyboardInterrupt:
        remote.close()
        deliver(remote.report(), arguments)
        raise
    _show(remote, shown)
    return conclude(remote, arguments)


def conclude(remote: EngineThread, arguments: argparse.Namespace) -> int:
    """Write the report, say how it went, and fail when the session failed."""
    from player.engine.errors import ControllerBroken

    document = remote.report()
    if document:
        deliver(document, arguments)
    problem = remote.snapshot().problem
    if problem is not None and problem.fatal:
        if problem.code == ControllerBroken.code:
            raise CheckFailed(problem.message, problem.advice)
        raise ContentError(problem.message, problem.advice)
    return 0


def _tell(remote: EngineThread, told: str) -> str:
    """What goes wrong is said while it is being mended, so that waiting has a reason."""
    problem = remote.snapshot().problem
    if problem is None or problem.fatal or problem.message == told:
        return told
    print(f"  {problem.message}. {problem.advice}", file=sys.stderr, flush=True)
    return problem.message


def _show(remote: EngineThread, shown: int) -> int:
    chunks = remote.chunks_since(shown)
    for chunk in chunks:
        print(chunk_line(chunk), file=sys.stderr, flush=True)
    return shown + len(chunks)


def chunk_line(chunk: ChunkRecord) -> str:
    """One chunk as a person reads it."""
    sample = chunk.sample
    return (
        f"{sample.finished_at_s:7.2f} s  chunk {chunk.index:<4d} rung {chunk.rung}"
        f"  {chunk.bitrate_bps / 1e6:5.2f} Mbit/s"
        f"  {chunk.size_bytes / 1e3:7.0f} kB in {sample.duration_s:5.2f} s ({sample.goodput_bps / 1e6:6.2f} Mbit/s)"
        f"  buffer {chunk.buffer_s:5.1f} s  {chunk.edge}  {chunk.decision.reason.text}"
    )


def deliver(document: dict[str, Any], arguments: argparse.Namespace) -> None:
    """The report where it was asked for, and a summary for a person."""
    if arguments.report:
        write_report(document, arguments.report)
    if arguments.json:
        print(json.dumps(document, indent=2))
        return
    for line in summary(document):
        print(line)
    if arguments.report:
        print(f"report      {arguments.report}")


def write_report(document: dict[str, Any], path: Path) -> None:
    """Whole or not at all: a reader never sees half a report."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".report-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise MachineError(
            f"The report can't be written to {path}: {error.strerror}.", "Choose another place."
        ) from error


def summary(document: dict[str, Any]) -> list[str]:
    """A session in a few lines."""
    mean = document["mean_bitrate_bps"]
    startup = document["startup_s"]
    rows = [
        ("title", f"{document['title']}, {document['played_s']:.1f} s played, ended: {document['ended']}"),
        ("controller", document["controller"] + (f" on {document['trace']}" if document["trace"] else "")),
        ("start-up", f"{startup:.2f} s" if startup is not None else "never started"),
        ("stalls", f"{len(document['stalls'])} ({document['stall_s']:.2f} s)"),
        (
            "bit rate",
            f"{mean / 1e6:.2f} Mbit/s on average, {document['switches']} switches" if mean else "nothing came",
        ),
        ("bytes", f"{document['bytes_fetched'] / 1e6:.1f} MB fetched, {document['bytes_wasted'] / 1e6:.1f} MB wasted"),
        ("edges", ", ".join(document["edges"]) or "none"),
    ]
    rows += [
        ("edge switch", f"at {s['at_s']:.1f} s, chunk {s['chunk']}: {s['old']} -> {s['new']} ({s['why']})")
        for s in document["edge_switches"]
    ]
    if (score := document["qoe"]["lin"]) is not None and math.isfinite(score):
        rows.append(("QoE_lin", f"{score:.2f} a chunk"))
    return [f"{name:<11} {text}" for name, text in rows]


def window_or_reason(arguments: argparse.Namespace) -> str | None:
    """None when a window can be shown; otherwise why not and what would help, in one line."""
    from player import machine

    if arguments.headless:
        return "headless, as asked"
    lacking = machine.window_lacks()
    if not lacking:
        return None
    return "no window: " + "; ".join(f"{fact.name}: {fact.advice or fact.value}" for fact in lacking)


def play_in_window(arguments: argparse.Namespace, **options: Any) -> int:
    """Hand over to the window; the report of what was played is delivered when it closes."""
    import importlib

    # By name: the window knows the player, never the other way round (an import contract holds it).
    try:
        launch = importlib.import_module("ui.launch")
        machine = importlib.import_module("ui.machine")
    except ImportError as error:
        raise MachineError(
            f"The window can't be shown: {error}.", "evenflow doctor says how to get what is missing."
        ) from error
    hwdec = "no" if arguments.no_hwdec else "auto-safe"
    try:
        code, document = launch.run(
            seconds=arguments.seconds, screenshot=arguments.screenshot, hwdec=hwdec, stats=arguments.stats, **options
        )
    except machine.MachineMissing as error:
        raise MachineError(str(error), "Or play it headless: add --headless.") from error
    if document:
        deliver(document, arguments)
    return int(code)
