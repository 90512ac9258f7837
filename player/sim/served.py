"""A simulated title on real sockets: a small HTTP server of its own thread, which serves bytes that mean nothing."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import TracebackType

from player.sim.title import MASTER, SimTitle

PIECE = bytes(64 * 2**10)


class Served:
    """Serves one title on loopback while the block lasts; `uri` is its multivariant playlist."""

    def __init__(self, title: SimTitle) -> None:
        self._title = title
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="served-title", daemon=True)
        self._port = 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}/{MASTER}"

    def __enter__(self) -> Served:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled only at the end, when nobody is left to be told.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode("latin-1"), writer)
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ")[1].lstrip("/").partition("?")[0]
        text = self._title.files.get(path)
        if text is not None:
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
        elif path in self._title.sizes_bytes:
            await self._media(head, self._title.sizes_bytes[path], writer)
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def _media(self, head: str, size_bytes: int, writer: asyncio.StreamWriter) -> None:
        wanted = next((line for line in head.lower().split("\r\n") if line.startswith("range: bytes=")), "")
        first, _, last = wanted.removeprefix("range: bytes=").partition("-")
        start, end = int(first or 0), min(int(last or size_bytes - 1), size_bytes - 1)
        part = f"Content-Range: bytes {start}-{end}/{size_bytes}\r\n" if wanted else ""
        status = "206 Partial Content" if wanted else "200 OK"
        left = end - start + 1
        writer.write(f"HTTP/1.1 {status}\r\n{part}Content-Length: {left}\r\n\r\n".encode())
        while left > 0:
            piece = PIECE[: min(left, len(PIECE))]
            writer.write(piece)
            await writer.drain()
            left -= len(piece)
