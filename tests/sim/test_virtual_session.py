"""A session in virtual time: the report of any setting, the same to the last bit wherever it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from abr.trace.synthetic import builtin
from abr.video.generate import FILM_LADDER, vbr
from player.compose import Simulated, virtual

DIGEST = """
import json, sys
from hashlib import sha256
from abr.trace.synthetic import builtin
from abr.video.generate import builtin_film
from player.compose import Simulated, virtual
seed = None if sys.argv[1] == "none" else int(sys.argv[1])
report = virtual(Simulated(builtin_film(), builtin("evenflow-commute"), "dynamic", seed=seed)).report
report["player"].pop("version")
print(sha256(json.dumps(report, sort_keys=True).encode()).hexdigest())
"""


def digest(seed: str, hash_seed: str, root: Path) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, seed], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_same_session_has_the_same_digest_under_every_hash_seed(root: Path) -> None:
    digests = {digest("7", hash_seed, root) for hash_seed in ("0", "1", "4242", "random")}
    assert len(digests) == 1
    assert len(next(iter(digests))) == 64


def test_the_order_at_one_instant_changes_no_session_without_faults() -> None:
    film, trace = vbr(FILM_LADDER, 30, 2.0, 1), builtin("evenflow-commute")
    reports = [
        json.dumps(virtual(Simulated(film, trace, "bola-e", seed=seed)).report, sort_keys=True)
        for seed in (None, 1, 2, 3)
    ]
    assert len({sha256(report.encode()).hexdigest() for report in reports}) == 1


def test_the_report_is_that_of_every_setting() -> None:
    played = virtual(Simulated(vbr(FILM_LADDER, 10, 2.0, 1), builtin("evenflow-home"), "throughput"))
    report = played.report
    assert report["player"]["setting"] == "virtual"
    assert (report["ended"], report["played_s"], len(report["chunks"])) == ("end", pytest.approx(20.0), 10)
    assert all(chunk["decision"]["reason"] for chunk in report["chunks"])
    assert report["edges"] == {".": "edge.sim"}


def test_playlists_on_the_link_make_the_start_later_and_nothing_else_worse() -> None:
    film, trace = vbr(FILM_LADDER, 10, 2.0, 1), builtin("evenflow-home")
    free, paid = (
        virtual(Simulated(film, trace, "fixed:1", playlists_on_link=on_link)).log for on_link in (False, True)
    )
    assert free.startup_s is not None
    assert paid.startup_s is not None
    assert paid.startup_s > free.startup_s + 2 * trace.latency_at(0.0) - 1e-6, "one round trip for each kind of list"
    assert [chunk.rung for chunk in paid.chunks] == [chunk.rung for chunk in free.chunks]
