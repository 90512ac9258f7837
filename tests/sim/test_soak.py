"""Six hours of playing, in virtual time: what is held in memory stays within bounds, and only the log grows."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from dataclasses import dataclass

import pytest

from abr.controller import create
from abr.trace.synthetic import builtin
from abr.video.generate import FILM_LADDER, vbr
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.output.null import NullSink
from player.presentation import remembered
from player.sim.edges import SimEdge
from player.sim.link import SimLink
from player.sim.loop import VirtualLoop, run
from player.sim.title import MASTER, SimTitle
from player.sim.transport import SimTransport
from player.telemetry.report import SessionLog

HOUR_S, CHUNK_S = 3600.0, 2.0
SETTINGS = EngineSettings(snapshot_interval_s=5.0)
LOG_BYTES_A_CHUNK = 700
"""A chunk's record, with its decision, reason and transfer. Kept to the end: it is the report."""
MOST_CHUNKS_HELD = int((SETTINGS.buffer_cap_s + SETTINGS.back_buffer_s) / CHUNK_S) + 4
MOST_TIMERS = 64 + 2 * 8  # as many cancelled ones as `player.sim.loop` lets lie, and the few that count


@dataclass(frozen=True)
class Look:
    """What is held at one moment."""

    bytes_held: int
    chunks_logged: int
    chunks_held: int
    body_bytes: int
    timers: int
    tasks: int


def held(session: Session, loop: VirtualLoop) -> Look:
    gc.collect()
    shelf = session.shelf
    return Look(
        tracemalloc.get_traced_memory()[0],
        len(session.log.chunks),
        len(shelf.chunks),
        sum(len(chunk.video) for chunk in shelf.chunks.values()),
        len(loop._timers),
        len(asyncio.all_tasks()),
    )


def six_hours(hours: int = 6) -> list[Look]:
    """A session of that long, and a look after every hour but the last, and shortly before the end."""
    video = vbr(FILM_LADDER, int(hours * HOUR_S / CHUNK_S), CHUNK_S, 1, name="endless")
    looks: list[Look] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        transport = SimTransport({"edge.sim": SimEdge({"film": SimTitle(video)})}, SimLink(builtin("evenflow-home")))
        source, log = Source("endless", f"http://edge.sim/film/{MASTER}"), SessionLog("endless", "bba-0", "virtual")
        sink = NullSink(loop.time, check_media=False)
        session = Session(source, transport, create("bba-0"), sink, SETTINGS, log)

        async def look() -> None:
            for _ in range(hours - 1):
                await asyncio.sleep(HOUR_S)
                looks.append(held(session, loop))
            await asyncio.sleep(HOUR_S - 300.0)
            looks.append(held(session, loop))

        looking = asyncio.ensure_future(look())
        await session.run()
        await looking
        assert log.ended == "end"
        assert log.played_s > hours * HOUR_S - 1.0

    tracemalloc.start()
    try:
        run(main())
    finally:
        tracemalloc.stop()
        remembered.forget()
    return looks


@pytest.mark.timeout(240)  # under tracemalloc everything takes several times as long
def test_six_hours_hold_no_more_than_one_but_for_the_log() -> None:
    looks = six_hours()
    first, last = looks[0], looks[-1]
    most_bytes = MOST_CHUNKS_HELD * max(rung.bitrate_bps for rung in FILM_LADDER.rungs) * CHUNK_S / 8 * 2
    for look in looks:
        assert look.chunks_held <= MOST_CHUNKS_HELD
        assert look.body_bytes <= most_bytes
        assert look.timers <= MOST_TIMERS
        assert look.tasks <= first.tasks + 1, "one chunk on its way, or none"
    logged = last.chunks_logged - first.chunks_logged
    assert logged > 8000
    grown = last.bytes_held - first.bytes_held
    assert grown / logged <= LOG_BYTES_A_CHUNK, f"{grown / logged:.0f} bytes a chunk"
