"""`evenflow trace record`: the network we are on, as a trace."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from player.cli.errors import ContentError, UsageError
from player.cli.trace_make import emit

if TYPE_CHECKING:
    from abr.trace.model import Trace
    from player.fetch.recorder import Recording

STEP_S = 0.5
LONGEST_S = 24 * 3600
LARGEST_MB = 100_000


def run(args: argparse.Namespace) -> int:
    """Record, then write the trace as --to says."""
    if not 1 <= args.seconds <= LONGEST_S:
        raise UsageError(f"--seconds {args.seconds:g}: a recording lasts from 1 s to a day")
    if not 1 <= args.limit_mb <= LARGEST_MB:
        raise UsageError(f"--limit-mb {args.limit_mb:g}: from 1 to {LARGEST_MB}")
    if not args.url.lower().startswith(("http://", "https://")):
        raise UsageError(f"{args.url[:80]!r} is no http or https address")
    trace = asyncio.run(_record(args.url, args.seconds, int(args.limit_mb * 1e6)))
    print(
        f"recorded {trace.duration_s:.1f} s: mean {trace.mean_bps / 1e6:.2f} Mbit/s ({'; '.join(trace.notes)})",
        file=sys.stderr,
    )
    return emit(trace, args)


async def _record(url: str, seconds: float, limit_bytes: int) -> Trace:
    from abr.trace.measured import measured_trace
    from abr.trace.model import TraceError
    from player.fetch.http import HttpTransport
    from player.fetch.recorder import record
    from player.fetch.transport import FetchError

    async with HttpTransport() as transport:
        try:
            recording = await record(transport, url, seconds, limit_bytes)
            return measured_trace(
                recording.downloads, recording.outages, STEP_S, name="recorded", notes=_notes(recording)
            )
        except FetchError as error:
            raise ContentError(f"nothing to record: {error}") from error
        except TraceError as error:
            raise ContentError(str(error), "name a file of some megabytes on a server that answers") from error


def _notes(recording: Recording) -> tuple[str, ...]:
    notes = ["one connection", "latency includes the server's own time"]
    if not recording.ranged:
        notes.append("the server ignores ranges: every request opened a connection, and latency includes that")
    if recording.outages:
        notes.append(f"{len(recording.outages)} failures, recorded as outages until the next answer")
    if recording.full:
        notes.append("ended early by --limit-mb")
    return tuple(notes)
