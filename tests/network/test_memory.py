"""What is kept of the film: behind the playhead for a step back without a request, never more than memory allows."""

from __future__ import annotations

import asyncio

import pytest
from edges_rig import Played, Site
from virtual_rig import play, steady

from abr.model import Ladder, Rung
from abr.video.generate import vbr
from player.engine.lookout import held_bytes
from player.engine.session import Session
from player.engine.settings import EngineSettings

FOUR_K = Ladder((Rung(2_000_000), Rung(8_000_000), Rung(25_000_000)))
CAP_BYTES = 96 * 2**20


def test_a_4k_stream_stays_within_the_cap_and_plays_on_without_a_stall() -> None:
    held: list[int] = []
    behind: list[float] = []

    async def look(session: Session) -> None:
        while True:
            await asyncio.sleep(0.25)
            if session.opened is not None:
                held.append(held_bytes(session))
                grid, chunks = session.opened.grid, session.shelf.chunks
                playing = grid.at(session.sink.state().position_s)
                behind.append(sum(grid.length_s(index) for index in chunks if index < playing))

    film = vbr(FOUR_K, 40, 4.0, 3, name="4k")
    evening = play(
        {"a": None}, video=film, trace=steady(80e6), viewer=look, buffer_cap_s=120.0, memory_cap_bytes=CAP_BYTES
    )
    assert evening.report["stalls"] == []
    assert evening.log.chunks[-1].rung == 2
    assert max(held) <= CAP_BYTES
    assert max(held) > CAP_BYTES // 2, "what there is room for is used"
    full = [back_s for back_s, bytes_held in zip(behind, held, strict=True) if bytes_held > 0.6 * CAP_BYTES]
    assert max(full[len(full) // 4 :][:40]) <= 4.0, "while memory is short, what lies ahead comes first"


def test_with_room_what_was_played_stays_for_as_long_as_it_is_set() -> None:
    kept: list[float] = []

    async def look(session: Session) -> None:
        while True:
            await asyncio.sleep(1.0)
            if session.opened is not None and session.shelf.chunks:
                position_s = session.sink.state().position_s
                kept.append(position_s - session.opened.grid.start_s(min(session.shelf.chunks)))

    play({"a": None}, viewer=look, back_buffer_s=20.0, snapshot_interval_s=0.25)
    assert 20.0 <= max(kept) <= 23.0


def test_a_cap_smaller_than_two_chunks_never_stops_a_session() -> None:
    film = vbr(FOUR_K, 12, 4.0, 3, name="4k")
    evening = play({"a": None}, video=film, trace=steady(80e6), memory_cap_bytes=4 * 2**20)
    assert evening.report["ended"] == "end"
    assert len(evening.log.chunks) == 12


def test_less_memory_than_a_chunk_takes_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="4 MiB or more"):
        EngineSettings(memory_cap_bytes=1000)


async def test_a_step_back_inside_what_was_kept_makes_no_request(site: Site) -> None:
    played = Played(site, speed=2.0, buffer_cap_s=12.0)
    session = played.session
    playing = asyncio.ensure_future(played.play())
    await played.until(lambda: session.opened is not None and session.sink.state().position_s > 9.0)
    await played.until(lambda: session.fetching is None)
    before = len(site.asked)
    ahead_s = session.sink.state().position_s + session.buffer_s()
    session.viewer.seek(1.0)
    assert session.buffer_s() == pytest.approx(ahead_s - 1.0, abs=0.1), "nothing was thrown away"
    await played.until(lambda: session.sink.state().position_s > 5.0)
    assert len(site.asked) == before
    document = await playing
    assert document["ended"] == "end"
    assert sorted(chunk["index"] for chunk in document["chunks"]) == list(range(12)), "no chunk came twice"


def test_steps_back_and_forth_within_the_buffer_make_no_request_in_virtual_time() -> None:
    asked: list[str] = []
    moments: list[int] = []

    async def jump(session: Session) -> None:
        await asyncio.sleep(40.0)
        for to_s in (20.0, 30.0, 15.0):
            moments.append(len(asked))
            session.viewer.seek(to_s)
            await asyncio.sleep(2.0)
        moments.append(len(asked))

    play(
        {"a": lambda path, _request, _now_s: asked.append(path)},
        trace=steady(40e6),
        viewer=jump,
        snapshot_interval_s=0.25,
    )
    assert moments[0] > 0
    assert set(moments) == {moments[0]}
