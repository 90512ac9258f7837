"""A web server of two dozen lines, whose bodies are as long as their paths say."""

from __future__ import annotations

import asyncio
import contextlib


class BodyServer:
    """Answers /N with N bytes, without ranges, as fast as they are taken.

    After `broken_after` answers it hangs up on the next `broken` requests.
    """

    def __init__(self) -> None:
        self.port = 0
        self.answers = 0
        self.sent_bytes = 0
        self.broken_after = 10**9
        self.broken = 0

    def url(self, size_bytes: int) -> str:
        return f"http://127.0.0.1:{self.port}/{size_bytes}"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it ends."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.answers += 1
                if self.broken_after < self.answers <= self.broken_after + self.broken:
                    break
                size_bytes = int(head.split(b" ")[1][1:])
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size_bytes)
                await self._send(writer, size_bytes)
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, size_bytes: int) -> None:
        while size_bytes > 0:
            parcel = min(size_bytes, 65536)
            writer.write(bytes(parcel))
            await writer.drain()
            self.sent_bytes += parcel
            size_bytes -= parcel
