"""How close to the best in hindsight each controller comes, family by family, on recordings split into two parts.

    python tests/benchmarks/controller.py --traces FOLDER [--split train|test] [--count 6] [--score lin]
                                          [--controllers evenflow,fugu,...] [--ablation | --fit] [--kept FILE]

FOLDER holds one folder a family (`FAMILIES` below says which, and with which films and buffer caps). A recording is of
the training part when the first byte of SHA-256 of its group's name is even; a group is what was recorded in one go, so
that no two windows of one recording are on both sides. A family of fewer than four files is for testing only. Of each
part `--count` recordings a family are taken, evenly over the sorted names. Where a recording has no latency of its own,
80 ms are taken. A family's share is the mean over its films of (sum of scores / sum of the optimum's scores).

The optimum takes a second or more a session; `--kept FILE` remembers it between runs (a pickle: only one's own).
`--fit` writes the prior of the forecast's scales anew, from all recordings of the training part, to standard output.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path

from abr import controller
from abr.controller import Controller
from abr.controllers.evenflow import Evenflow, Settings, Weights
from abr.estimators import distribution_fit
from abr.estimators.distribution import BankSettings
from abr.lab.limit import evenly
from abr.model import Ladder, Rung
from abr.optimum import optimum
from abr.qoe import bootstrap_mean, score
from abr.simulate import SessionSettings, simulate
from abr.trace import Step, Trace, expand, read_trace
from abr.video import VideoTable, builtin_film, vbr
from abr.video.generate import LADDER_4K

PEERS = ("bba-0", "bba-2", "bola-e", "dynamic", "robust-mpc", "fugu", "soda")
LATENCY_S = 0.08
LEAST_FILES = 4


def ladder(*rates_kbps: int) -> Ladder:
    return Ladder(tuple(Rung(rate * 1000) for rate in rates_kbps))


PENSIEVE = ladder(300, 750, 1200, 1850, 2850, 4300)
TEN = ladder(230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000)
HIGH = ladder(1000, 2500, 5000, 8000, 16000, 35000)
FIFTH = ladder(20_000, 50_000, 100_000, 160_000, 320_000, 700_000)
"""HIGH times twenty: what would matter to a link of half a Gbit/s."""

FILMS: dict[str, VideoTable] = {
    "film": builtin_film(1),
    "pens": vbr(PENSIEVE, 75, 4.0, 2, name="pens"),
    "hd4": vbr(HIGH, 75, 4.0, 3, name="hd4"),
    "hd3": vbr(HIGH, 100, 3.0, 4, name="hd3"),
    "ten": vbr(TEN, 100, 3.0, 5, name="ten"),
    "4k": vbr(LADDER_4K, 150, 2.0, 6, name="4k"),
    "mm": vbr(FIFTH, 75, 4.0, 7, name="mm"),
    "mm2": vbr(FIFTH, 150, 2.0, 8, name="mm2"),
}
"""Five minutes each."""


@dataclass(frozen=True, slots=True)
class Family:
    """`folder` below FOLDER, the unit where the files do not say it, films with their buffer caps in seconds."""

    folder: str
    unit: str | None
    films: tuple[tuple[str, float], ...]


FAMILIES = {
    "3g-hsdpa": Family("3g-hsdpa-norway-sabre", None, (("film", 30.0), ("pens", 60.0))),
    "fcc-pensieve": Family("fcc-pensieve-cooked/train", "Mbit/s", (("film", 30.0), ("pens", 60.0))),
    "fcc-sd": Family("fcc-sabre-sd", None, (("film", 30.0), ("ten", 60.0))),
    "fcc-hd": Family("fcc-sabre-hd", None, (("hd3", 30.0), ("4k", 60.0))),
    "puffer": Family("puffer-2021-10-17", "MByte/s", (("film", 15.0), ("hd4", 60.0))),
    "4g-belgium": Family("4g-lte-belgium-sabre", None, (("hd3", 30.0), ("hd4", 60.0))),
    "4g-lumos5g": Family("4g-lumos5g-verizon", "Mbit/s", (("hd3", 30.0), ("hd4", 60.0))),
    "5g-mmwave": Family("5g-lumos5g-verizon-mmwave", "Mbit/s", (("mm2", 30.0), ("mm", 60.0))),
    "mahimahi": Family("mahimahi-cellular", None, (("film", 30.0), ("pens", 60.0))),
    "4g-greenlv": Family("4g-greenlv-lumos", None, (("film", 30.0), ("ten", 60.0))),
    "wifi-greenlv": Family("wifi-greenlv-lumos", None, (("film", 30.0), ("ten", 60.0))),
}

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

Key = tuple[str, str, str, float]
"""Family, recording, film, cap."""
Played = tuple[float, float, float]
"""Score, seconds of standstill, seconds in all."""
Maker = Callable[[VideoTable], Controller]


def group(file: str) -> str:
    """What was recorded in one go with this file."""
    name = Path(file).name
    found = re.match(r"[45]g_trace_.*?\d+", name) or re.match(r"\d{6}_\d{4}(?=-)", name)
    return found.group(0) if found else name


def is_training(file: str) -> bool:
    """The rule of the split."""
    return hashlib.sha256(group(file).encode()).digest()[0] % 2 == 0


def files_of(folder: Path, split: str) -> list[str]:
    """A family's recordings of one part."""
    files = expand([str(folder)])
    if len(files) < LEAST_FILES:
        return files if split == "test" else []
    return [file for file in files if is_training(file) == (split == "train")]


def load(file: str, unit: str | None) -> Trace:
    """The recording, with a latency."""
    trace = read_trace(file) if unit is None else read_trace(file, format="cooked", unit=unit)
    if any(step.latency_s for step in trace.steps):
        return trace
    steps = [Step(step.duration_s, step.rate_bps, LATENCY_S) for step in trace.steps]
    return Trace(steps, name=trace.name, family=trace.family)


def sessions(root: Path, split: str, count: int) -> dict[Key, Trace]:
    """Every session to be played: a recording, a film and a cap each."""
    found = {}
    for name, family in FAMILIES.items():
        folder = root / family.folder
        chosen = evenly(files_of(folder, split), count) if folder.is_dir() else []
        for trace in (load(file, family.unit) for file in chosen):
            found.update({(name, trace.name, film, cap): trace for film, cap in family.films})
    return found


def best_scores(tasks: dict[Key, Trace], metric: str, kept: Path | None) -> dict[Key, float]:
    """The optimum of every session, taken from `kept` where it is there."""
    known: dict[tuple[str, Key], float] = pickle.loads(kept.read_bytes()) if kept and kept.exists() else {}
    for key, trace in tasks.items():
        if (metric, key) not in known:
            found = optimum(trace, FILMS[key[2]], SessionSettings(buffer_cap_s=key[3]), metric)
            known[metric, key] = found.score
            if kept:
                kept.write_bytes(pickle.dumps(known))
    return {key: known[metric, key] for key in tasks}


def play(make: Maker, tasks: dict[Key, Trace], metric: str) -> dict[Key, Played]:
    """Every session with a controller of its own."""
    played = {}
    for key, trace in tasks.items():
        film = FILMS[key[2]]
        result = simulate(make(film), trace, film, SessionSettings(buffer_cap_s=key[3]))
        stall_s = fsum(stall.duration_s for stall in result.stalls)
        played[key] = (score(result, metric), stall_s, result.ended_at_s)
    return played


@dataclass(frozen=True, slots=True)
class Line:
    """One family: share of the optimum, stall ratio, and the share of each recording."""

    share: float
    stall_ratio: float
    each: tuple[float, ...]


def lines(played: dict[Key, Played], best: dict[Key, float]) -> dict[str, Line]:
    """By family."""
    found = {}
    for family in dict.fromkeys(key[0] for key in played):
        keys = [key for key in played if key[0] == family]
        films = dict.fromkeys(key[2] for key in keys)
        shares = [share_of([key for key in keys if key[2] == film], played, best) for film in films]
        names = dict.fromkeys(key[1] for key in keys)
        each = tuple(share_of([key for key in keys if key[1] == name], played, best) for name in names)
        stall = fsum(played[key][1] for key in keys) / fsum(played[key][2] for key in keys)
        found[family] = Line(fsum(shares) / len(shares), stall, each)
    return found


def share_of(keys: Sequence[Key], played: dict[Key, Played], best: dict[Key, float]) -> float:
    """Ratio of the sums."""
    return fsum(played[key][0] for key in keys) / fsum(best[key] for key in keys)


def table(columns: dict[str, dict[str, Line]]) -> str:
    """Markdown: share of the optimum and stall ratio, families by controllers; then the intervals of the first."""
    rows = [f"| family | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    families = list(next(iter(columns.values())))
    for family in families:
        cells = (f"{it[family].share:.3f} ({100 * it[family].stall_ratio:.2f} %)" for it in columns.values())
        rows.append(f"| {family} | {' | '.join(cells)} |")
    means = (f"{fsum(line.share for line in it.values()) / len(it):.4f}" for it in columns.values())
    rows.append(f"| mean | {' | '.join(means)} |")
    name, first = next(iter(columns.items()))
    rows.append(f"\n{name}, mean share of single recordings with 95 % bootstrap intervals:")
    for family in families:
        it = bootstrap_mean(first[family].each, 1)
        rows.append(f"  {family}: {it.mean:.3f} [{it.low:.3f}, {it.high:.3f}] over {len(first[family].each)}")
    return "\n".join(rows)


def makers(names: Sequence[str], ablation: bool) -> dict[str, Maker]:
    """What is compared, by the name of its column."""
    if not ablation:
        return {name: lambda _, name=name: controller.create(name) for name in names}  # type: ignore[misc]
    made: dict[str, Maker] = {
        name: lambda _, settings=settings: Evenflow(settings)  # type: ignore[misc]
        for name, settings in ABLATION.items()
    }
    made["half the stall's price"] = lambda film: Evenflow(Settings(Weights(stall=film.ladder.bitrates_bps[-1] / 2e6)))
    return made


def fitted(root: Path) -> str:
    """The text of `abr/estimators/distribution_prior.py`, from the training part."""
    traces = []
    for name, family in FAMILIES.items():
        folder = root / family.folder
        for file in files_of(folder, "train") if folder.is_dir() else []:
            it = load(file, family.unit)
            traces.append(Trace(it.steps, name=it.name, family=name))
    return distribution_fit.module_text(distribution_fit.fit(traces), BankSettings().spreads)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--count", type=int, default=6, help="recordings a family (6)")
    parser.add_argument("--score", default="lin", help="a score of abr.qoe: lin, log, soda (lin)")
    parser.add_argument("--controllers", default=",".join(("evenflow", *PEERS)))
    parser.add_argument("--ablation", action="store_true", help="parts of evenflow left out, in place of controllers")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="where optima are remembered")
    parser.add_argument("--fit", action="store_true", help="write the forecast's prior anew and end")
    given = parser.parse_args(arguments)
    if given.fit:
        sys.stdout.write(fitted(given.traces))
        return 0
    tasks = sessions(given.traces, given.split, given.count)
    if not tasks:
        parser.error(f"{given.traces} holds none of {', '.join(it.folder for it in FAMILIES.values())}")
    best = best_scores(tasks, given.score, given.kept)
    columns = {}
    for name, make in makers(given.controllers.split(","), given.ablation).items():
        columns[name] = lines(play(make, tasks, given.score), best)
        print(f"{name}: played", file=sys.stderr, flush=True)
    print(table(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
