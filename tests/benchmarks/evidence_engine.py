"""The same sessions in the simulator, in the engine in virtual time, and in the engine over real sockets: their shares.

    python tests/benchmarks/evidence_engine.py --traces FOLDER [--split train|test] [--count 1] [--chunks 60]
                                               [--controllers evenflow,bba-2,robust-mpc] [--real] [--at-once 9]
                                               [--out DIR]

FOLDER and the split are those of `recordings.py` beside it; of its families those whose first film is `film` take part,
since a link of half a Gbit/s says more of the machine than of the engine. `--count` recordings a family, the film's
first `--chunks` chunks, the family's cap, nothing given up. A share is the mean over families of (sum of scores / sum
of the optimum's scores) by QoE_lin.

Virtual time must give the simulator's share to a millionth. `playlists` is virtual time with the playlists on the link,
so that every chunk meets a later part of the recording. `--real` adds the engine over sockets on loopback, behind a
link that follows the recording, at the film's own speed, `--at-once` sessions beside one another: those must come
within 0.03 of the simulator. Exit code 1 when either is further off. With --out the figures go to DIR as engine.json,
engine.csv (a row a session) and engine.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from math import fsum
from pathlib import Path
from typing import Any

from recordings import FAMILIES, FILMS, Key, sessions

from abr import controller
from abr.optimum import optimum
from abr.qoe import score
from abr.qoe.score import score_of
from abr.simulate import SessionSettings, simulate
from abr.trace import Trace
from abr.video import VideoTable
from player.compose import UNWATCHED, Order, Simulated, headless, virtual
from player.engine.settings import EngineSettings
from player.sim.served import Served
from player.sim.title import SimTitle
from player.telemetry.report import SessionLog

WHO = "evenflow,bba-2,robust-mpc"
FILM = "film"
NEAR = 0.03
EXACT = 1e-6
WAYS = ("simulator", "virtual", "playlists", "sockets")


@dataclass(frozen=True, slots=True)
class Task:
    """One session of the film's beginning."""

    key: Key
    trace: Trace
    who: str
    film: VideoTable


@dataclass(frozen=True, slots=True)
class Row:
    """A session's score each way (None: not played that way), and that of the best in hindsight."""

    family: str
    recording: str
    controller: str
    best: float
    simulator: float
    virtual: float
    playlists: float
    sockets: float | None


def tasks_of(root: Path, split: str, count: int, chunks: int, who: Sequence[str]) -> list[Task]:
    """Every session, those of one recording beside one another."""
    film = beginning(FILMS[FILM], chunks)
    plain = {name for name, family in FAMILIES.items() if family.films[0][0] == FILM}
    chosen = {key: trace for key, trace in sessions(root, split, count).items() if key[0] in plain and key[2] == FILM}
    return [Task(key, trace, name, film) for key, trace in chosen.items() for name in who]


def beginning(film: VideoTable, chunks: int) -> VideoTable:
    """The film's first `chunks` chunks."""
    return replace(film, sizes_bytes=film.sizes_bytes[:chunks], qualities=film.qualities[:chunks])


def engine_settings(task: Task) -> EngineSettings:
    return replace(UNWATCHED, buffer_cap_s=task.key[3], abandonment=False, give_up_s=120.0)


def score_of_log(log: SessionLog) -> float:
    """QoE_lin of what the engine wrote down. RuntimeError: it did not play to the end."""
    if log.ladder is None or not log.chunks or log.ended != "end":
        raise RuntimeError(f"{log.trace}, {log.controller}: the session was over early ({log.ended or 'never began'})")
    chunks = sorted(log.chunks, key=lambda chunk: chunk.index)
    stall_s = fsum(stall.duration_s for stall in log.stalls)
    rungs = [chunk.rung for chunk in chunks]
    found = score_of(log.ladder, chunks[0].duration_s, rungs, stall_s, log.startup_s or 0.0, "lin")
    assert found is not None, "lin is defined for every ladder"
    return found


def in_simulator(task: Task) -> float:
    settings = SessionSettings(buffer_cap_s=task.key[3])
    return score(simulate(controller.create(task.who), task.trace, task.film, settings), "lin")


def in_virtual_time(task: Task) -> float:
    return score_of_log(virtual(Simulated(task.film, task.trace, task.who, engine_settings(task))).log)


def after_playlists(task: Task) -> float:
    order = Simulated(task.film, task.trace, task.who, engine_settings(task), playlists_on_link=True)
    return score_of_log(virtual(order).log)


def on_sockets(task: Task) -> float:
    """A server on loopback behind a link that follows the recording, and the engine with an ideal decoder."""
    with Served(SimTitle(task.film)) as served:
        settings = engine_settings(task)
        order = Order(served.uri, controller=task.who, settings=settings, trace=task.trace, check_media=False)
        remote = headless(replace(order, trace_name=task.trace.name)).start()
        try:
            while not remote.join(0.5):
                pass
        finally:
            remote.close()
        if remote.log is None:
            raise RuntimeError(f"{task.trace.name}, {task.who}: the session on real sockets never began")
        return score_of_log(remote.log)


def each(work: Callable[[Task], float], tasks: Sequence[Task], what: str, at_once: int = 1) -> list[float]:
    """Their scores in order; standard error hears how many are done."""
    done, lock = 0, threading.Lock()

    def one(task: Task) -> float:
        nonlocal done
        found = work(task)
        with lock:
            done += 1
            if sys.stderr.isatty():
                print(f"\r{what}: {done} of {len(tasks)}", end="", file=sys.stderr, flush=True)
        return found

    with ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(one, tasks))
    print(f"\r{what}: {len(tasks)} sessions", file=sys.stderr, flush=True)
    return found


def rows_of(tasks: Sequence[Task], real: bool, at_once: int) -> list[Row]:
    """Every session every way."""
    once = {task.key: task for task in tasks}
    found = each(best, list(once.values()), "best in hindsight")
    bests = dict(zip(once, found, strict=True))
    fast, engine = each(in_simulator, tasks, "simulator"), each(in_virtual_time, tasks, "virtual time")
    later = each(after_playlists, tasks, "playlists on the link")
    wired: list[Any] = each(on_sockets, tasks, "sockets", at_once) if real else [None] * len(tasks)
    return [
        Row(task.key[0], task.key[1], task.who, bests[task.key], *scores)
        for task, *scores in zip(tasks, fast, engine, later, wired, strict=True)
    ]


def best(task: Task) -> float:
    return optimum(task.trace, task.film, SessionSettings(buffer_cap_s=task.key[3]), "lin").score


def share(rows: Sequence[Row], way: str) -> float:
    """The mean over families of the ratio of sums; a family whose optimum is nothing says nothing."""
    shares = []
    for family in dict.fromkeys(row.family for row in rows):
        of = [row for row in rows if row.family == family]
        most = fsum(row.best for row in of)
        if most > 0:
            shares.append(fsum(getattr(row, way) for row in of) / most)
    return fsum(shares) / len(shares)


def facts_of(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """`controller: way: share`."""
    ways = [way for way in WAYS if all(getattr(row, way) is not None for row in rows)]
    names = dict.fromkeys(row.controller for row in rows)
    return {name: {way: share([row for row in rows if row.controller == name], way) for way in ways} for name in names}


def table(facts: dict[str, dict[str, float]], count: int) -> str:
    """Markdown, the bar and the verdict."""
    ways = list(next(iter(facts.values())))
    lines = [f"| controller | {' | '.join(ways)} | furthest off |", f"|{' --- |' * (len(ways) + 2)}"]
    for name, by_way in facts.items():
        cells = " | ".join(f"{it:.4f}" for it in by_way.values())
        lines.append(f"| {name} | {cells} | {off(by_way):.4f} |")
    what = f"share of the optimum by QoE_lin, {count} sessions; bars: virtual {EXACT:g}, sockets {NEAR:g}"
    return "\n".join([f"## The engine beside the simulator: {what}", "", *lines])


def off(by_way: dict[str, float]) -> float:
    return max(abs(it - by_way["simulator"]) for it in by_way.values())


def holds(facts: dict[str, dict[str, float]]) -> bool:
    """Both bars, for every controller."""
    return all(
        abs(by_way[way] - by_way["simulator"]) <= bar
        for by_way in facts.values()
        for way, bar in (("virtual", EXACT), ("sockets", NEAR))
        if way in by_way
    )


def write(folder: Path, rows: Sequence[Row], facts: dict[str, dict[str, float]], text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"shares": facts, "holds": holds(facts), "sessions": [asdict(row) for row in rows]}
    (folder / "engine.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "engine.md").write_text(text + "\n")
    with (folder / "engine.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--count", type=int, default=1, help="recordings a family (1)")
    parser.add_argument("--chunks", type=int, default=60, help="how much of the film is played, 2 s a chunk (60)")
    parser.add_argument("--controllers", default=WHO, help=f"({WHO})")
    parser.add_argument("--real", action="store_true", help="over real sockets too, which takes the film's own time")
    parser.add_argument("--at-once", type=int, default=9, help="sessions beside one another over sockets (9)")
    parser.add_argument("--out", type=Path, metavar="DIR")
    given = parser.parse_args(arguments)
    if min(given.count, given.chunks, given.at_once) < 1:
        parser.error("--count, --chunks and --at-once are 1 at least")
    tasks = tasks_of(given.traces, given.split, given.count, given.chunks, given.controllers.split(","))
    if not tasks:
        parser.error(f"{given.traces} holds no family of recordings.py whose first film is {FILM!r}")
    rows = rows_of(tasks, given.real, given.at_once)
    facts = facts_of(rows)
    text = table(facts, len(rows))
    print(text)
    if given.out:
        write(given.out, rows, facts, text)
    return 0 if holds(facts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
