"""Three settings of one engine: `desktop` (libmpv), `headless` (null output), and `virtual` (everything simulated)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from abr import controller as controllers
from abr.controller import Controller
from abr.trace.model import Trace
from abr.video.model import VideoTable
from player.engine.errors import ContentUnreadable, NetworkGone, NotAuthorised
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.snapshot import Snapshot
from player.engine.source import Source
from player.engine.thread import EngineThread
from player.fetch.http import HttpTransport
from player.fetch.link import LinkTransport, ShapedLink
from player.fetch.transport import Transport
from player.network_memory import NetworkMemory, identity, session_rate_bps
from player.output.sink import Sink
from player.presentation.uris import authority
from player.service.client import GatewayClient
from player.service.model import NotFound, Playback, ServiceError, SignInNeeded
from player.service.tokens import TokenStore
from player.telemetry.report import SessionLog, report

RESUME_REWIND_S = 10.0
DEFAULT_CONTROLLER = "evenflow"


class LinkTrace(Protocol):
    """A network that a shaped link can follow."""

    def rate_at(self, at_s: float) -> float: ...

    def latency_at(self, at_s: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Account:
    """How a session signs in: a gateway, and either kept tokens or a name and a password."""

    gateway_url: str
    tokens: TokenStore | None = None
    credentials: tuple[str, str] | None = None
    outbox: Path | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What to play and how. `title` is a title id of `account`'s gateway, or a manifest's URL when there is none."""

    title: str
    account: Account | None = None
    controller: str = DEFAULT_CONTROLLER
    settings: EngineSettings = field(default_factory=EngineSettings)
    setting: str = "headless"
    trace: LinkTrace | None = None
    trace_name: str | None = None
    resume: bool = True
    memory: NetworkMemory | None = None
    """Where the rates of known networks are kept; not asked when a trace is the network."""
    check_media: bool = True
    """Headless: parse the media as a decoder would. Bytes that mean nothing are only counted."""


@dataclass
class Stage:
    """A session with what it stands on, closed in the right order."""

    session: Session
    transport: Transport
    client: GatewayClient | None
    link: ShapedLink | None
    on_close: Callable[[], None] | None = None

    async def aclose(self) -> None:
        if self.on_close is not None:
            await asyncio.to_thread(self.on_close)
        await self.transport.aclose()
        if self.client is not None:
            await self.client.aclose()
        if self.link is not None:
            self.link.stop()


def headless(order: Order) -> EngineThread:
    """A session with an ideal decoder for an output. Not started."""
    from player.output.null import NullSink

    def sink() -> NullSink:
        return NullSink(asyncio.get_running_loop().time, check_media=order.check_media)

    return EngineThread(lambda publish: _stage(order, sink(), publish))


def desktop(order: Order, sink: Sink) -> EngineThread:
    """A session that is seen, through `sink`. Not started."""
    return EngineThread(lambda publish: _stage(replace(order, setting="desktop"), sink, publish))


UNWATCHED = EngineSettings(snapshot_interval_s=5.0, cmcd="off", replacement=False)
"""Settings for where nobody looks: what matters is dated by arithmetic, and a look only tidies up.

No chunk is fetched again for a better one, as in the laboratory's simulator, which has to be asked for it too.
"""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A session in virtual time: a film that is a table of sizes, over a link that follows a trace.

    `seed` orders what happens at one instant; None keeps the order of asking. The playlists take no time, as in the
    laboratory's simulator, unless `playlists_on_link`. `header_bytes` come before every body, and `held_s` is what
    every request costs on the machine itself; both are 0 in the laboratory, whose transfers never fall silent either.
    """

    video: VideoTable
    trace: Trace
    controller: str = DEFAULT_CONTROLLER
    settings: EngineSettings = UNWATCHED
    seed: int | None = None
    round_trip_s: float | None = None
    playlists_on_link: bool = False
    header_bytes: int = 0
    held_s: float = 0.0
    silence_timeout_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Played:
    """A session that is over: everything that was written down of it."""

    log: SessionLog
    report: dict[str, Any]


def virtual(order: Simulated) -> Played:
    """Play it in virtual time, to its end. Raises: `LoopError` of player.sim.loop when the engine hangs or leaks."""
    from player.sim.loop import run

    log = run(play_virtually(order), order.seed)
    return Played(log, report(log, version("evenflow")))


async def play_virtually(order: Simulated, controller: Controller | None = None) -> SessionLog:
    """The session itself, on a loop of player.sim.loop; `controller` in place of the one that the order names."""
    from player.output.null import NullSink
    from player.sim.edges import SimEdge
    from player.sim.link import SimLink
    from player.sim.title import MASTER, title_of
    from player.sim.transport import SimTransport

    loop = asyncio.get_running_loop()
    edge = SimEdge({"film": title_of(order.video)}, playlists_on_link=order.playlists_on_link)
    link = SimLink(order.trace, round_trip_s=order.round_trip_s)
    transport = SimTransport(
        {"edge.sim": edge},
        link,
        silence_timeout_s=order.silence_timeout_s,
        header_bytes=order.header_bytes,
        held_s=order.held_s,
    )
    log = SessionLog(order.video.name, order.controller, "virtual", order.trace.name)
    sink = NullSink(loop.time, check_media=False)
    source = Source(order.video.name, f"http://edge.sim/film/{MASTER}")
    controller = controller or controllers.create(order.controller)
    await Session(source, transport, controller, sink, order.settings, log).run()
    return log


async def _stage(order: Order, sink: Sink, publish: Callable[[Snapshot], None]) -> Stage:
    controller = controllers.create(order.controller)
    link = _link(order.trace) if order.trace else None
    transport: Transport = LinkTransport(link) if link else HttpTransport()
    client: GatewayClient | None = None
    settings = order.settings
    try:
        if order.account is None:
            source = Source(order.title, order.title)
        else:
            client = GatewayClient(
                order.account.gateway_url, order.account.tokens, outbox=order.account.outbox, device=order.setting
            )
            playback = await _authorise(client, order)
            source = _source(client, playback)
            if order.resume and settings.start_at_s == 0.0:
                settings = replace(settings, start_at_s=max(playback.resume_position_s - RESUME_REWIND_S, 0.0))
    except BaseException:
        await transport.aclose()
        if client is not None:
            await client.aclose()
        if link is not None:
            link.stop()
        raise
    log = SessionLog(source.title, order.controller, order.setting, order.trace_name, str(uuid4()))
    network = ""
    if order.memory is not None and link is None:
        network = identity(authority(source.manifest_uri))
        settings = replace(settings, initial_estimate_bps=order.memory.recall(network))
    session = Session(source, transport, controller, sink, settings, log, publish)
    keep = (lambda: _keep_rate(order.memory, network, session)) if network else None
    return Stage(session, transport, client, link, keep)


def _keep_rate(memory: NetworkMemory | None, network: str, session: Session) -> None:
    if memory is not None:
        memory.remember(network, session_rate_bps(session.samples))


async def _authorise(client: GatewayClient, order: Order) -> Playback:
    assert order.account is not None
    try:
        if client.profile is None and order.account.credentials is not None:
            await client.login(*order.account.credentials)
        await client.flush_history()
        return await client.playback(order.title)
    except SignInNeeded as error:
        raise NotAuthorised(str(error), "Sign in with --username and --password.") from error
    except NotFound as error:
        raise ContentUnreadable(str(error), "`demo` is a title that is always there.") from error
    except ServiceError as error:
        raise NetworkGone(str(error), "Is the backend running? evenflow serve starts one.") from error


def _source(client: GatewayClient, playback: Playback) -> Source:
    title_id = playback.title.id

    async def renew() -> str | None:
        try:
            return (await client.playback(title_id)).manifest_url
        except ServiceError:
            return None

    async def keep(position_s: float, duration_s: float) -> None:
        await client.remember(title_id, position_s, duration_s)

    return Source(
        title=title_id,
        manifest_uri=playback.manifest_url,
        steering_uri=playback.steering_uri,
        pathways={base.id: base.base_url for base in playback.pathways},
        renew=renew,
        keep=keep,
    )


def _link(trace: LinkTrace) -> ShapedLink:
    return ShapedLink(trace.rate_at, trace.latency_at)


__all__ = [
    "UNWATCHED",
    "Account",
    "LinkTrace",
    "Order",
    "Played",
    "Simulated",
    "desktop",
    "headless",
    "play_virtually",
    "virtual",
]
