"""Every controller against the optimum on every family of recordings: the table of the README.

    python -P tests/benchmarks/families.py --traces FOLDER [--limit N] [--jobs N] [--out DIR]

FOLDER has a folder per family, in formats that `evenflow trace info` reads. The film's ladder ends at 5.8, 25 or 160
Mbit/s, by what the family's median trace carries; films have 150 chunks of 2 s. The buffer's cap is 30 s. A cell is the
mean score over the optimum's mean score (QoE_lin), in per cent; the JSON has stall ratios beside. Markdown goes to
stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from statistics import median

from abr import controller
from abr.lab import Cell, Suite, run_suite
from abr.lab.limit import evenly
from abr.lab.store import Store
from abr.optimum import optimum
from abr.simulate import SessionSettings
from abr.trace import Trace, expand, read_traces
from abr.video import read_video
from abr.video.model import VideoTable

FILMS = (
    (6e6, "builtin:film"),
    (60e6, "vbr:chunks=150,chunk_s=2,ladder=400-900-2000-4500-9000-16000-25000,seed=1"),
    (float("inf"), "vbr:chunks=150,chunk_s=2,ladder=2000-5000-10000-20000-40000-80000-160000,seed=1"),
)
"""The film for families whose median trace carries at most so much: a ladder says something about a network only where
its top is about what the network carries."""
NOT_FAMILIES = ("videos",)
OPTIMUM = "optimum"


@dataclass(frozen=True, slots=True)
class Family:
    """One folder's traces and what is played over them."""

    name: str
    traces: tuple[Trace, ...]
    film: VideoTable


@dataclass(frozen=True, slots=True)
class Result:
    """Means over the sessions of one family, by controller; `margin` is what the optimum's search left open."""

    scores: dict[str, float]
    stall_ratios: dict[str, float]
    margin: float

    def share(self, name: str) -> float:
        """Of the optimum's mean score."""
        return self.scores[name] / self.scores[OPTIMUM] if self.scores[OPTIMUM] > 0 else float("nan")


def family(folder: Path, limit: int) -> Family:
    """At most `limit` traces of a folder, evenly over its order."""
    traces = [trace for path in expand([str(folder)]) for trace in read_traces(path)]
    chosen = tuple(evenly(traces, limit))
    carried_bps = median(trace.mean_bps for trace in traces)
    return Family(folder.name, chosen, read_video(next(film for most, film in FILMS if carried_bps <= most)))


def result(cells: list[Cell], names: list[str]) -> Result:
    """Means over one family's cells."""
    count = len(cells)
    scores = {name: fsum(cell.outcomes[k].score for cell in cells) / count for k, name in enumerate(names)}
    stalls = {
        name: fsum(cell.outcomes[k].metrics.stall_ratio for cell in cells) / count for k, name in enumerate(names)
    }
    best = [cell.optimum for cell in cells if cell.optimum is not None]
    scores[OPTIMUM] = fsum(it.score for it in best) / count
    stalls[OPTIMUM] = fsum(it.metrics.stall_ratio for it in best) / count
    upper = fsum(cell.upper for cell in cells if cell.upper is not None) / count
    return Result(scores, stalls, upper - scores[OPTIMUM])


def table(results: dict[str, Result], names: list[str]) -> str:
    """Markdown: a row per controller, the best mean first; a column per family."""
    means = {name: fsum(it.share(name) for it in results.values()) / len(results) for name in names}
    lines = ["| controller | " + " | ".join(results) + " | mean |", "| --- |" + " --- |" * (len(results) + 1)]
    for name in sorted(names, key=lambda name: -means[name]):
        cells = [f"{100 * it.share(name):.0f}" for it in results.values()]
        lines.append(f"| `{name}` | " + " | ".join([*cells, f"{100 * means[name]:.0f}"]) + " |")
    best = [f"{it.scores[OPTIMUM]:.2f} (+{it.margin:.2f})" for it in results.values()]
    lines.append("| optimum per chunk (margin) | " + " | ".join([*best, ""]) + " |")
    return "\n".join(lines)


def main() -> int:
    """Run all families."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, required=True, metavar="FOLDER", help="a folder with a folder a family")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="traces of a family (default 20)")
    parser.add_argument("--controllers", default="all", metavar="A,B|all")
    parser.add_argument("--jobs", type=int, metavar="N")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keeps finished sessions and families.json")
    args = parser.parse_args()
    names = list(controller.names()) if args.controllers == "all" else args.controllers.split(",")
    store = Store.at(args.out / "sessions") if args.out else None
    results: dict[str, Result] = {}
    for folder in sorted(it for it in args.traces.iterdir() if it.is_dir() and it.name not in NOT_FAMILIES):
        it = family(folder, args.limit)
        suite = Suite(it.traces, tuple(names), (it.film,), SessionSettings(), "lin", optimum)
        results[it.name] = result(run_suite(suite, args.jobs, None, store), names)
        print(f"{it.name}: {len(it.traces)} traces", file=sys.stderr, flush=True)
    print(table(results, names))
    if args.out:
        figures = {
            name: {"scores": it.scores, "stall_ratios": it.stall_ratios, "margin": it.margin}
            for name, it in results.items()
        }
        (args.out / "families.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
