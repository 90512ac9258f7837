"""Everything that is claimed of the Evenflow controller, in one command: scores, differences, troubles, forecasts.

    python tests/benchmarks/evidence.py --traces FOLDER [--split test|train] [--count 6] [--out DIR] [--jobs 2]
                                        [--parts scores,differences,troubles,forecasts,ablation,engine] [--kept FILE]
                                        [--real]

FOLDER, the split, films and caps are those of `recordings.py` beside it. The parts:

- scores: families by controllers under each of lin, log, soda and vmaf (a modelled quality, `abr.video.generate`), with
  every family's 95 % bootstrap interval; evenflow plans for the score that it is judged by.
- differences: evenflow less each peer on the same recordings, share of the optimum under lin, with paired intervals.
- troubles: the same under lin with one thing wrong (`TROUBLES` of evidence_troubles.py).
- forecasts: how often the next transfer's rate fell below each quantile that evenflow had given it.
- ablation: evenflow with one part changed (`ABLATION` below).
- engine: a few of the sessions in the engine in virtual time, and with --real over sockets (evidence_engine.py).

Tables go to standard output; with --out also to DIR as evidence.json, evidence.csv and tables.md. Optima are remembered
in --kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum, log
from pathlib import Path
from typing import Any

from evidence_engine import facts_of, rows_of, table, tasks_of
from evidence_troubles import TROUBLES, Seeing
from recordings import FILMS, Key, sessions

from abr import controller
from abr.controller import Controller
from abr.controllers.evenflow import Evenflow, Settings, Weights
from abr.estimators.distribution import Law
from abr.model import Decision, Observation
from abr.optimum import optimum
from abr.qoe import Film, bootstrap_mean, qoe
from abr.simulate import SessionSettings, simulate
from abr.trace import Trace
from abr.video import VideoTable
from abr.video.generate import vmaf

PARTS = ("scores", "differences", "troubles", "forecasts", "ablation", "engine")
SCORES = ("lin", "log", "soda", "vmaf")
EVENFLOW = "evenflow"
PEERS = ("bba-0", "bba-2", "bola-e", "dynamic", "robust-mpc", "fugu", "soda")
TROUBLED = (EVENFLOW, "bba-2", "robust-mpc", "fugu", "dynamic")
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

_BASE = Settings()
ABLATION: dict[str, Settings] = {
    "whole": _BASE,
    "no memory of spread": Settings(bank=replace(_BASE.bank, memory=0.02)),
    "no scale learnt": Settings(bank=replace(_BASE.bank, spreads=(0.2,), prior=(1.0,))),
    "last rate kept": Settings(bank=replace(_BASE.bank, stays=1.0, returns=0.0, keep_most=0.999)),
    "no carry-over": Settings(bank=replace(_BASE.bank, stays=0.0, returns=1.0)),
    "one carry-over": Settings(bank=replace(_BASE.bank, stays=0.0, returns=0.0)),
    "4 chunks, then nothing": Settings(fineness=replace(_BASE.fineness, reach=1, steps=0, first=1)),
    "a reach of 60": Settings(fineness=replace(_BASE.fineness, reach=60)),
    "one rate": Settings(fineness=replace(_BASE.fineness, slowest=-0.02, quickest=0.02)),
    "half the stall's price": Settings(),
}


# ---- one session


@dataclass(frozen=True, slots=True)
class Task:
    """One session: who plays what, judged how, with what wrong."""

    key: Key
    trace: Trace
    who: str
    metric: str = "lin"
    trouble: str = "as it is"


@dataclass(frozen=True, slots=True)
class Came:
    """A session's score, its standstill and length in seconds, its switches, and its mean rate."""

    score: float
    stall_s: float
    length_s: float
    switches: int
    mean_bps: float


def film_of(task: Task) -> VideoTable:
    film = FILMS[task.key[2]]
    if task.metric == "vmaf":
        # Of middling complexity throughout: the films' own weights are not kept.
        row = tuple(vmaf(rate, 0.0) for rate in film.ladder.bitrates_bps)
        film = replace(film, qualities=(row,) * len(film.sizes_bytes), quality_name="vmaf")
    change = TROUBLES[task.trouble].film
    return change(film) if change else film


def link_of(task: Task) -> Trace:
    change = TROUBLES[task.trouble].link
    return change(task.trace) if change else task.trace


def settings_of(task: Task) -> SessionSettings:
    return SessionSettings(buffer_cap_s=task.key[3])


def weights_of(metric: str, film: VideoTable) -> Weights:
    """The score as evenflow's objective."""
    if metric == "soda":
        # Its utility is a logarithm between 0 and 1, so everything is in units of the ladder's whole span.
        span = log(film.ladder.bitrates_bps[-1] / film.ladder.bitrates_bps[0])
        return Weights("log", stall=10.0 * span / film.chunk_duration_s, step=0.0, switch=span)
    if metric == "vmaf":
        return Weights("quality")
    return Weights(metric)


def made(task: Task) -> Controller:
    if task.who == EVENFLOW:
        rule: Controller = Evenflow(Settings(weights_of(task.metric, film_of(task))))
    elif task.who == "half the stall's price":
        rule = Evenflow(Settings(Weights(stall=film_of(task).ladder.bitrates_bps[-1] / 2e6)))
    elif task.who in ABLATION:
        rule = Evenflow(ABLATION[task.who])
    else:
        rule = controller.create(task.who)
    glass = TROUBLES[task.trouble].glass
    return Seeing(rule, glass) if glass else rule


def play(task: Task) -> Came:
    """Plays it."""
    result = simulate(made(task), link_of(task), film_of(task), settings_of(task))
    stall_s = fsum(stall.duration_s for stall in result.stalls)
    rungs = [chunk.rung for chunk in result.chunks]
    switches = sum(a != b for a, b in pairwise(rungs))
    mean_bps = fsum(chunk.bitrate_bps for chunk in result.chunks) / len(result.chunks)
    judged = qoe(task.metric).score(Film.of(film_of(task)), rungs, stall_s, result.startup_s)
    return Came(judged, stall_s, result.ended_at_s, switches, mean_bps)


def best(task: Task) -> float:
    """The best in hindsight."""
    return optimum(link_of(task), film_of(task), settings_of(task), task.metric).score


class Listening(Evenflow):
    """Notes what it expects of every transfer, and what then came."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: Law | None = None
        self.passed: list[tuple[bool, ...]] = []

    def decide(self, observation: Observation) -> Decision:
        if self.expected is not None and observation.samples:
            sample = observation.samples[-1]
            came_bps = 8.0 * sample.size_bytes / max(sample.transfer_s, 1e-3)
            self.passed.append(tuple(came_bps <= self.expected.rate_bps(share) for share in QUANTILES))
        decision = super().decide(observation)
        self.expected = self._bank.law(observation.chunk_duration_s) if self._bank.last is not None else None
        return decision


def listen(task: Task) -> list[tuple[bool, ...]]:
    """For each transfer, whether its rate stayed below each of the quantiles that were given for it."""
    ears = Listening()
    simulate(ears, task.trace, film_of(task), settings_of(task))
    return ears.passed


# ---- many sessions


class Workers:
    """Processes, a count of what is done, and the optima of before."""

    def __init__(self, jobs: int, kept: Path | None) -> None:
        self._pool = ProcessPoolExecutor(jobs)
        self._kept = kept
        self._known: dict[Any, float] = pickle.loads(kept.read_bytes()) if kept and kept.exists() else {}
        self._came: dict[Task, Came] = {}

    def each(self, work: Callable[[Task], Any], tasks: Sequence[Task], what: str) -> list[Any]:
        done = []
        for count, result in enumerate(self._pool.map(work, tasks, chunksize=4), 1):
            done.append(result)
            if sys.stderr.isatty():
                print(f"\r{what}: {count} of {len(tasks)} ", end="", file=sys.stderr, flush=True)
        print(f"\r{what}: {len(tasks)} sessions", file=sys.stderr, flush=True)
        return done

    def best(self, tasks: Sequence[Task]) -> dict[Task, float]:
        """Whoever plays it, the best is the same; what is only seen wrong is played on the same link."""

        def session(task: Task) -> tuple[Any, ...]:
            trouble = TROUBLES[task.trouble]
            alone = trouble.link is None and trouble.film is None
            return (task.key, task.metric, "as it is" if alone else task.trouble)

        missing = list({session(task): task for task in tasks if session(task) not in self._known}.items())
        found = self.each(best, [task for _, task in missing], "best in hindsight") if missing else []
        self._known.update({name: value for (name, _), value in zip(missing, found, strict=True)})
        if self._kept and missing:
            self._kept.write_bytes(pickle.dumps(self._known))
        return {task: self._known[session(task)] for task in tasks}

    def played(self, tasks: Sequence[Task], what: str) -> dict[Task, tuple[Came, float]]:
        """What came of each, and the best. Parts that ask for the same session share it."""
        bests = self.best(tasks)
        new = [task for task in tasks if task not in self._came]
        self._came.update(zip(new, self.each(play, new, what), strict=True))
        return {task: (self._came[task], bests[task]) for task in tasks}


Played = dict[Task, tuple[Came, float]]


def share(rows: Sequence[tuple[Came, float]]) -> float:
    """Sum of scores over sum of the best."""
    return fsum(came.score for came, _ in rows) / fsum(limit for _, limit in rows)


def by_family(played: Played) -> dict[str, list[tuple[Task, tuple[Came, float]]]]:
    found: dict[str, list[tuple[Task, tuple[Came, float]]]] = {}
    for task, it in played.items():
        found.setdefault(task.key[0], []).append((task, it))
    return found


def family_share(rows: Sequence[tuple[Task, tuple[Came, float]]]) -> float:
    """The mean over films of each film's share."""
    films = dict.fromkeys(task.key[2] for task, _ in rows)
    return fsum(share([it for task, it in rows if task.key[2] == film]) for film in films) / len(films)


def shares_by_recording(rows: Sequence[tuple[Task, tuple[Came, float]]]) -> dict[str, float]:
    """A recording's score over the family's mean best: its own best may be next to nothing, or less."""
    names = dict.fromkeys(task.key[1] for task, _ in rows)
    most = fsum(limit for _, (_, limit) in rows) / len(names)
    return {name: fsum(it.score for task, (it, _) in rows if task.key[1] == name) / most for name in names}


def family_facts(rows: Sequence[tuple[Task, tuple[Came, float]]]) -> dict[str, Any]:
    """A family's figures for one controller."""
    each = list(shares_by_recording(rows).values())
    interval = bootstrap_mean(each, 1)
    came = [it for _, (it, _) in rows]
    return {
        "share": family_share(rows),
        "interval": [interval.low, interval.high],
        "recordings": len(each),
        "stall_ratio": fsum(it.stall_s for it in came) / fsum(it.length_s for it in came),
        "switches": fsum(it.switches for it in came) / len(came),
        "mean_mbps": fsum(it.mean_bps for it in came) / len(came) / 1e6,
    }


# ---- the parts


def scores_part(tasks: dict[Key, Trace], workers: Workers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metric in SCORES:
        for who in (EVENFLOW, *PEERS):
            asked = [Task(key, trace, who, metric) for key, trace in tasks.items()]
            families = by_family(workers.played(asked, f"{metric}, {who}"))
            found.setdefault(metric, {})[who] = {name: family_facts(rows) for name, rows in families.items()}
    return found


def differences_part(tasks: dict[Key, Trace], workers: Workers) -> dict[str, Any]:
    def shares(who: str) -> dict[str, dict[str, float]]:
        asked = [Task(key, trace, who) for key, trace in tasks.items()]
        return {name: shares_by_recording(rows) for name, rows in by_family(workers.played(asked, who)).items()}

    own, found = shares(EVENFLOW), {}
    for peer in PEERS:
        theirs = shares(peer)
        found[peer] = {
            family: _interval([own[family][name] - theirs[family][name] for name in own[family]]) for family in own
        }
    return found


def _interval(values: Sequence[float]) -> dict[str, float]:
    it = bootstrap_mean(values, 1)
    return {"mean": it.mean, "low": it.low, "high": it.high, "recordings": len(values)}


def troubles_part(tasks: dict[Key, Trace], workers: Workers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for trouble in TROUBLES:
        for who in TROUBLED:
            asked = [Task(key, trace, who, trouble=trouble) for key, trace in tasks.items()]
            families = by_family(workers.played(asked, f"{trouble}, {who}"))
            facts = [family_facts(rows) for rows in families.values()]
            found.setdefault(trouble, {})[who] = {
                "share": fsum(it["share"] for it in facts) / len(facts),
                "stall_ratio": fsum(it["stall_ratio"] for it in facts) / len(facts),
            }
    return found


def forecasts_part(tasks: dict[Key, Trace], workers: Workers) -> dict[str, Any]:
    asked = [Task(key, trace, EVENFLOW) for key, trace in tasks.items()]
    heard: dict[str, list[tuple[bool, ...]]] = {}
    for task, passed in zip(asked, workers.each(listen, asked, "forecasts"), strict=True):
        heard.setdefault(task.key[0], []).extend(passed)
    return {
        family: {"transfers": len(rows), "below": [sum(column) / len(rows) for column in zip(*rows, strict=True)]}
        for family, rows in heard.items()
    }


def ablation_part(tasks: dict[Key, Trace], workers: Workers) -> dict[str, Any]:
    found = {}
    for who in ABLATION:
        name = EVENFLOW if who == "whole" else who
        asked = [Task(key, trace, name) for key, trace in tasks.items()]
        families = by_family(workers.played(asked, who))
        found[who] = {family: family_facts(rows) for family, rows in families.items()}
    return found


MAKE = {
    "scores": scores_part,
    "differences": differences_part,
    "troubles": troubles_part,
    "forecasts": forecasts_part,
    "ablation": ablation_part,
}


def flat(found: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure with its path, `scores/lin/evenflow/puffer/share`."""
    if not isinstance(found, dict | list):
        yield path, found
        return
    for name, it in found.items() if isinstance(found, dict) else enumerate(found):
        yield from flat(it, f"{path}/{name}" if path else str(name))


def main(arguments: Sequence[str]) -> int:
    from evidence_tables import tables

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--count", type=int, default=6, help="recordings a family (6)")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, metavar="DIR")
    parser.add_argument("--real", action="store_true", help="the engine part over real sockets too, 8 minutes")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="where optima are remembered (a pickle of one's own)")
    given = parser.parse_args(arguments)
    tasks, parts = sessions(given.traces, given.split, given.count), given.parts.split(",")
    if not tasks or set(parts) - set(PARTS):
        parser.error(f"no family of recordings.py is in {given.traces}, or a part is none of {', '.join(PARTS)}")
    workers = Workers(given.jobs, given.kept)
    found = {part: MAKE[part](tasks, workers) for part in parts if part in MAKE}
    text = tables(found, QUANTILES)
    if "engine" in parts:
        rows = rows_of(tasks_of(given.traces, given.split, 3, 60, (EVENFLOW, "bba-2")), given.real, 12)
        found["engine"] = facts_of(rows)
        text = "\n\n".join(filter(None, (text, table(found["engine"], len(rows)))))
    print(text)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        about = {"split": given.split, "count": given.count, "quantiles": QUANTILES}
        (given.out / "evidence.json").write_text(json.dumps({**about, **found}, indent=2) + "\n")
        with (given.out / "evidence.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("figure", "value"), *flat(found)])
        (given.out / "tables.md").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
