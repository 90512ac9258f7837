"""What the craft on the network brings, in virtual time: sessions with and without it over the same networks.

python -P tests/benchmarks/network.py replacement|coldstart|hedge|pipelining [--controller NAME] [--networks N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import fsum
from random import Random
from typing import Any

from abr.trace.model import Trace
from abr.trace.synthetic import builtin, builtin_names, markov
from abr.video.generate import builtin_film
from player.compose import UNWATCHED, Simulated, virtual
from player.engine.settings import EngineSettings

LEVELS_BPS = (400e3, 900e3, 2e6, 4e6, 8e6, 16e6)
FILM = builtin_film()


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over sessions. `qoe` is QoE_lin a chunk."""

    qoe: float
    mean_mbps: float
    stall_s: float
    startup_s: float
    switches: float
    fetched_mb: float
    wasted_mb: float

    @classmethod
    def of(cls, reports: Iterable[dict[str, Any]]) -> Figures:
        rows = [
            (
                it["qoe"]["lin"], it["mean_bitrate_bps"] / 1e6, it["stall_s"], it["startup_s"], it["switches"],
                it["bytes_fetched"] / 1e6, it["bytes_wasted"] / 1e6,
            )
            for it in reports
        ]  # fmt: skip
        return cls(*(fsum(column) / len(rows) for column in zip(*rows, strict=True)))

    def line(self, name: str) -> str:
        return (
            f"{name:34} QoE_lin {self.qoe:7.3f}  {self.mean_mbps:5.2f} Mbit/s  stalls {self.stall_s:6.2f} s  start "
            f"{self.startup_s:5.2f} s  switches {self.switches:5.1f}  {self.fetched_mb:6.1f} MB, {self.wasted_mb:5.1f} "
            "wasted"
        )


HEADER = "means over the sessions; QoE_lin is a session's mean over its chunks"


def networks(count: int, latency_s: float = 0.05) -> list[Trace]:
    """The built-in ones, and `count` that are drawn: each holds one of a few levels for a while."""
    drawn = []
    for seed in range(count):
        levels, hold_s = sorted(Random(seed).sample(LEVELS_BPS, 4)), (2.0, 8.0, 30.0)[seed % 3]
        drawn.append(markov(levels, hold_s, 240.0, Random(seed), latency_s=latency_s))
    return [*map(builtin, builtin_names()), *drawn]


def compare(
    traces: list[Trace], ways: dict[str, Callable[[Trace], Simulated]], show: Callable[[str], None] = print
) -> dict[str, Figures]:
    """Each way over each network, and a line for it."""
    found = {}
    for name, order in ways.items():
        found[name] = Figures.of(virtual(order(trace)).report for trace in traces)
        show(found[name].line(name))
    return found


def order(controller: str, settings: EngineSettings = UNWATCHED, **others: Any) -> Callable[[Trace], Simulated]:
    return lambda trace: Simulated(FILM, trace, controller, settings, **others)


def replacing(controller: str, count: int) -> None:
    """Low chunks that wait, fetched again."""
    compare(
        networks(count),
        {
            "as fetched": order(controller),
            "with replacement": order(controller, replace(UNWATCHED, replacement=True)),
        },
    )


def pipelining(controller: str, count: int) -> None:
    """The most that hiding every round trip could bring: the same networks with one, and with none."""
    for round_trip_s in (0.05, 0.1, 0.2):
        traces = networks(count, round_trip_s)
        compare(
            traces,
            {
                f"round trips of {1000 * round_trip_s:.0f} ms": order(controller, round_trip_s=round_trip_s),
                "  all of them hidden": order(controller, round_trip_s=0.0),
            },
        )


def cold_start(controller: str, count: int) -> None:
    """The first chunk by what the network carried before: rightly, and wrongly remembered."""
    traces = networks(count)

    def told(factor: float | None) -> Callable[[Trace], Simulated]:
        def ordered(trace: Trace) -> Simulated:
            guess_bps = None if factor is None else factor * _middle_bps(trace)
            return Simulated(FILM, trace, controller, replace(UNWATCHED, initial_estimate_bps=guess_bps))

        return ordered

    ways = {"nothing is known": told(None), "the network's median rate": told(1.0)}
    for factor in (0.1, 0.5, 2.0, 10.0, 100.0):
        ways[f"{factor:g} times that: wrong"] = told(factor)
    compare(traces, ways)


def _middle_bps(trace: Trace) -> float:
    """The rate that the network has for half of the time."""
    rows = sorted((step.rate_bps, step.duration_s) for step in trace.steps)
    half_s, passed_s = 0.5 * fsum(row[1] for row in rows), 0.0
    for rate_bps, span_s in rows:
        passed_s += span_s
        if passed_s >= half_s:
            return rate_bps
    return rows[-1][0]


PARTS = {"coldstart": cold_start, "replacement": replacing, "pipelining": pipelining}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--controller", default="evenflow")
    parser.add_argument("--networks", type=int, default=24, metavar="N", help="drawn ones beside the built-in")
    arguments = parser.parse_args()
    print(f"{arguments.controller}, {len(networks(arguments.networks))} networks; {HEADER}")
    PARTS[arguments.part](arguments.controller, arguments.networks)


if __name__ == "__main__":
    main()
