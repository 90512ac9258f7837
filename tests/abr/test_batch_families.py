"""A batch against the single simulator over a whole collection of recordings: every family, film and rule.

The collection is a folder with one folder a family, named by EVENFLOW_TRACES; without it there is nothing to walk.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_twin import assert_twins

from abr.model import Ladder, Rung
from abr.simulate import SessionSettings
from abr.trace.model import Trace, TraceError
from abr.trace.read import expand, read_traces
from abr.video import builtin_film, vbr

COLLECTION = os.environ.get("EVENFLOW_TRACES", "")
NO_FAMILY = {"videos"}
FAMILIES = sorted({it.name for it in Path(COLLECTION or os.devnull).glob("*") if it.is_dir()} - NO_FAMILY)
NAMES = ("fixed:2", "throughput", "bba-0", "bola-basic", "bola-e", "dynamic")

PENSIEVE = Ladder(tuple(Rung(1000 * rate) for rate in (300, 750, 1200, 1850, 2850, 4300)))
TEN = Ladder(tuple(Rung(1000 * rate) for rate in (230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000)))
FILMS = {
    "builtin": (builtin_film(), SessionSettings()),
    "4 s chunks": (vbr(PENSIEVE, 75, 4.0, 7, name="pensieve"), SessionSettings(60.0, round_trip_s=0.08)),
    "3 s chunks": (vbr(TEN, 100, 3.0, 8, name="ten rungs"), SessionSettings(25.0, 6.0, start_at_s=47.11)),
}

pytestmark = pytest.mark.skipif(not FAMILIES, reason="EVENFLOW_TRACES does not name a folder with a folder a family")


@pytest.fixture(scope="module")
def compared() -> Iterator[Counter[str]]:
    """What was compared, told at the end (pytest -s shows it)."""
    counts: Counter[str] = Counter()
    yield counts
    print(f"\ncompared: {dict(counts)}")


@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_session_of_a_family_is_the_same_in_a_batch(family: str, film: str, compared: Counter[str]) -> None:
    traces = _traces(Path(COLLECTION) / family, compared)
    assert traces, "no trace in this folder can be read without being told more"
    video, settings = FILMS[film]
    for name in NAMES:
        batch = assert_twins(name, traces, video, settings)
        compared.update(sessions=len(batch), decisions=batch.rungs.size, stalls=int(batch.stall_count.sum()))


def _traces(folder: Path, compared: Counter[str]) -> list[Trace]:
    """What can be read without a word about its unit; the rest is counted."""
    traces: list[Trace] = []
    for file in expand([str(folder)]):
        try:
            traces += read_traces(file)
        except TraceError:
            compared["files left out"] += 1
    return traces
