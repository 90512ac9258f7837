"""A world lived through: the session in it, what must hold at every moment, and what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

from abr import controller as controllers
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.snapshot import Status
from player.engine.source import Source
from player.output.null import NullSink
from player.sim.edges import SimEdge
from player.sim.link import SimLink
from player.sim.loop import run
from player.sim.title import MASTER, SimTitle
from player.sim.transport import SimTransport
from player.sim.world import Act, World
from player.telemetry.report import SessionLog

SETTINGS = EngineSettings()
LOOK_EVERY_S = 1.0
SILENCE_S = 8.0
MOST_STEPS = 3_000_000
# An edge is left alone for a minute at most, and is then asked again; a lost request takes its silence before that.
LONGEST_RECOVERY_S = 90.0


@dataclass
class Evening:
    """What came of a world. `broken` lists the promises that were not kept: empty is good."""

    world: World
    log: SessionLog
    broken: list[str] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)


def live(world: World, engine: type[Session] = Session) -> Evening:
    """Play it. A hang, a crash or something left behind is a broken promise like any other.

    `engine` is for those who want to see a broken one found out.
    """
    log = SessionLog(world.video.name, world.controller, "virtual", world.trace.name)
    evening = Evening(world, log)
    try:
        run(_evening(evening, engine), world.seed, most_steps=MOST_STEPS)
    except Exception as error:
        # Whatever it is: the world's number is what finds it again.
        evening.broken.append(f"{type(error).__name__}: {error}")
    return evening


async def _evening(evening: Evening, engine: type[Session]) -> None:
    world, loop = evening.world, asyncio.get_running_loop()
    title = SimTitle(world.video)
    names = [f"edge-{k}.sim" for k in range(world.edges)]
    edges = {name: SimEdge({"film": title}, world.hook(k)) for k, name in enumerate(names)}
    transport = SimTransport(edges, SimLink(world.trace), silence_timeout_s=SILENCE_S)

    async def keep(position_s: float, _duration_s: float) -> None:
        evening.kept.append(position_s)

    source = Source(
        world.video.name,
        f"http://{names[0]}/film/{MASTER}",
        pathways={name: f"http://{name}/film/" for name in names},
        keep=keep,
    )
    settings = replace(SETTINGS, buffer_cap_s=world.buffer_cap_s)
    sink = NullSink(loop.time, check_media=False)
    session = engine(source, transport, controllers.create(world.controller), sink, settings, evening.log)
    watch = loop.create_task(_watch(evening, session))
    viewer = loop.create_task(_view(world.acts, session))
    try:
        async with asyncio.timeout(_longest_s(world)):
            await session.run()
    except TimeoutError:
        evening.broken.append(f"not over after {_longest_s(world):.0f} s")
    finally:
        watch.cancel()
        viewer.cancel()
        await asyncio.gather(watch, viewer, return_exceptions=True)
    _judge(evening, session)


async def _view(acts: tuple[Act, ...], session: Session) -> None:
    """The viewer, act after act."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    for act in acts:
        await asyncio.sleep(max(0.0, began_s + act.at_s - loop.time()))
        match act.what:
            case "pause":
                session.viewer.set_paused(True)
                await asyncio.sleep(act.value)
                session.viewer.set_paused(False)
            case "seek":
                session.viewer.seek(act.value)
            case "speed":
                session.viewer.set_speed(act.value)
            case "cap":
                session.viewer.cap_rung(int(act.value))
            case "close":
                session.stop("closed")


async def _watch(evening: Evening, session: Session) -> None:
    """What must hold at every moment, looked at every second; each promise is broken once."""
    world = evening.world
    chunk_s = world.video.chunk_duration_s
    back_s = SETTINGS.back_buffer_s + chunk_s if any(act.what == "seek" for act in world.acts) else 0.0
    most = int((world.buffer_cap_s + SETTINGS.back_buffer_s) / chunk_s) + 6
    while True:
        if session.opened is not None and session.status_over is not Status.FAILED:
            buffer_s, held = session.buffer_s(), len(session.shelf.chunks)
            if buffer_s < 0.0:
                evening.broken.append(f"a buffer of {buffer_s} s")
            # After a step back, what was kept for it lies ahead again.
            if buffer_s > max(world.buffer_cap_s, chunk_s) + back_s + 1e-6:
                evening.broken.append(f"{buffer_s:.3f} s buffered above a cap of {world.buffer_cap_s:g} s")
            if held > most:
                evening.broken.append(f"{held} chunks held, and {most} are enough")
        if evening.broken:
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _longest_s(world: World) -> float:
    """An evening is over by then, however bad the network was until it healed."""
    pauses_s = sum(act.value for act in world.acts if act.what == "pause")
    seeks = 1 + sum(act.what == "seek" for act in world.acts)
    bits = 8.0 * sum(max(row) for row in world.video.sizes_bytes)
    fetch_s = 3.0 * bits / world.trace.mean_bps + world.trace.duration_s
    slowest = min((act.value for act in world.acts if act.what == "speed"), default=1.0)
    play_s = world.video.duration_s / min(slowest, 1.0)
    return world.quiet_from_s + pauses_s + seeks * (fetch_s + play_s) + 10 * LONGEST_RECOVERY_S


def _judge(evening: Evening, session: Session) -> None:
    """What must hold at the end."""
    world, log, broken = evening.world, evening.log, evening.broken
    wild = any(act.what in ("seek", "close", "cap") for act in world.acts)
    if log.ended not in ("end", "closed"):
        broken.append(f"ended by {log.ended!r}: {log.problems[-1].message if log.problems else 'no reason given'}")
        return
    counts = Counter(chunk.index for chunk in log.chunks)
    if not wild and sorted(counts.elements()) != list(range(len(world.video.sizes_bytes))):
        broken.append(f"chunks lost or doubled: {[k for k, count in counts.items() if count > 1]}")
    if not wild and abs(log.played_s - world.video.duration_s) > 0.5:
        broken.append(f"{log.played_s:.3f} s played of {world.video.duration_s:g} s")
    if log.bytes_fetched < sum(chunk.size_bytes for chunk in log.chunks):
        broken.append("fewer bytes counted than came in")
    if session.opened is not None and (not evening.kept or abs(evening.kept[-1] - session.last_position_s) > 0.5):
        broken.append(f"the resume point was lost: {evening.kept[-1:]} beside {session.last_position_s:.3f} s")
    for stall in log.stalls:
        healed_s = max(stall.at_s, world.quiet_from_s)
        if stall.at_s + stall.duration_s > healed_s + LONGEST_RECOVERY_S + world.trace.duration_s:
            broken.append(f"the stall at {stall.at_s:.1f} s went on for {stall.duration_s:.1f} s")


def story(evening: Evening) -> list[str]:
    """The world, and what happened in it, in the order of the clock."""
    log = evening.log
    told = [(chunk.sample.finished_at_s, f"chunk {chunk.index} at rung {chunk.rung} from {chunk.edge}, "
             f"{chunk.buffer_s:.1f} s buffered") for chunk in log.chunks]  # fmt: skip
    told += [(problem.at_s, f"{problem.code}: {problem.message}") for problem in log.problems]
    told += [(stall.at_s, f"stalled for {stall.duration_s:.2f} s") for stall in log.stalls]
    lines = [f"  {at_s:9.3f} s  {what}" for at_s, what in sorted(told)]
    verdict = [f"  BROKEN: {what}" for what in evening.broken] or ["  every promise kept"]
    return [*evening.world.story(), *lines, f"  ended: {log.ended}, {log.played_s:.1f} s played", *verdict]
