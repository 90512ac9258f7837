"""`evenflow agree`: the columns side by side, and an exit code that a script can rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from abr.controller import create
from abr.simulate import simulate
from abr.trace.synthetic import builtin
from abr.video.generate import builtin_film
from player.compose import Simulated, virtual
from player.sim.agreement import column_of, differences

Program = Callable[..., "CompletedProcess[str]"]
SHORT = ("--video", "vbr:chunks=6", "--traces", "builtin:evenflow-home")


def test_simulator_and_engine_agree_in_a_table(evenflow: Program) -> None:
    done = evenflow("agree", *SHORT, "--controllers", "throughput,bola-e")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["evenflow-home", "throughput"], ["evenflow-home", "bola-e"]]
    assert all(line.endswith("same") for line in lines[1:3])
    assert lines[3] == "2 sessions, the same in simulator and engine on every rung and to a microsecond"


def test_real_sockets_come_near(evenflow: Program) -> None:
    done = evenflow("agree", *SHORT, "--controllers", "fixed:1", "--real", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["rows"]
    assert row["parted"] == []
    assert row["real"]["rungs"] == row["virtual"]["rungs"] == [1] * 6
    assert row["real"]["stall_s"] == pytest.approx(row["virtual"]["stall_s"], abs=0.1)
    assert row["real"]["startup_s"] == pytest.approx(row["virtual"]["startup_s"], abs=1.0), "the playlists come first"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--controllers", "nobody"), 2, "nobody"),
        (("--buffer-s", "0.5"), 2, "--buffer-s"),
        (("--video", "builtin:nothing"), 3, "--video"),
        (("--traces", "nowhere.csv"), 3, "nowhere.csv"),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], code: int, said: str, evenflow: Program) -> None:
    done = evenflow("agree", *words)
    assert done.returncode == code
    assert said in done.stderr


def test_sessions_that_part_are_told_apart() -> None:
    trace, film = builtin("evenflow-commute"), builtin_film()
    fast = simulate(create("bba-0"), trace, film)
    other = virtual(Simulated(film, trace, "throughput")).log
    found = differences(fast, other)
    assert found[0].startswith("chunk ")
    assert " beside " in found[0]
    assert column_of(fast).rungs != column_of(other).rungs
