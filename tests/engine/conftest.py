"""An origin for engine tests: real HTTP on loopback, several edges, segments of any size, misbehaviour by script."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

RATES_KBPS = (200, 800, 2400)
CHUNKS = 12
CHUNK_S = 2.0

Script = Callable[[str, str], "Answer | None"]


@dataclass
class Answer:
    """What an edge says instead of the file: a status, a body cut short, damaged, or nothing at all."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    announce: int | None = None
    silent: bool = False


def master() -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rung, rate in enumerate(RATES_KBPS):
        size = f"{320 * (rung + 1)}x{180 * (rung + 1)}"
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={rate * 1000},RESOLUTION={size},CODECS="avc1.42c01e"',
            f"v{rung}/playlist.m3u8",
        ]
    return "\n".join([*lines, ""]).encode()


def media(rung: int) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", "#EXT-X-PLAYLIST-TYPE:VOD"]
    lines.append('#EXT-X-MAP:URI="init.mp4"')
    for index in range(CHUNKS):
        lines += [f"#EXT-X-BITRATE:{RATES_KBPS[rung]}", f"#EXTINF:{CHUNK_S},", f"s{index}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


class Origin:
    """Edges that serve one title; `script(edge, path)` may answer in place of the file."""

    def __init__(self) -> None:
        self.script: Script = lambda edge, path: None
        self.requests: list[tuple[str, str]] = []
        self.edges: dict[str, asyncio.Server] = {}
        self._writers: dict[str, set[asyncio.StreamWriter]] = {}

    async def start(self, edge: str) -> None:
        self._writers[edge] = set()
        self.edges[edge] = await asyncio.start_server(lambda r, w: self._serve(edge, r, w), "127.0.0.1", 0)

    def kill(self, edge: str) -> None:
        """As a power cut: nobody listens, and what was open is gone."""
        self.edges[edge].close()
        for writer in self._writers[edge]:
            writer.transport.abort()

    async def stop(self) -> None:
        for edge in self.edges:
            self.kill(edge)
        await asyncio.sleep(0)

    def base(self, edge: str) -> str:
        return f"http://127.0.0.1:{self.ports[edge]}/"

    @property
    def ports(self) -> dict[str, int]:
        return self._ports

    async def open(self, *edges: str) -> None:
        for edge in edges:
            await self.start(edge)
        self._ports = {edge: server.sockets[0].getsockname()[1] for edge, server in self.edges.items()}

    async def _serve(self, edge: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[edge].add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ")[1].decode().split("?")[0].lstrip("/")
                self.requests.append((edge, path))
                await self._answer(self.script(edge, path) or self._file(path), reader, writer)
        writer.close()
        self._writers[edge].discard(writer)

    async def _answer(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer.silent:
            await reader.read()
            return
        body = answer.body or b""
        announced = len(body) if answer.announce is None else answer.announce
        headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\nContent-Length: {announced}\r\n{headers}\r\n".encode() + body)
        await writer.drain()
        if announced != len(body):
            writer.transport.abort()

    def _file(self, path: str) -> Answer:
        if path == "master.m3u8":
            return Answer(body=master())
        folder, _, name = path.partition("/")
        if not folder.startswith("v") or not name:
            return Answer(status=404)
        rung = int(folder[1:])
        if name == "playlist.m3u8":
            return Answer(body=media(rung))
        if name == "init.mp4":
            return Answer(body=b"init" * 10)
        return Answer(body=bytes(int(RATES_KBPS[rung] * 1000 * CHUNK_S / 8)))


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    made = Origin()
    await made.open("edge-a", "edge-b")
    yield made
    await made.stop()
