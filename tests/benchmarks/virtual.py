"""How fast the engine plays in virtual time: chunks per second of this process's CPU, over a stated mix of sessions.

python -P tests/benchmarks/virtual.py [--controllers A,B] [--film NAME] [--json]

The mix: every controller of `CONTROLLERS` over the built-in traces, with abandonment on, as the product has it. What
counts is the engine with its simulated link, servers and output, opening and log included. Each controller's answers
are taken down in a first run and replayed in those that are timed: what a rule costs is `speed.py`'s to say. A
film's playlists are read once a process and remembered; the first reading is printed apart, and so is the report.
"""

from __future__ import annotations

import argparse
import functools
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from abr.controller import create
from abr.trace.model import Trace
from abr.trace.synthetic import builtin, builtin_names
from abr.video.generate import builtin_video
from abr.video.model import VideoTable
from player.compose import UNWATCHED, Simulated, play_virtually, virtual
from player.presentation import remembered
from player.sim.loop import run
from player.telemetry.report import SessionLog, report

CONTROLLERS = "fixed:2,throughput,bba-0,bola-e,robust-mpc,dynamic,evenflow"
ROUNDS = 5


Answer = Callable[[Any], Any]


class Tape:
    """A controller that writes down what another one answers, or says the same again."""

    def __init__(self, name: str, answers: list[Any], *, again: bool) -> None:
        self.name = name
        inner, tape = create(name), iter(answers)
        for verb in ("decide", "abandon", "never_abandons"):
            if callable(getattr(inner, verb, None)):
                setattr(self, verb, _replayed(tape) if again else _noted(getattr(inner, verb), answers))

    decide: Answer


def _replayed(tape: Iterator[Any]) -> Answer:
    return lambda _seen: next(tape)


def _noted(answer: Answer, answers: list[Any]) -> Answer:
    def noted(seen: Any) -> Any:
        answers.append(answer(seen))
        return answers[-1]

    return noted


def play(order: Simulated, answers: list[Any], *, again: bool = True) -> SessionLog:
    """One session, its controller's answers noted or replayed."""
    log: SessionLog = run(play_virtually(order, Tape(order.controller, answers, again=again)))
    return log


def cpu_s(act: Callable[[], object]) -> float:
    """CPU seconds of the best of a few rounds: a busy machine makes it slower, nothing makes it faster."""
    best = float("inf")
    for _ in range(ROUNDS):
        began_s = time.process_time()
        act()
        best = min(best, time.process_time() - began_s)
    return best


def measure(video: VideoTable, trace: Trace, controller: str) -> dict[str, Any]:
    """A session in figures, with abandonment and without."""
    found: dict[str, Any] = {"controller": controller, "trace": trace.name}
    for name, abandonment in (("unwatched_cpu_s", False), ("cpu_s", True)):
        order = Simulated(video, trace, controller, replace(UNWATCHED, abandonment=abandonment))
        answers: list[Any] = []
        log = play(order, answers, again=False)
        found[name] = cpu_s(functools.partial(play, order, answers))
    return found | {"chunks": len(log.chunks), "report_cpu_s": cpu_s(lambda: report(log, "0"))}


def first_reading_s(video: VideoTable, trace: Trace) -> float:
    """What the playlists cost the first time, beside the second."""
    order = Simulated(video, trace, "fixed:0")

    def afresh() -> None:
        remembered.forget()
        virtual(order)

    return cpu_s(afresh) - cpu_s(lambda: virtual(order))


def main() -> None:
    """Measure the mix and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--controllers", default=CONTROLLERS)
    parser.add_argument("--film", default="film")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    video = builtin_video(args.film)
    traces = [builtin(name) for name in builtin_names()]
    rows = [measure(video, trace, name) for name in args.controllers.split(",") for trace in traces]
    chunks = sum(row["chunks"] for row in rows)
    totals = {key: chunks / sum(row[key] for row in rows) for key in ("cpu_s", "unwatched_cpu_s")}
    told = {
        "python": platform.python_version(),
        "film": video.name,
        "chunks": chunks,
        "chunks_per_cpu_s": round(totals["cpu_s"]),
        "chunks_per_cpu_s_unwatched": round(totals["unwatched_cpu_s"]),
        "report_us_a_chunk": round(1e6 * sum(row["report_cpu_s"] for row in rows) / chunks, 1),
        "first_reading_us_a_chunk": round(1e6 * first_reading_s(video, traces[0]) / len(video.sizes_bytes), 1),
        "sessions": rows,
    }
    if args.json:
        print(json.dumps(told, indent=2))
        return
    print(f"Python {told['python']}, {video.name}: {len(rows)} sessions, {chunks} chunks, a tape for a controller")
    for row in rows:
        rate, unwatched = row["chunks"] / row["cpu_s"], row["chunks"] / row["unwatched_cpu_s"]
        print(f"  {row['controller']:12} {row['trace']:22} {rate:8,.0f} chunks/s, unwatched {unwatched:8,.0f}")
    print(f"  the mix, abandonment on: {totals['cpu_s']:,.0f} chunks per CPU second")
    print(f"  the mix, abandonment off: {totals['unwatched_cpu_s']:,.0f} chunks per CPU second")
    print(
        f"  beside that: {told['report_us_a_chunk']} us a chunk for the report; playlists that are read for the first"
    )
    print(f"  time: {told['first_reading_us_a_chunk']} us a chunk of the film, all its rungs")


if __name__ == "__main__":
    main()
