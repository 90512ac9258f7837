"""A file, or bytes made from one, as an HTTP answer in plain ASGI: ranges, conditions, big blocks.

Plain ASGI because a framework's response costs more than the media: 256 KiB a block, read on a thread, so that a slow
disk never stops the loop and a fast one costs little.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.types import Send

from backend_stub.cdn.ranges import Span, Unsatisfiable, not_modified, parse_range, range_still_holds

BLOCK_BYTES = 256 * 1024

CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
}


@dataclass(slots=True)
class Body:
    """Something open to be served; `close` it."""

    file: BinaryIO
    size_bytes: int
    etag: str
    modified_s: float
    content_type: str
    cache_control: str

    def close(self) -> None:
        """Close the file."""
        self.file.close()


@dataclass(frozen=True, slots=True)
class Spoil:
    """Injected faults of a body: end after so many bytes though more were promised; turn every byte around."""

    truncate_bytes: int | None = None
    corrupt: bool = False


def open_body(path: Path, cache_control: str) -> Body | None:
    """Open a regular file of a known type; None when there is none. Blocks, so call it on a thread."""
    content_type = CONTENT_TYPES.get(path.suffix)
    if content_type is None or not path.is_file():
        return None
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        return None
    status = os.fstat(file.fileno())
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    return Body(file, status.st_size, etag, status.st_mtime, content_type, cache_control)


def body_of(data: bytes, modified_s: float, content_type: str, cache_control: str) -> Body:
    """Bytes as a body; the ETag is their hash."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    return Body(io.BytesIO(data), len(data), etag, modified_s, content_type, cache_control)


async def send_body(send: Send, method: str, request: Headers, body: Body, spoil: Spoil | None = None) -> int:
    """Answer a GET or HEAD with a body; returns the status. Closes the body."""
    try:
        return await _send_body(send, method, request, body, spoil)
    finally:
        body.close()


async def _send_body(send: Send, method: str, request: Headers, body: Body, spoil: Spoil | None) -> int:
    headers = {
        "accept-ranges": "bytes",
        "cache-control": body.cache_control,
        "etag": body.etag,
        "last-modified": formatdate(body.modified_s, usegmt=True),
    }
    if not_modified(request.get("if-none-match"), request.get("if-modified-since"), body.etag, body.modified_s):
        return await send_headers(send, 304, headers)
    headers["content-type"] = body.content_type
    wanted = request.get("range") if method == "GET" else None
    if wanted and not range_still_holds(request.get("if-range"), body.etag, body.modified_s):
        wanted = None
    try:
        span = parse_range(wanted, body.size_bytes)
    except Unsatisfiable:
        headers["content-range"] = f"bytes */{body.size_bytes}"
        message = f"The file has {body.size_bytes} bytes; ask for a range inside it."
        return await send_error(send, 416, "range-not-satisfiable", message, headers, method)
    status = 206 if span else 200
    if span:
        headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{body.size_bytes}"
    span = span or Span(0, body.size_bytes)
    headers["content-length"] = str(span.size_bytes)
    if method == "HEAD":
        return await send_headers(send, status, headers)
    await _start(send, status, headers)
    await _stream(send, body.file, span, spoil or Spoil())
    return status


async def _stream(send: Send, file: BinaryIO, span: Span, spoil: Spoil) -> None:
    left = span.size_bytes if spoil.truncate_bytes is None else min(span.size_bytes, spoil.truncate_bytes)
    file.seek(span.start)
    while left > 0:
        block = await asyncio.to_thread(file.read, min(BLOCK_BYTES, left))
        if not block:
            break
        left -= len(block)
        if spoil.corrupt:
            block = bytes(255 - byte for byte in block)
        await send({"type": "http.response.body", "body": block, "more_body": True})
    if spoil.truncate_bytes is None and left == 0:
        await send({"type": "http.response.body", "body": b""})
    # Otherwise the answer stays unfinished, and the server drops the connection: just what a truncation looks like.


async def send_headers(send: Send, status: int, headers: Mapping[str, str]) -> int:
    """An answer without a body."""
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": b""})
    return status


async def send_error(
    send: Send, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> int:
    """The one shape of an error; returns the status."""
    data = json.dumps({"error": {"code": code, "message": message}}).encode()
    merged = {
        "cache-control": "no-store",
        **(headers or {}),
        "content-type": "application/json",
        "content-length": str(len(data)),
    }
    await _start(send, status, merged)
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else data})
    return status


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    pairs.append((b"x-content-type-options", b"nosniff"))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
