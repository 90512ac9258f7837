"""The recordings that the Evenflow controller was made and measured on, split into two parts; and its fitted prior.

    python tests/benchmarks/recordings.py --traces FOLDER > abr/estimators/distribution_prior.py

FOLDER holds one folder a family (`FAMILIES` below says which, and with which films and buffer caps). A recording is of
the training part when the first byte of SHA-256 of its group's name is even; a group is what was recorded in one go, so
that no two windows of one recording are on both sides. A family of fewer than four files is for testing only. Where a
recording has no latency of its own, 80 ms are taken. `evidence.py` beside this plays them.

As a command it writes the prior of the forecast's scales anew, from all recordings of the training part.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from abr.estimators import distribution_fit
from abr.estimators.distribution import BankSettings
from abr.lab.limit import evenly
from abr.model import Ladder, Rung
from abr.trace import Step, Trace, expand, read_trace
from abr.video import VideoTable, builtin_film, vbr
from abr.video.generate import LADDER_4K

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

Key = tuple[str, str, str, float]
"""Family, recording, film, cap."""


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
    sys.stdout.write(fitted(parser.parse_args(arguments).traces))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
