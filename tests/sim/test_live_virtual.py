"""A live title in the virtual setting: hours in seconds, window and edge followed, the same every time."""

from __future__ import annotations

import json
import math

from abr.controller import create
from abr.trace.synthetic import builtin
from abr.video.generate import FILM_LADDER, vbr
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.fetch.transport import Request
from player.output.null import NullSink
from player.sim.edges import Answer, SimEdge
from player.sim.link import SimLink
from player.sim.loop import run
from player.sim.title import MASTER, PLAYLIST, SimTitle
from player.sim.transport import SimTransport
from player.telemetry.report import SessionLog, report

CHUNK_S, WINDOW, AT_ONCE = 2.0, 10, 6


def sliding(title: SimTitle, total: int):  # type: ignore[no-untyped-def]
    """A hook that lets the title's playlists grow by the virtual clock, and slide."""

    def answer(path: str, _request: Request, now_s: float) -> Answer | None:
        if not path.endswith(PLAYLIST):
            return None
        made = min(AT_ONCE + math.floor(now_s / CHUNK_S), total)
        first = max(made - WINDOW, 0)
        whole = title.files[path.partition("/")[2]].decode().splitlines()
        head = [line for line in whole[:4] if "PLAYLIST-TYPE" not in line]
        rows = [line for line in whole[4:] if line != "#EXT-X-ENDLIST"]
        lines = [*head, f"#EXT-X-MEDIA-SEQUENCE:{first}", *rows[3 * first : 3 * made]]
        return Answer(200, "\n".join([*lines, *(["#EXT-X-ENDLIST"] if made == total else []), ""]).encode())

    return answer


def played(total: int, trace: str = "evenflow-home", seed: int | None = None) -> dict[str, object]:
    film = vbr(FILM_LADDER, total, CHUNK_S, 1)
    title = SimTitle(film)

    async def session() -> SessionLog:
        import asyncio

        loop = asyncio.get_running_loop()
        edge = SimEdge({"film": title}, sliding(title, total))
        transport = SimTransport({"edge.sim": edge}, SimLink(builtin(trace)))
        log = SessionLog("live", "evenflow", "virtual")
        sink = NullSink(loop.time, check_media=False)
        settings = EngineSettings(snapshot_interval_s=5.0, give_up_s=60.0)
        source = Source("live", f"http://edge.sim/film/{MASTER}")
        await Session(source, transport, create("evenflow"), sink, settings, log).run()
        return log

    return report(run(session(), seed), "test")


def test_half_an_hour_is_followed_behind_its_edge_to_its_end() -> None:
    document = played(900)
    assert document["ended"] == "end"
    indexes = [chunk["index"] for chunk in document["chunks"]]  # type: ignore[attr-defined]
    assert indexes == list(range(AT_ONCE - 3, 900))
    # Three chunks behind the edge there is little buffer, and the controller's plan does not know that it can't grow:
    # measured to stand still for 1.3 s of the half hour, in eight moments (0.1 s before it planned with mixtures).
    assert document["stall_s"] < 2.0  # type: ignore[operator]


def test_it_is_the_same_every_time_and_in_every_order_of_one_instant() -> None:
    one, again = (json.dumps(played(60, seed=3), sort_keys=True) for _ in range(2))
    assert one == again


def test_a_network_that_is_too_slow_falls_back_behind_the_window_and_goes_on() -> None:
    document = played(300, "evenflow-commute")
    assert document["ended"] == "end"
