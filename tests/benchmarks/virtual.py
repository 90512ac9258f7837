"""How fast the engine plays in virtual time: chunks per second of this process's CPU, the opening told apart.

python tests/benchmarks/virtual.py [FILM] [CONTROLLER]
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace

from abr.trace.synthetic import builtin
from abr.video.generate import builtin_video
from abr.video.model import VideoTable
from player.compose import UNWATCHED, Simulated, virtual
from player.engine.opening import first_steering, load
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.engine.wire import Wire
from player.sim.edges import SimEdge
from player.sim.link import SimLink
from player.sim.loop import run
from player.sim.title import MASTER, SimTitle
from player.sim.transport import SimTransport

ROUNDS = 5


def opening_s(video: VideoTable) -> float:
    """CPU seconds from the playlists to a presentation."""
    source = Source("film", f"http://edge.sim/film/{MASTER}")

    async def opened() -> None:
        edge = SimEdge({"film": SimTitle(video)}, playlists_on_link=False)
        transport = SimTransport({"edge.sim": edge}, SimLink(builtin("evenflow-home")))
        await load(source, Wire(transport, first_steering(source), lambda *_: None, None))
        await asyncio.sleep(0)

    began_s = time.process_time()
    run(opened())
    return time.process_time() - began_s


def session_s(video: VideoTable, controller: str, settings: EngineSettings) -> float:
    """CPU seconds of one session, its opening included."""
    began_s = time.process_time()
    virtual(Simulated(video, builtin("evenflow-home"), controller, settings))
    return time.process_time() - began_s


def main(film: str = "film-long", controller: str = "bba-0") -> None:
    """Print the best of a few rounds: a busy machine makes it slower, nothing makes it faster."""
    video = builtin_video(film)
    count = len(video.sizes_bytes)
    opened_s = min(opening_s(video) for _ in range(ROUNDS))
    print(f"{film}, {count} chunks, {controller}; opening {opened_s:.3f} s ({1e6 * opened_s / count:.0f} us a chunk)")
    for name, settings in (
        ("transfers unwatched", replace(UNWATCHED, abandonment=False)),
        ("transfers watched every 0.1 s", UNWATCHED),
    ):
        whole_s = min(session_s(video, controller, settings) for _ in range(ROUNDS))
        played_s = whole_s - opened_s
        print(f"  {name}: {count / played_s:,.0f} chunks/s ({1e6 * played_s / count:.0f} us each)", end="")
        print(f"; with the opening {count / whole_s:,.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
