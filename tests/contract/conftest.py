"""A server of raw sockets on loopback that misbehaves exactly as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

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


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    listening = await asyncio.start_server(scripted.accept, "127.0.0.1", 0)
    scripted.port = listening.sockets[0].getsockname()[1]
    yield scripted
    listening.close()
