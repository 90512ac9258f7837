"""One backend in one process: stores opened, ports bound, gateway and edges running; closed in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend_stub.app import build_gateway
from backend_stub.auth.accounts import Accounts
from backend_stub.auth.profiles import Profiles
from backend_stub.cdn.edge import Edge
from backend_stub.cdn.faults import Fault
from backend_stub.cdn.signurl import UrlSigner
from backend_stub.cdn.steering import SINCE_EVER_S, EdgeState, Steering, steering_path
from backend_stub.db import Database
from backend_stub.errors import StartError, disk_error
from backend_stub.films import FilmMaker
from backend_stub.library import Library
from backend_stub.listener import Listener, bind
from backend_stub.resume import History
from backend_stub.secret import derive, load_or_make
from backend_stub.services.context import Parts
from backend_stub.settings import MAX_EDGES, Settings
from backend_stub.shelf import MyList

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RunningEdge:
    """An edge, its port, and since when it serves."""

    id: str
    authority: str
    distance: float
    port: int
    edge: Edge
    listener: Listener
    up_since_s: float | None

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://{self.authority}"


class Backend:
    """A running backend; made by `running_backend`. It is the services' `Fleet`."""

    def __init__(self, settings: Settings, secret: bytes, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._gateway_listener: Listener | None = None
        self._films: FilmMaker | None = None
        self.edges: list[RunningEdge] = []
        self.gateway_url = ""
        self.admin_token = secrets.token_urlsafe(24)
        accounts = Accounts(
            database,
            derive(secret, "access-token"),
            access_life_s=settings.access_life_s,
            refresh_life_s=settings.refresh_life_s,
        )
        self.parts = Parts(
            settings=settings,
            accounts=accounts,
            profiles=Profiles(database, accounts.passwords),
            my_list=MyList(database),
            library=Library(settings.objects_dir),
            history=History(database),
            signer=UrlSigner(derive(secret, "signed-url")),
            steering=Steering(settings.steering_ttl_s, settings.steering_return_after_s),
            fleet=self,
            admin_token=self.admin_token,
        )

    def ready_line(self) -> dict[str, object]:
        """What the parent process reads."""
        edges = [{"id": edge.id, "url": edge.url} for edge in self.edges]
        return {"event": "ready", "gateway": self.gateway_url, "edges": edges, "admin_token": self.admin_token}

    async def start(self) -> None:
        """Open everything. Raises StartError, and then leaves nothing open after `close`."""
        settings = self._settings
        with contextlib.ExitStack() as unused:
            # All ports first: a taken one is found before anything runs.
            gateway = unused.enter_context(bind(settings.host, settings.port, "the gateway", "--port"))
            sockets = [
                unused.enter_context(bind(settings.host, self._edge_port(i), _edge_id(i), "--edge-port-base"))
                for i in range(settings.edges)
            ]
            self.gateway_url = f"http://{self._authority(gateway)}"
            self.parts.gateway_url = self.gateway_url
            await self.parts.accounts.ensure_demo()
            self.parts.history.start()
            unused.pop_all()
        for index, sock in enumerate(sockets):
            self.edges.append(await self._start_edge(index, sock))
        self._gateway_listener = Listener(build_gateway(self.parts))
        await self._gateway_listener.start(gateway)
        if settings.films:
            self._films = FilmMaker(settings.objects_dir)
            self._films.start()

    async def close(self) -> None:
        """Stop taking requests, then write what is pending, then close the stores."""
        if self._films:
            await self._films.stop()
        listeners = [edge.listener for edge in self.edges]
        if self._gateway_listener:
            listeners.append(self._gateway_listener)
        await asyncio.gather(*(listener.stop() for listener in listeners))
        await self.parts.history.close()
        await self.parts.accounts.close()

    def states(self) -> Sequence[EdgeState]:
        """How every edge is doing now."""
        return [EdgeState(edge.id, edge.authority, edge.distance, edge.up_since_s) for edge in self.edges]

    def stop_edge(self, edge_id: str) -> None:
        """Kill an edge: its port closes, its connections are cut. Raises KeyError."""
        edge = self._edge(edge_id)
        edge.up_since_s = None
        edge.listener.kill()
        log.info("%s stopped", edge_id)

    async def start_edge(self, edge_id: str) -> None:
        """Bring it back on its port; nothing when it runs. Raises KeyError, StartError when the port was taken."""
        edge = self._edge(edge_id)
        if not edge.listener.serving:
            await edge.listener.start(bind(self._settings.host, edge.port, edge_id, "--edge-port-base"))
            edge.up_since_s = asyncio.get_running_loop().time()
            log.info("%s started", edge_id)

    def put_fault(self, edge_id: str, fault: Fault | None) -> None:
        """Tell an edge to fail in some way, or to stop doing so. Raises KeyError."""
        self._edge(edge_id).edge.faults.put(fault)

    def _edge(self, edge_id: str) -> RunningEdge:
        return {edge.id: edge for edge in self.edges}[edge_id]

    async def _start_edge(self, index: int, sock: socket.socket) -> RunningEdge:
        edge_id = _edge_id(index)
        edge = Edge(
            edge_id,
            self._settings.objects_dir,
            self.parts.signer,
            lambda title_id: self.gateway_url + steering_path(title_id, edge_id),
            self._settings.hold_s,
        )
        listener = Listener(edge)
        authority, port = self._authority(sock), sock.getsockname()[1]
        await listener.start(sock)
        return RunningEdge(edge_id, authority, index + 1.0, port, edge, listener, SINCE_EVER_S)

    def _edge_port(self, index: int) -> int:
        base = self._settings.edge_port_base
        return base + index if base else 0

    def _authority(self, sock: socket.socket) -> str:
        host = self._settings.advertised_host
        return f"{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}"


def _edge_id(index: int) -> str:
    return f"edge-{chr(ord('a') + index)}"


def prepare_data_dir(settings: Settings) -> bytes:
    """Make the folders and the secret. Raises StartError when the disk does not take them."""
    try:
        settings.objects_dir.mkdir(parents=True, exist_ok=True)
        (settings.data_dir / "uploads").mkdir(exist_ok=True)
        return load_or_make(settings.data_dir / "secret.key")
    except OSError as error:
        raise disk_error(settings.data_dir, error) from error


@contextlib.asynccontextmanager
async def running_backend(
    data_dir: Path, *, edges: int = 2, films: bool = False, port: int = 0, edge_port_base: int = 0, **others: Any
) -> AsyncIterator[Backend]:
    """A backend on free ports for as long as the block lasts; `others` are fields of Settings. Raises StartError."""
    given = Settings(data_dir=data_dir, edges=edges, films=films, port=port, edge_port_base=edge_port_base)
    async with serving(replace(given, **others)) as backend:
        yield backend


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Backend]:
    """A backend with these settings for as long as the block lasts. Raises StartError."""
    if not 1 <= settings.edges <= MAX_EDGES:
        raise StartError(f"{settings.edges} edges cannot be had; choose 1 to {MAX_EDGES} with --edges.", 2)
    secret = prepare_data_dir(settings)
    database = await Database.open(settings.data_dir / "evenflow.db")
    backend = Backend(settings, secret, database)
    try:
        await backend.start()
        yield backend
    finally:
        await backend.close()
        await database.close()
