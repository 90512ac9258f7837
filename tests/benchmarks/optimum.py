"""How long the best in hindsight takes: CPU seconds, peak memory and margin of every session, as a table."""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from statistics import median

from abr.lab.limit import evenly
from abr.optimum import Optimum, optimum
from abr.simulate import SessionSettings
from abr.trace import Trace, builtin, builtin_names, expand, read_trace
from abr.video import VideoTable, builtin_film, read_video

HEAD = f"{'trace':36} {'score':6} {'cpu s':>7} {'MiB':>6} {'searches':>8} {'optimum':>10} {'margin %':>8}"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", metavar="FOLDER", help="recorded traces; otherwise those that come along")
    parser.add_argument("--limit", type=int, default=12, help="at most so many traces, evenly over the folder")
    parser.add_argument("--video", metavar="FILE", help="a table of chunk sizes; otherwise the built-in film")
    parser.add_argument("--qoe", default="lin,soda", help="scores, with commas between them")
    parser.add_argument("--cap", type=float, default=30.0, help="the buffer's limit in seconds")
    parser.add_argument("--memory", action="store_true", help="traced memory, too: each session is searched once more")
    return parser.parse_args(arguments)


def traces(folder: str | None, limit: int) -> Iterator[Trace]:
    if folder is None:
        yield from (builtin(name) for name in builtin_names())
    else:
        yield from (read_trace(path) for path in evenly(expand([folder]), limit))


def peak_mib(trace: Trace, video: VideoTable, settings: SessionSettings, qoe: str) -> float:
    """What one search allocates at most; tracing slows it down, so it is not the one that is timed."""
    tracemalloc.start()
    optimum(trace, video, settings, qoe)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def row(trace: Trace, found: Optimum, took_s: float, mib: float) -> str:
    share = 100.0 * found.margin / max(abs(found.score), 1e-9)
    name = trace.name[-36:]
    return f"{name:36} {found.qoe:6} {took_s:7.2f} {mib:6.1f} {found.searches:8} {found.score:10.4f} {share:8.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = options(arguments)
    video = read_video(chosen.video) if chosen.video else builtin_film()
    settings = SessionSettings(buffer_cap_s=chosen.cap)
    seconds: list[float] = []
    print(f"{video.name}: {len(video.sizes_bytes)} chunks, {len(video.ladder)} rungs, buffer up to {chosen.cap:g} s")
    print(HEAD)
    for trace in traces(chosen.traces, chosen.limit):
        for qoe in chosen.qoe.split(","):
            begun_s = time.process_time()
            found = optimum(trace, video, settings, qoe)
            seconds.append(time.process_time() - begun_s)
            mib = peak_mib(trace, video, settings, qoe) if chosen.memory else float("nan")
            print(row(trace, found, seconds[-1], mib), flush=True)
    if seconds:
        print(f"median {median(seconds):.2f} s, worst {max(seconds):.2f} s of {len(seconds)} sessions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
