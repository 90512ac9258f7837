"""Servers for the network's tests: real HTTP on loopback, every request kept with its headers and its connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from abr.controller import create
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.fetch.http import HttpTransport
from player.output.null import NullSink
from player.telemetry.report import SessionLog, report

RATES_KBPS = (200, 800, 2400)
AUDIO_KBPS = 64
CHUNKS = 12
CHUNK_S = 2.0


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `connection` counts from 1 for each edge."""

    edge: str
    path: str
    query: str
    headers: dict[str, str]
    connection: int
    at_s: float


@dataclass
class Said:
    """What an edge says instead of the file; `after_s` passes before its first byte."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0


Script = Callable[[Asked], "Said | None"]


class Site:
    """Edges that serve one title with sound and subtitles. `script` may answer in place of the file."""

    def __init__(self) -> None:
        self.script: Script = lambda asked: None
        self.asked: list[Asked] = []
        self.connections: dict[str, int] = {}
        self.ports: dict[str, int] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self, *edges: str) -> None:
        for edge in edges:
            server = await asyncio.start_server(lambda r, w, e=edge: self._serve(e, r, w), "127.0.0.1", 0)  # type: ignore[misc]
            self._servers[edge] = server
            self.ports[edge] = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        for server in self._servers.values():
            server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    def base(self, edge: str) -> str:
        return f"http://127.0.0.1:{self.ports[edge]}/"

    def paths(self, edge: str | None = None) -> list[str]:
        return [it.path for it in self.asked if edge in (None, it.edge)]

    async def _serve(self, edge: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections[edge] = self.connections.get(edge, 0) + 1
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                path, _, query = first.split(" ")[1].lstrip("/").partition("?")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                asked = Asked(edge, path, query, headers, number, asyncio.get_running_loop().time())
                self.asked.append(asked)
                await self._answer(self.script(asked), path, writer)
        writer.close()
        self._writers.discard(writer)

    async def _answer(self, said: Said | None, path: str, writer: asyncio.StreamWriter) -> None:
        said = said or Said()
        body = said.body
        if body is None and said.status == 200:
            body = file_of(path)
        status = 404 if body is None and said.status == 200 else said.status
        if said.after_s:
            await asyncio.sleep(said.after_s)
        headers = {"Content-Length": str(len(body or b"")), **said.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + (body or b""))
        await writer.drain()


def file_of(path: str) -> bytes | None:
    """The title's files."""
    if path == "master.m3u8":
        return _master()
    folder, _, name = path.partition("/")
    if name == "playlist.m3u8":
        return _media(folder)
    if name == "init.mp4":
        return b"init" * 10
    if name == "words.vtt":
        return b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
    if not name.endswith(".m4s"):
        return None
    rate_kbps = AUDIO_KBPS if folder == "a" else RATES_KBPS[int(folder[1:])]
    return bytes(int(rate_kbps * 1000 * CHUNK_S / 8))


def _master() -> bytes:
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,URI="a/playlist.m3u8"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",LANGUAGE="de",NAME="Deutsch",URI="t/playlist.m3u8"',
    ]  # fmt: skip
    for rung, rate in enumerate(RATES_KBPS):
        size = f"{320 * (rung + 1)}x{180 * (rung + 1)}"
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={rate * 1000},RESOLUTION={size},"
            'CODECS="avc1.42c01e,mp4a.40.2",AUDIO="a",SUBTITLES="s"'
        )
        lines.append(f"v{rung}/playlist.m3u8")
    return "\n".join([*lines, ""]).encode()


def _media(folder: str) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:24", "#EXT-X-PLAYLIST-TYPE:VOD"]
    if folder == "t":
        lines += [f"#EXTINF:{CHUNKS * CHUNK_S},", "words.vtt"]
    else:
        rate = AUDIO_KBPS if folder == "a" else RATES_KBPS[int(folder[1:])]
        lines.append('#EXT-X-MAP:URI="init.mp4"')
        for index in range(CHUNKS):
            lines += [f"#EXT-X-BITRATE:{rate}", f"#EXTINF:{CHUNK_S},", f"s{index}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


class Played:
    """A session of the site's title on real sockets; `play` runs it to its end."""

    def __init__(self, site: Site, controller: str = "throughput", steering_uri: str | None = None, **settings: Any):
        self.transport = HttpTransport(connect_timeout_s=1.0, silence_timeout_s=8.0)
        self.sink = NullSink(asyncio.get_running_loop().time, check_media=False)
        first = next(iter(site.ports))
        pathways = {edge: site.base(edge) for edge in site.ports}
        source = Source("a film", site.base(first) + "master.m3u8", steering_uri, pathways)
        self.log = SessionLog("a film", controller, "headless", session_id="11111111-2222-4333-8444-555555555555")
        options = {"speed": 4.0, "give_up_s": 5.0, "snapshot_interval_s": 0.05, **settings}
        self.session = Session(
            source, self.transport, create(controller), self.sink, EngineSettings(**options), self.log
        )

    async def play(self) -> dict[str, Any]:
        try:
            await self.session.run()
        finally:
            await self.transport.aclose()
        return report(self.log, "test")

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  the condition is the engine's state, which tells nobody
                await asyncio.sleep(0.005)
