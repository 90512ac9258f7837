"""How fast the engine plays in virtual time: chunks per second of this process's CPU, the opening told apart.

python tests/benchmarks/virtual.py [FILM] [CONTROLLER]
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from abr.controller import create, register
from abr.model import Decision, Observation
from abr.trace.synthetic import builtin
from abr.video.generate import builtin_video
from abr.video.model import VideoTable
from player.compose import UNWATCHED, Simulated, virtual
from player.engine.settings import EngineSettings

ROUNDS = 7


@register("stamped")
class Stamped:
    """Another controller, and the moment of its first decision: the title is open then."""

    base = "bba-0"
    opened_at_s = 0.0
    name = "stamped"

    def __init__(self) -> None:
        self._controller = create(self.base)
        Stamped.opened_at_s = 0.0

    def decide(self, observation: Observation) -> Decision:
        """What the other one says."""
        if not Stamped.opened_at_s:
            Stamped.opened_at_s = time.process_time()
        return self._controller.decide(observation)


def session_s(video: VideoTable, settings: EngineSettings) -> tuple[float, float]:
    """CPU seconds of one session: up to the first decision, and from there to the end."""
    began_s = time.process_time()
    virtual(Simulated(video, builtin("evenflow-home"), "stamped", settings))
    return Stamped.opened_at_s - began_s, time.process_time() - Stamped.opened_at_s


def main(film: str = "film-long", controller: str = "bba-0") -> None:
    """Print the best of a few rounds: a busy machine makes it slower, nothing makes it faster."""
    Stamped.base = controller
    video = builtin_video(film)
    count = len(video.sizes_bytes)
    print(f"{film}, {count} chunks, {controller}")
    for name, settings in (
        ("transfers unwatched", replace(UNWATCHED, abandonment=False)),
        ("transfers watched every 0.1 s", UNWATCHED),
    ):
        rounds = [session_s(video, settings) for _ in range(ROUNDS)]
        opened_s, played_s = min(it[0] for it in rounds), min(it[1] for it in rounds)
        print(f"  {name}: {count / played_s:,.0f} chunks/s ({1e6 * played_s / count:.0f} us each)", end="")
        print(f"; opening {opened_s:.3f} s; together {count / (opened_s + played_s):,.0f} chunks/s")


if __name__ == "__main__":
    main(*sys.argv[1:])
