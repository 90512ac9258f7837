"""A session in virtual time over edges that misbehave, with every request that was made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from abr import controller as controllers
from abr.model import Ladder, Rung
from abr.trace.model import Step, Trace
from abr.video.generate import vbr
from abr.video.model import VideoTable
from player.compose import UNWATCHED
from player.engine.session import Session
from player.engine.source import Source
from player.fetch.transport import Request
from player.output.null import NullSink
from player.sim.edges import Answer, Hook, SimEdge
from player.sim.link import SimLink
from player.sim.loop import run
from player.sim.title import MASTER, SimTitle
from player.sim.transport import SimTransport
from player.telemetry.report import SessionLog, report

LADDER = Ladder((Rung(300_000), Rung(900_000), Rung(2_400_000), Rung(6_000_000)))


def film(chunks: int = 40, chunk_s: float = 2.0, seed: int = 1) -> VideoTable:
    return vbr(LADDER, chunks, chunk_s, seed, name="film")


def steady(rate_bps: float, latency_s: float = 0.05) -> Trace:
    return Trace([Step(60.0, rate_bps, latency_s)], name="steady")


@dataclass
class Evening:
    """What came of a session: its log, and (edge, path, at_s) of every request."""

    log: SessionLog
    asked: list[tuple[str, str, float]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    session: Any = None

    @property
    def report(self) -> dict[str, Any]:
        return report(self.log, "test")

    def times(self, edge: str) -> list[float]:
        return [at_s for name, _, at_s in self.asked if name == edge]


def play(
    hooks: dict[str, Hook | None],
    *,
    video: VideoTable | None = None,
    trace: Trace | None = None,
    controller: str = "throughput",
    session_id: str = "",
    viewer: Callable[[Session], Any] | None = None,
    silence_timeout_s: float = 8.0,
    sink: type[NullSink] = NullSink,
    **settings: Any,
) -> Evening:
    """Play to the end; `viewer` is a coroutine function that acts on the session meanwhile."""
    video = video or film()
    log = SessionLog("film", controller, "virtual", session_id=session_id)
    evening = Evening(log)

    def heard(name: str, hook: Hook | None) -> Hook:
        def listen(path: str, request: Request, now_s: float) -> Answer | None:
            evening.asked.append((name, path, now_s))
            evening.requests.append(request)
            return hook(path, request, now_s) if hook is not None else None

        return listen

    async def main() -> None:
        loop = asyncio.get_running_loop()
        title = SimTitle(video)
        edges = {name: SimEdge({"film": title}, heard(name, hook)) for name, hook in hooks.items()}
        link = SimLink(trace or steady(8e6))
        transport = SimTransport(edges, link, silence_timeout_s=silence_timeout_s)
        names = list(hooks)
        bases = {name: f"http://{name}/film/" for name in names}
        source = Source("film", f"http://{names[0]}/film/{MASTER}", pathways=bases)
        output = sink(loop.time, check_media=False)
        options = replace(UNWATCHED, **{"give_up_s": 600.0, **settings})
        session = Session(source, transport, controllers.create(controller), output, options, log)
        evening.session = session
        acting = loop.create_task(viewer(session)) if viewer is not None else None
        await session.run()
        if acting is not None:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)

    run(main())
    return evening
