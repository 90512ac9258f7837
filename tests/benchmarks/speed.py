"""Decisions per second of CPU time on one core: the single simulator and the batch, rule by rule.

    python -P tests/benchmarks/speed.py            a table
    python -P tests/benchmarks/speed.py --json     the same as JSON

Every row is timed `--repeat` times (process time, so that a busy machine counts for less), the rows in turn, after one
run that is not counted; the median and the best are told. Links and films come from a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median

import numpy as np

from abr import controller
from abr.simulate import SessionSettings, simulate
from abr.simulate.batch import BATCHED, simulate_batch
from abr.trace import Trace
from abr.trace.synthetic import markov
from abr.video import VideoTable, builtin_film

SEED = 1
LINKS = 200
STARTS_PER_LINK = 20
LINK_S = 300.0
LEVELS_BPS = (0.3e6, 0.8e6, 1.5e6, 2.5e6, 4e6, 6e6, 9e6)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to time: `run` plays `decisions` decisions."""

    simulator: str
    rule: str
    note: str
    decisions: int
    run: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> list[float]:
        """Decisions per CPU second, run by run."""
        return [self.decisions / it for it in self.seconds]


def links(count: int) -> list[Trace]:
    """Links between 0.3 and 9 Mbit/s that hold a rate for 5 s on average, five minutes each."""
    rng = Random(SEED)
    return [markov(LEVELS_BPS, 5.0, LINK_S, rng) for _ in range(count)]


def rows(traces: Sequence[Trace], video: VideoTable, per_rule: int) -> Iterator[Row]:
    """Everything that there is to time; `per_rule` sessions of the single simulator."""
    alone = [("bola-basic", False), ("bola-e", False), ("bola-e", True), ("robust-mpc", False)]
    chunks = len(video.sizes_bytes)
    for rule, abandonment in alone:
        if rule in controller.names():
            note, settings = "with abandonment" if abandonment else "", SessionSettings(abandonment=abandonment)
            few = traces[: max(1, per_rule // 4)] if rule == "robust-mpc" else traces[:per_rule]
            yield Row("single", rule, note, len(few) * chunks, _alone(rule, few, video, settings))
    many = [trace for trace in traces for _ in range(STARTS_PER_LINK)]
    starts_s = np.random.default_rng(SEED).uniform(0.0, LINK_S, len(many))
    for rule in BATCHED:
        note = f"{len(many):,} sessions"
        yield Row("batch", rule, note, len(many) * chunks, _together(rule, many, video, starts_s))


def _alone(rule: str, traces: Sequence[Trace], video: VideoTable, settings: SessionSettings) -> Callable[[], object]:
    return lambda: [simulate(controller.create(rule), trace, video, settings) for trace in traces]


def _together(rule: str, traces: Sequence[Trace], video: VideoTable, starts_s: np.ndarray) -> Callable[[], object]:
    return lambda: simulate_batch(rule, traces, video, SessionSettings(), starts_s)


def measure(todo: Sequence[Row], repeat: int) -> None:
    """Time every row `repeat` times, in turn, so that a busy moment does not fall on one of them alone."""
    for turn in range(repeat + 1):
        for row in todo:
            began_s = time.process_time()
            row.run()
            if turn:
                row.seconds.append(time.process_time() - began_s)


def as_json(todo: Sequence[Row]) -> str:
    """The figures, and what they were measured with."""
    machine = {"python": platform.python_version(), "numpy": np.__version__, "processor": processor()}
    figures = [
        {
            "simulator": row.simulator,
            "rule": row.rule,
            "note": row.note,
            "decisions": row.decisions,
            "median_per_s": round(median(row.per_second)),
            "best_per_s": round(max(row.per_second)),
        }
        for row in todo
    ]
    return json.dumps({"seed": SEED, "machine": machine, "rows": figures}, indent=2)


def as_table(todo: Sequence[Row]) -> str:
    """The figures for a reader."""
    lines = [f"{'simulator':10} {'rule':12} {'':17} {'median /s':>12} {'best /s':>12}"]
    for row in todo:
        figures = f"{median(row.per_second):12,.0f} {max(row.per_second):12,.0f}"
        lines.append(f"{row.simulator:10} {row.rule:12} {row.note:17} {figures}")
    where = f"Python {platform.python_version()}, numpy {np.__version__}, {processor()}"
    return "\n".join([*lines, "", f"decisions per second of CPU time on one core; seed {SEED}; {where}"])


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="decisions per second of CPU time, simulator by simulator")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="timed runs per row (5)")
    parser.add_argument("--sessions", type=int, default=40, metavar="N", help="sessions per single-simulator run (40)")
    chosen = parser.parse_args(arguments)
    if chosen.repeat < 1 or not 1 <= chosen.sessions <= LINKS:
        parser.error(f"--repeat is 1 or more, --sessions between 1 and {LINKS}")
    todo = list(rows(links(LINKS), builtin_film(), chosen.sessions))
    measure(todo, chosen.repeat)
    print(as_json(todo) if chosen.json else as_table(todo))


if __name__ == "__main__":
    main(sys.argv[1:])
