"""A session in virtual time: the report of any setting, the same to the last bit wherever it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from abr.trace.model import Step, Trace
from abr.trace.synthetic import builtin
from abr.video.generate import FILM_LADDER, vbr
from abr.video.model import VideoTable
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


def test_headers_and_a_machines_own_time_make_every_request_longer() -> None:
    film, trace = vbr(FILM_LADDER, 10, 2.0, 1), builtin("evenflow-home")
    order = Simulated(film, trace, "fixed:1", playlists_on_link=True)
    free, paid = virtual(order).log, virtual(replace(order, header_bytes=100, held_s=0.01)).log
    assert free.startup_s is not None
    assert paid.startup_s is not None
    assert 0.03 <= paid.startup_s - free.startup_s < 0.035, "the playlists' two rounds and the first chunk"
    assert paid.chunks[0].size_bytes == free.chunks[0].size_bytes == film.sizes_bytes[0][1]


def test_a_transfer_fails_when_it_was_silent_for_as_long_as_it_may_be() -> None:
    # 8 Mbit/s for 1 s, then nothing for 5 s: the newest byte came at 1 s, so that 3 s of silence are over at 4 s.
    trace = Trace([Step(1.0, 8e6), Step(5.0, 0.0), Step(60.0, 8e6)])
    film = VideoTable("heavy", 2.0, FILM_LADDER, ((2_000_000,) * len(FILM_LADDER),) * 2)
    log = virtual(Simulated(film, trace, "fixed:0", silence_timeout_s=3.0)).log
    assert [round(problem.at_s, 6) for problem in log.problems][:1] == [4.0]
    assert log.problems[0].code == "edge-silent"
    assert log.chunks[0].wasted_bytes >= 1_000_000
    assert log.ended == "end"
