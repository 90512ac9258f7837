"""Seeded worlds: the player keeps its promises in them, and an engine that breaks one is found out."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from player.engine.download import Arrived
from player.engine.session import Session
from player.sim.evening import live, story
from player.sim.world import World

Program = Callable[..., "CompletedProcess[str]"]
WORLDS = 120


def test_every_promise_is_kept_in_the_first_worlds() -> None:
    broken = {seed: evening.broken for seed in range(WORLDS) if (evening := live(World.draw(seed))).broken}
    assert broken == {}, f"evenflow world {next(iter(broken), 0)} tells the story"


def test_a_number_is_one_story() -> None:
    assert World.draw(7).story() == World.draw(7).story() != World.draw(8).story()
    assert story(live(World.draw(7))) == story(live(World.draw(7)))


STORIES = """
from hashlib import sha256
from player.sim.evening import live, story
from player.sim.world import World
lines = [line for seed in range(15) for line in story(live(World.draw(seed)))]
print(sha256("\\n".join(lines).encode()).hexdigest())
"""


def test_no_story_depends_on_a_hash_seed(root: Path) -> None:
    told = set()
    for hash_seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", STORIES], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        told.add(done.stdout)
    assert len(told) == 1


def test_worlds_differ_in_what_goes_wrong() -> None:
    worlds = [World.draw(seed) for seed in range(200)]
    kinds = {fault.kind for world in worlds for fault in world.faults}
    acts = {act.what for world in worlds for act in world.acts}
    assert kinds == {"down", "silent", "busy", "broken", "missing", "late", "truncated", "network"}
    assert acts == {"pause", "seek", "speed", "cap", "close"}
    assert 20 < sum(not world.faults for world in worlds) < 150


class Hoards(Session):
    """Forgets nothing that was played."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.settings = replace(self.settings, back_buffer_s=1e6)


class LosesThePlace(Session):
    """Keeps no resume point."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.source = replace(self.source, keep=None)


class Overfills(Session):
    """Asks for the next chunk without room for it."""

    def _delay_s(self, index: int | None) -> float | None:
        return super()._delay_s(index) if index is None else 0.0


class Doubles(Session):
    """Writes a chunk down twice."""

    def _remember(self, arrived: Arrived, buffer_s: float, attempt: int) -> None:
        super()._remember(arrived, buffer_s, attempt)
        self.log.chunks.append(self.log.chunks[-1])


class Hangs(Session):
    """Waits for what never comes."""

    async def _feed(self) -> None:
        await asyncio.Event().wait()


class Spins(Session):
    """Goes round and round in no time."""

    async def _feed(self) -> None:
        while not self._over:  # noqa: ASYNC110  that is what is wrong with it
            await asyncio.sleep(0)


class LeavesATask(Session):
    """Ends without its helpers."""

    async def _finish(self) -> None:
        await super()._finish()
        self._left = asyncio.ensure_future(asyncio.Event().wait())


class Crashes(Session):
    """Has a mistake in it."""

    def _decide(self, index: int):  # type: ignore[no-untyped-def]
        return super()._decide(index // 0 if index == 3 else index)


class Miscounts(Session):
    """Forgets what came in."""

    async def _finish(self) -> None:
        self.wire.bytes_fetched //= 2
        await super()._finish()


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (Hoards, "chunks held"),
        (LosesThePlace, "resume point"),
        (Overfills, "above a cap"),
        (Doubles, "lost or doubled"),
        (Hangs, "not over after"),
        (Spins, "Livelock"),
        (LeavesATask, "Leaked"),
        (Crashes, "ZeroDivisionError"),
        (Miscounts, "fewer bytes"),
    ],
)
def test_a_broken_engine_is_found_out(engine: type[Session], said: str) -> None:
    found = [line for seed in range(12) for line in live(World.draw(seed), engine).broken]
    assert any(said in line for line in found), found


def test_the_command_tells_a_story_and_counts(evenflow: Program) -> None:
    one = evenflow("world", "7")
    assert one.returncode == 0, one.stderr
    assert one.stdout.splitlines()[0].startswith("world 7: ")
    assert one.stdout.splitlines()[-1].strip() == "every promise kept"
    many = evenflow("world", "0", "--count", "5")
    assert (many.returncode, many.stdout) == (0, "5 worlds, 5 with every promise kept\n")
    assert evenflow("world", "0", "--count", "0").returncode == 2
