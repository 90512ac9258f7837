"""A session against real HTTP on loopback, with an ideal decoder for an output."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest

from abr.checked import Checked
from abr.controller import create
from abr.model import Decision, Observation, Reason, ReasonCode
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.snapshot import Snapshot, Status
from player.engine.source import Source
from player.fetch.http import HttpTransport
from player.output.null import NullSink
from player.output.sink import ChunkMedia, MediaError
from player.telemetry.report import SessionLog, report

SPEED = 4.0


class Run:
    """One session, and what it told."""

    def __init__(self, origin: Any, sink: Any = None, renew: Any = None, keep: Any = None, **settings: Any) -> None:
        loop = asyncio.get_running_loop()
        self.snapshots: list[Snapshot] = []
        self.kept: list[float] = []
        self.transport = HttpTransport(connect_timeout_s=1.0, silence_timeout_s=8.0)
        self.sink = sink or NullSink(loop.time, check_media=False)
        source = Source(
            "a film",
            origin.base("edge-a") + "master.m3u8",
            pathways={edge: origin.base(edge) for edge in origin.ports},
            renew=renew,
            keep=self._keep,
        )
        options = {"speed": SPEED, "give_up_s": 5.0, "snapshot_interval_s": 0.05, **settings}
        self.log = SessionLog("a film", "throughput", "headless")
        self.session = Session(
            source, self.transport, create("throughput"), self.sink, EngineSettings(**options), self.log,
            self.snapshots.append,
        )  # fmt: skip

    async def _keep(self, position_s: float, duration_s: float) -> None:
        self.kept.append(position_s)

    async def play(self) -> dict[str, Any]:
        try:
            await self.session.run()
        finally:
            await self.transport.aclose()
        return report(self.log, "test")

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  the condition is the engine's state, which tells nobody
                await asyncio.sleep(0.005)


async def test_a_film_plays_to_its_end_with_every_chunk_once_and_a_reason_for_each(origin: Any) -> None:
    run = Run(origin)
    document = await run.play()
    assert document["ended"] == "end"
    assert [chunk["index"] for chunk in document["chunks"]] == list(range(12))
    assert all(chunk["decision"]["reason"] and chunk["edge"] == "edge-a" for chunk in document["chunks"])
    assert document["stalls"] == []
    assert document["played_s"] == pytest.approx(24.0, abs=0.5)
    assert document["chunks"][-1]["rung"] == 2, "loopback is fast: the top rung by the end"
    assert document["bytes_fetched"] >= sum(chunk["size_bytes"] for chunk in document["chunks"])
    assert run.snapshots[-1].status is Status.ENDED


async def test_the_buffer_never_holds_more_than_its_cap(origin: Any) -> None:
    run = Run(origin, buffer_cap_s=6.0)
    await run.play()
    assert max(snapshot.buffer_s for snapshot in run.snapshots) <= 6.0 + 1e-6


async def test_an_edge_that_dies_in_mid_play_is_left_without_a_stall_and_the_switch_is_named(origin: Any) -> None:
    run = Run(origin, buffer_cap_s=12.0, speed=2.0)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: run.session.buffer_s() > 9.0)
    origin.kill("edge-a")
    document = await playing
    assert document["ended"] == "end"
    assert document["stalls"] == []
    assert [(s["old"], s["new"]) for s in document["edge_switches"]] == [("edge-a", "edge-b")]
    assert "edge-a" in {problem["edge"] for problem in document["errors_recovered"]}


async def test_a_truncated_segment_is_fetched_from_the_other_edge(origin: Any) -> None:
    from_a = functools.partial(_only, edge="edge-a", ending="s3.m4s")
    origin.script = lambda edge, path: from_a(edge, path, body=b"x" * 100, announce=5000)
    document = await Run(origin).play()
    assert document["ended"] == "end"
    assert document["chunks"][3]["edge"] == "edge-b"
    assert "truncated" in {problem["code"] for problem in document["errors_recovered"]}
    assert len(document["chunks"]) == 12


async def test_a_segment_that_is_missing_everywhere_ends_the_session_with_its_name(origin: Any) -> None:
    origin.script = lambda edge, path: _only(edge, path, ending="s5.m4s", status=404)
    run = Run(origin)
    document = await run.play()
    assert document["ended"] == "content-unreadable"
    problem = run.snapshots[-1].problem
    assert problem is not None
    assert problem.fatal
    assert "s5.m4s" in problem.message
    assert problem.advice


async def test_an_edge_that_asks_for_patience_is_asked_again_and_not_left(origin: Any) -> None:
    asked: list[str] = []

    def script(edge: str, path: str) -> Any:
        if path.endswith("s2.m4s") and len(asked) < 2:
            asked.append(edge)
            return _answer(status=503, headers={"Retry-After": "0"})
        return None

    origin.script = script
    document = await Run(origin).play()
    assert asked == ["edge-a", "edge-a"]
    assert document["ended"] == "end"
    assert document["edge_switches"] == []


async def test_an_expired_authorisation_is_renewed_and_playback_goes_on(origin: Any) -> None:
    renewed: list[bool] = []

    async def renew() -> str:
        renewed.append(True)
        return str(origin.base("edge-a") + "master.m3u8")

    origin.script = lambda edge, path: _only(edge, path, ending="s4.m4s", status=403) if not renewed else None
    document = await Run(origin, renew=renew).play()
    assert document["ended"] == "end"
    assert renewed == [True]


async def test_a_playlist_that_is_none_ends_the_session_with_what_to_do(origin: Any) -> None:
    origin.script = lambda edge, path: _only(edge, path, ending="master.m3u8", body=b"<html>hello</html>")
    run = Run(origin)
    document = await run.play()
    assert document["ended"] == "content-unreadable"
    assert run.snapshots[-1].status is Status.FAILED


async def test_nothing_reachable_ends_the_session_once_its_patience_is_over(origin: Any) -> None:
    await origin.stop()
    run = Run(origin, give_up_s=0.5)
    document = await run.play()
    assert document["ended"] == "network-gone"


async def test_a_seek_goes_on_from_there_and_comes_back(origin: Any) -> None:
    run = Run(origin, buffer_cap_s=6.0, speed=1.0)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: run.session.log.startup_s is not None)
    run.session.viewer.seek(16.5)
    await run.until(lambda: 16.5 <= run.sink.state().position_s < 24 and not run.sink.state().seeking)
    run.session.viewer.seek(1.0)
    await run.until(lambda: 1.0 <= run.sink.state().position_s < 4 and not run.sink.state().seeking)
    run.session.viewer.set_speed(4.0)
    document = await playing
    assert document["ended"] == "end"
    # The wait at a place that was sought is no stall. A busy machine may stall elsewhere, at four times the speed.
    assert [stall for stall in document["stalls"] if stall["media_s"] in (16.5, 1.0)] == []
    assert [seek["to_s"] for seek in document["seeks"]] == [16.5, 1.0]


async def test_stopping_while_a_fetch_is_blocked_ends_at_once_and_leaves_no_task(origin: Any) -> None:
    origin.script = lambda edge, path: _only(edge, path, ending="s0.m4s", silent=True)
    run = Run(origin)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: any(path.endswith("s0.m4s") for _, path in origin.requests))
    run.session.stop()
    async with asyncio.timeout(3.0):
        document = await playing
    assert document["ended"] == "stopped"
    ours = {task for task in asyncio.all_tasks() if "Session" in repr(task) or "Downloader" in repr(task)}
    assert ours == set()


async def test_stopping_while_the_playlist_is_blocked_ends_at_once(origin: Any) -> None:
    origin.script = lambda edge, path: _only(edge, path, ending="master.m3u8", silent=True)
    run = Run(origin)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: origin.requests)
    run.session.stop()
    async with asyncio.timeout(3.0):
        await playing


async def test_a_pause_holds_the_playhead_and_the_resume_point_is_kept(origin: Any) -> None:
    run = Run(origin, speed=1.0)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: run.session.log.startup_s is not None)
    run.session.viewer.set_paused(True)
    held = run.sink.state().position_s
    await run.until(lambda: run.snapshots[-1].status is Status.PAUSED and run.snapshots[-1].buffer_s > 8)
    assert run.sink.state().position_s == held
    run.session.stop()
    await playing
    assert run.kept[-1] == pytest.approx(held, abs=1e-6)


async def test_a_fixed_rung_replaces_what_is_not_yet_committed(origin: Any) -> None:
    run = Run(origin, speed=1.0, buffer_cap_s=20.0)
    playing = asyncio.ensure_future(run.play())
    await run.until(lambda: run.session.buffer_s() > 14)
    committed_s = run.sink.state().position_s + run.session.settings.committed_s
    run.session.viewer.fix_rung(0)
    await run.until(lambda: run.session.buffer_s() > 14 and run.log.chunks[-1].rung == 0)
    shelf, grid = run.session.shelf.chunks, run.session.opened_now.grid
    beyond = [shelf[index].rung for index in shelf if grid.start_s(index) > committed_s + 0.5]
    assert len(beyond) >= 3
    assert set(beyond) == {0}
    run.session.stop()
    await playing


async def test_a_damaged_chunk_is_fetched_again_elsewhere(origin: Any) -> None:
    class Choosy(NullSink):
        refused = 0

        def append(self, chunk: ChunkMedia) -> None:
            if chunk.index == 4 and self.refused == 0:
                self.refused += 1
                raise MediaError("no moof box")
            super().append(chunk)

    run = Run(origin, sink=Choosy(asyncio.get_running_loop().time, check_media=False))
    document = await run.play()
    assert document["ended"] == "end"
    assert document["chunks"][4]["attempts"] == 2
    assert "corrupt-segment" in {problem["code"] for problem in document["errors_recovered"]}


async def test_time_that_an_edge_held_an_answer_back_is_not_network_time(origin: Any) -> None:
    origin.script = lambda edge, path: (
        _answer(body=bytes(50_000), headers={"Server-Timing": "hold;dur=3000"}) if path.endswith("s0.m4s") else None
    )
    document = await Run(origin, stop_after_s=4.0).play()
    first = document["chunks"][0]
    assert first["first_byte_at_s"] - first["requested_at_s"] == pytest.approx(0.0, abs=1e-6)


def _answer(**what: Any) -> Any:
    """An answer of the origin's own kind (fixtures' modules are not imported by tests)."""
    from types import SimpleNamespace

    defaults: dict[str, Any] = {"status": 200, "body": None, "headers": {}, "announce": None, "silent": False}
    return SimpleNamespace(**{**defaults, **what})


def _only(asked_edge: str, path: str, *, ending: str, edge: str | None = None, **what: Any) -> Any:
    return _answer(**what) if path.endswith(ending) and edge in (None, asked_edge) else None


async def test_a_plug_in_that_answers_wrong_ends_the_session_with_its_name_and_chunk(origin: Any) -> None:
    run = Run(origin)
    run.session.controller = Checked(Overshooting())
    await run.play()
    problem = run.snapshots[-1].problem
    assert run.snapshots[-1].status is Status.FAILED
    assert problem is not None
    assert (problem.code, problem.fatal) == ("controller", True)
    assert "controller 'overshooting', chunk 2: chose rung 7 of a ladder with rungs 0 to 2" in problem.message


class Overshooting:
    """Forgets in chunk 2 that a ladder ends."""

    name = "overshooting"

    def decide(self, seen: Observation) -> Decision:
        return Decision(7 if seen.chunk_index == 2 else 0, Reason(ReasonCode.FIXED, "x"))
