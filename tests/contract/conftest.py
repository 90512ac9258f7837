"""Servers that misbehave exactly as they are told: one of raw sockets on loopback, and the same one simulated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from player.fetch.transport import Request, Truncated
from player.sim.edges import Answer

Behaviour = Callable[["Call"], Awaitable[None]]


@dataclass
class Call:
    """One request as it arrived, and the socket to answer on."""

    path: str
    headers: dict[str, str]
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b"", status: int = 200, **headers: object) -> None:
        lines = {"content-length": len(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        await self.send(head.encode() + b"\r\n" + body)


@dataclass
class ScriptedServer:
    """Answers each path as its behaviour says; counts connections and requests."""

    port: int = 0
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    connections: int = 0
    dropped: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[Call] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def on(self, path: str, behaviour: Behaviour) -> str:
        self.behaviours[path] = behaviour
        return self.url(path)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                call = _call(head, writer)
                self.calls.append(call)
                waiting = asyncio.create_task(reader.read(1))
                acting = asyncio.create_task(self.behaviours[call.path.partition("?")[0]](call))
                await asyncio.wait({waiting, acting}, return_when=asyncio.FIRST_COMPLETED)
                if not acting.done():
                    acting.cancel()
                    self.dropped.set()
                    return
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                acting.result()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            self.dropped.set()
        finally:
            writer.close()


def _call(head: bytes, writer: asyncio.StreamWriter) -> Call:
    first, *lines = head.decode().strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Call(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}, writer)


class Words:
    """What a simulated server writes, taken apart into a head and the pieces after it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._changed = asyncio.Event()
        self.over = False

    def write(self, data: bytes) -> None:
        self._pieces.append(data)
        self._changed.set()

    async def drain(self) -> None:
        while len(self._pieces) > 4:
            await self._change()

    def close(self) -> None:
        self.over = True
        self._changed.set()

    async def head(self) -> tuple[int, dict[str, str]]:
        said = b""
        while b"\r\n\r\n" not in said:
            if not self._pieces:
                if self.over:
                    raise Truncated("the server hung up")
                await self._change()
                continue
            said += self._pieces.pop(0)
        head, _, rest = said.partition(b"\r\n\r\n")
        if rest:
            self._pieces.insert(0, rest)
        first, *lines = head.decode().split("\r\n")
        if not first.startswith("HTTP/1.1 "):
            raise Truncated("these words are not HTTP")
        pairs = (line.partition(":") for line in lines)
        return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def __aiter__(self) -> Words:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self.over:
                raise StopAsyncIteration
            await self._change()
        self._changed.set()
        return self._pieces.pop(0)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class SimulatedServer(ScriptedServer):
    """The same script on a simulated edge."""

    def url(self, path: str) -> str:
        return f"http://origin.sim{path}"

    def hook(self, path: str, request: Request, _now_s: float) -> Answer:
        words = Words()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.offset_bytes is not None and request.length_bytes is not None:
            headers["range"] = f"bytes={request.offset_bytes}-{request.offset_bytes + request.length_bytes - 1}"
        call = Call(f"/{path}", headers, words)  # type: ignore[arg-type]
        self.calls.append(call)
        acting = asyncio.ensure_future(self.behaviours[call.path](call))
        acting.add_done_callback(lambda _: words.close())

        def drop() -> None:
            acting.cancel()
            self.dropped.set()

        async def later() -> Answer:
            status, answered = await words.head()
            return Answer(status, b"", answered, words, dropped=drop)

        return Answer(later=later(), dropped=drop)


@pytest.fixture(params=["http", "http through a shaped link", "simulated"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def server(kind: str) -> AsyncIterator[ScriptedServer]:
    if kind == "simulated":
        yield SimulatedServer()
        return
    scripted = ScriptedServer()
    listening = await asyncio.start_server(scripted.accept, "127.0.0.1", 0)
    scripted.port = listening.sockets[0].getsockname()[1]
    yield scripted
    listening.close()
