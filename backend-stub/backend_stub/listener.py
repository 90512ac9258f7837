"""A port and the ASGI app behind it: opened with a clear error when taken, closed gently or at one stroke."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from backend_stub.errors import StartError

_BACKLOG = 256
_GRACE_S = 2
_MAX_HEADER_BYTES = 16 * 1024


class _Server(uvicorn.Server):
    """uvicorn as a task among others: signals belong to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int, role: str, option: str) -> socket.socket:
    """A listening address. Raises StartError (exit code 2) that names the port and the option that changes it."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise StartError(
            f"The host {host!r} is not an address of this machine ({error}). Use --host 127.0.0.1.", 2
        ) from error
    # TCP by number: asyncio sets TCP_NODELAY only where the protocol says so, and without it a short answer whose head
    # and body are two writes waits 40 ms for the client's delayed acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # Only there: on Windows this option would let two programs share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        raise _bind_error(host, port, role, option, error) from error
    sock.setblocking(False)
    return sock


def _bind_error(host: str, port: int, role: str, option: str, error: Exception) -> StartError:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        return StartError(
            f"Port {port} on {host}, wanted for {role}, is taken: perhaps by another `evenflow serve` that still runs, "
            f"or by another program. Stop it, or let the system choose a free port with {option} 0.",
            2,
        )
    if code == errno.EACCES:
        return StartError(f"Port {port} on {host} may not be opened by you. Choose one above 1023 with {option}.", 2)
    return StartError(f"Port {port} on {host} cannot be opened for {role}: {error}. Try {option} 0.", 2)


class Listener:
    """Serves one app on one port, until it is stopped; it can be started again on the same port."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def serving(self) -> bool:
        """Whether connections are accepted now."""
        return self._server is not None

    async def start(self, sock: socket.socket) -> None:
        """Serve on a bound socket; returns when connections are accepted."""
        config = uvicorn.Config(
            self._app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_S,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
        )
        server = _Server(config)
        self._task = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)
        self._server = server

    async def stop(self) -> None:
        """Finish what is being answered (briefly), then close; also waits for what `kill` left behind."""
        self._end()
        await asyncio.gather(*self._ending)

    def kill(self) -> None:
        """Close the port and cut every connection now, in the middle of whatever it carries."""
        server = self._end()
        if server is None:
            return
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def _end(self) -> _Server | None:
        server, task = self._server, self._task
        self._server = self._task = None
        if server and task:
            server.should_exit = True
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        return server
