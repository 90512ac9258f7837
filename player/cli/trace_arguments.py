"""The options about traces that several commands share."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from player.cli.errors import ContentError

if TYPE_CHECKING:
    from abr.trace.model import Trace

# Spelt out, so that --help does not load the laboratory; a test holds them against abr's own.
FORMATS = (
    "sabre",
    "har",
    "report",
    "iperf3",
    "profile",
    "nustreaming",
    "gnettrack",
    "puffer",
    "greenlv",
    "csv",
    "cmcd",
    "mahimahi",
    "hsdpa",
    "cooked",
    "oboe",
)
UNITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Byte/s", "kByte/s", "MByte/s")


def add_trace_reading(parser: argparse.ArgumentParser) -> None:
    """The answers to what a file cannot say. Left out, a folder's evenflow-traces.json is asked."""
    group = parser.add_argument_group("what a recording cannot say (docs/traces.md)")
    group.add_argument(
        "--format", choices=FORMATS, metavar="NAME", help=f"by content if left out: {', '.join(FORMATS)}"
    )
    group.add_argument("--unit", choices=UNITS, help="unit of the rates, where the format's own is not what is there")
    group.add_argument("--gaps", choices=("hold", "zero", "fail"), help="recording gaps over 10 s (default hold)")
    group.add_argument(
        "--idle",
        choices=("drop", "hold", "keep"),
        help="time in which nothing was asked for: busy time only, the last rate, silence (default drop)",
    )
    group.add_argument("--direction", choices=("down", "up"), help="of a log that has both (default down)")
    group.add_argument("--rows", choices=("from", "until"), help="a row's rate holds from or until its time")
    group.add_argument("--round-trip-s", type=float, metavar="N", help="latency of recordings that carry none")


def load_traces(paths: list[str], args: argparse.Namespace) -> list[tuple[Trace, str]]:
    """Every trace under `paths`, in sorted order within a folder, each with its sha256. ContentError if one fails."""
    from abr.trace.answers import Answers
    from abr.trace.model import TraceError
    from abr.trace.read import expand, read_traces

    told = Answers(args.format, args.unit, args.gaps, args.idle, args.direction, args.rows, args.round_trip_s)
    try:
        return [(trace, _digest(path, trace)) for path in expand(paths) for trace in read_traces(path, answers=told)]
    except TraceError as error:
        raise ContentError(str(error)) from error


def _digest(path: str, trace: Trace) -> str:
    """Of the file's bytes, as sha256sum says; of a built-in trace's Sabre form."""
    from abr.trace.write import to_sabre

    file = Path(path if Path(path).exists() else path.rpartition("#")[0])
    content = file.read_bytes() if file.is_file() else to_sabre(trace).encode()
    return sha256(content).hexdigest()
