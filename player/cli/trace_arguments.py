"""The options about traces that several commands share."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from player.cli.errors import ContentError

if TYPE_CHECKING:
    from abr.trace.model import Trace


def add_trace_reading(parser: argparse.ArgumentParser) -> None:
    """--format, --unit and --gaps: the answers to what a file cannot say."""
    parser.add_argument(
        "--format",
        choices=("sabre", "cooked", "oboe", "mahimahi", "greenlv", "nustreaming"),
        help="by content if left out",
    )
    units = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Byte/s", "kByte/s", "MByte/s")
    parser.add_argument("--unit", choices=units, help="unit of the rates, where the format's own is not what is there")
    parser.add_argument("--gaps", choices=("hold", "zero", "fail"), default="hold", help="recording gaps over 10 s")


def load_traces(paths: list[str], args: argparse.Namespace) -> list[tuple[Trace, str]]:
    """Every trace under `paths`, in sorted order within a folder, each with its sha256. ContentError if one fails."""
    from abr.trace.model import TraceError
    from abr.trace.read import expand, read_traces

    try:
        return [
            (trace, _digest(path, trace))
            for path in expand(paths)
            for trace in read_traces(path, args.format, args.unit, args.gaps)
        ]
    except TraceError as error:
        raise ContentError(str(error)) from error


def _digest(path: str, trace: Trace) -> str:
    """Of the file's bytes, as sha256sum says; of a built-in trace's Sabre form."""
    from abr.trace.write import to_sabre

    file = Path(path if Path(path).exists() else path.rpartition("#")[0])
    content = file.read_bytes() if file.is_file() else to_sabre(trace).encode()
    return sha256(content).hexdigest()
