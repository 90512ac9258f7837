"""A shaped link of real sockets between the player and its servers.

    player -> 127.0.0.1:port -> half a round trip ----------------------------> server
    player <- 127.0.0.1:port <- half a round trip <- one bottleneck for all <- server

It runs on a thread and loop of its own, so that shaping does not bend the player's samples.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from urllib.parse import urlsplit, urlunsplit

from player.fetch.bottleneck import Bottleneck, RateBps, TraceClock
from player.fetch.http import HttpTransport
from player.fetch.transport import ConnectFailed, Fetched, OnProgress, Request
from player.presentation.uris import shown

# Parcels under way to a player that has stopped reading: about a second of the link, then the server waits too.
MOST_PARCELS = 128
CONNECT_TIMEOUT_S = 4.0
READ_BYTES = 64 * 2**10

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")

Parcel = tuple[float, bytes]


class ShapedLink:
    """Relays loopback connections to real servers at the rate and round trip of a trace.

    `rate_bps` and `round_trip_s` are functions of trace time, which begins with the first request (or `begin`).
    All methods may be called from any thread.
    """

    def __init__(
        self,
        rate_bps: RateBps,
        round_trip_s: float | Callable[[float], float] = 0.0,
        targets: Iterable[str] = (),
    ) -> None:
        self._rate_bps = rate_bps
        self._round_trip = round_trip_s if callable(round_trip_s) else lambda _t_s: round_trip_s
        self._targets = tuple(targets)
        self._doors: dict[str, socket.socket] = {}
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to relay. Idempotent."""
        if self._thread is not None:
            return
        loop = self._loop = asyncio.new_event_loop()
        self._clock = TraceClock(loop.time)
        self._bottleneck = Bottleneck(self._rate_bps, self._clock)
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._run, args=(loop,), name="shaped-link", daemon=True)
        self._thread.start()
        for target in self._targets:
            self._door(target)

    def stop(self) -> None:
        """Drop every connection and end the thread. Idempotent."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        self._thread = self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for door in self._doors.values():
            door.close()
        self._doors.clear()

    def begin(self) -> None:
        """Start the trace now instead of with the first request."""
        self._tell(self._clock.begin)

    def pause(self) -> None:
        """Stand still: neither trace time nor bytes pass."""
        self._tell(self._clock.pause)

    def resume(self) -> None:
        self._tell(self._clock.resume)

    @property
    def elapsed_s(self) -> float:
        """Trace time."""
        return self._clock.elapsed_s if self._loop is not None else 0.0

    @property
    def passed_bytes(self) -> int:
        """What has come through the bottleneck so far."""
        return self._bottleneck.passed_bytes if self._loop is not None else 0

    def rewrite(self, uri: str) -> str:
        """The same resource through the link; opens a door for a server not seen before.

        Raises: `ConnectFailed` for https, which cannot be relayed without being broken open.
        """
        try:
            parts = urlsplit(uri)
            target = f"{parts.hostname}:{parts.port or 80}"
        except ValueError as error:
            raise ConnectFailed(f"{shown(uri)}: not an address that can be fetched", shown(uri)) from error
        if parts.scheme != "http" or not parts.hostname or not _HOST.fullmatch(parts.hostname):
            raise ConnectFailed(f"{shown(uri)}: only http goes through a shaped link", shown(uri))
        port = self._door(target)
        return urlunsplit(("http", f"127.0.0.1:{port}", parts.path, parts.query, parts.fragment))

    def _door(self, target: str) -> int:
        """The loopback port that leads to `target` (`host:port`). Bound here, so that it never waits for the loop."""
        with self._guard:
            if self._loop is None:
                raise ConnectFailed("the shaped link is not running")
            if target not in self._doors:
                door = socket.create_server(("127.0.0.1", 0), backlog=64)
                self._doors[target] = door
                asyncio.run_coroutine_threadsafe(self._serve(door, target), self._loop)
            port: int = self._doors[target].getsockname()[1]
            return port

    def _tell(self, act: Callable[[], None]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(act)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            for server in self._servers:
                server.close()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _serve(self, door: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Cancelled only by `stop`: nobody is left to be told, and asyncio would print it as an error.
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                # asyncio does this only for sockets that name their protocol, which an accepted one does not;
                # without it the end of every body waits up to 40 ms for an acknowledgement.
                writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self._relay(reader, writer, host, int(port))

        self._servers.append(await asyncio.start_server(accept, sock=door))

    async def _relay(
        self, player_in: asyncio.StreamReader, player_out: asyncio.StreamWriter, host: str, port: int
    ) -> None:
        """One connection: both directions until the player leaves or the server has said everything."""
        server_out: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                server_in, server_out = await asyncio.open_connection(host, port)
            up = asyncio.create_task(self._carry_up(player_in, server_out))
            down = asyncio.create_task(self._carry_down(server_in, player_out))
            try:
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                up.cancel()
                down.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
        finally:
            # Aborted, not closed: a player that gave up must not have the rest pulled out of the server.
            if server_out is not None:
                server_out.transport.abort()
            player_out.close()

    async def _carry_up(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        async with _delay_line(to) as put:
            while data := await source.read(READ_BYTES):
                self._clock.begin()
                await put((self._due_s(), data))

    async def _carry_down(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        async with _delay_line(to) as put:
            while data := await source.read(self._bottleneck.quantum_bytes):
                await self._bottleneck.transmit(len(data))
                await put((self._due_s(), data))

    def _due_s(self) -> float:
        """When something that leaves now is at the other end."""
        return asyncio.get_running_loop().time() + self._round_trip(self._clock.elapsed_s) / 2


@contextlib.asynccontextmanager
async def _delay_line(to: asyncio.StreamWriter) -> AsyncIterator[Callable[[Parcel], Awaitable[None]]]:
    """Parcels put in come out at `to` when they are due; leaving the block waits for the last one."""
    parcels: asyncio.Queue[Parcel | None] = asyncio.Queue(MOST_PARCELS)
    loop = asyncio.get_running_loop()

    async def deliver() -> None:
        while parcel := await parcels.get():
            due_s, data = parcel
            if (early_s := due_s - loop.time()) > 0:
                await asyncio.sleep(early_s)
            to.write(data)
            await to.drain()

    async with asyncio.TaskGroup() as group:
        group.create_task(deliver())
        yield parcels.put
        await parcels.put(None)


class LinkTransport:
    """HTTP through a shaped link: the requests name the real servers, the bytes take the link, redirects too."""

    def __init__(self, link: ShapedLink, *, connect_timeout_s: float = 4.0, silence_timeout_s: float = 8.0) -> None:
        self._link = link
        link.start()
        self._http = HttpTransport(
            connect_timeout_s=connect_timeout_s, silence_timeout_s=silence_timeout_s, route=link.rewrite
        )

    @property
    def link(self) -> ShapedLink:
        return self._link

    async def fetch(self, request: Request, on_progress: OnProgress | None = None) -> Fetched:
        return await self._http.fetch(request, on_progress)

    async def aclose(self) -> None:
        """Close the connections and end the link."""
        await self._http.aclose()
        await asyncio.to_thread(self._link.stop)
