"""Recording the network we are on: one file over and over through the transport, every read with its instant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from abr.trace.measured import Download
from player.fetch.transport import FetchError, Request, TooLarge, Transport, Truncated
from player.presentation.uris import shown

SMALLEST_FILE_BYTES = 64 * 2**10
FIRST_REQUEST_BYTES = 256 * 2**10
LARGEST_REQUEST_BYTES = 16 * 2**20
REQUEST_S = 2.0
"""A request is to take about that long: rarely interrupted by the wait for the next, and often enough a latency."""
RETRY_S = 0.5


@dataclass(slots=True)
class Recording:
    """What was seen. `outages` are spans between a failure and the next answer."""

    downloads: list[Download] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    ranged: bool = True
    full: bool = False
    """The size limit ended it before its time."""

    @property
    def received_bytes(self) -> int:
        return sum(it.received_bytes for it in self.downloads)


async def record(transport: Transport, uri: str, seconds: float, limit_bytes: int) -> Recording:
    """Download `uri` again and again for `seconds`, at most `limit_bytes` in all.

    Raises: FetchError when the first request fails, or the file is too small to tell anything. Later failures count
    as an outage of the link until the next answer.
    """
    size, request, ranged = await _probe(transport, uri)
    recording = Recording(ranged=ranged)
    loop = asyncio.get_running_loop()
    deadline_s, length, dark_since_s = loop.time() + seconds, min(size, FIRST_REQUEST_BYTES), None
    while loop.time() < deadline_s:
        left = limit_bytes - recording.received_bytes
        if left < SMALLEST_FILE_BYTES:
            recording.full = True
            break
        download = Download(loop.time())
        recording.downloads.append(download)
        wanted = replace(request, length_bytes=min(length, left, size))
        try:
            async with asyncio.timeout_at(deadline_s):
                await transport.fetch(wanted, lambda *seen: _see(recording.downloads[-1], *seen))
        except TimeoutError:
            break
        except FetchError:
            dark_since_s = loop.time() if dark_since_s is None else dark_since_s
            await asyncio.sleep(min(RETRY_S, max(0.0, deadline_s - loop.time())))
            continue
        if dark_since_s is not None:
            recording.outages.append((dark_since_s, download.first_byte_s or loop.time()))
            dark_since_s = None
        length = _next_length(download)
    if dark_since_s is not None:
        recording.outages.append((dark_since_s, loop.time()))
    return recording


def _see(download: Download, received: int, now_s: float, first_byte_at_s: float | None) -> None:
    download.first_byte_s = now_s if first_byte_at_s is None else first_byte_at_s
    download.marks.append((now_s, received))


def _next_length(download: Download) -> int:
    """As much as would take `REQUEST_S` at the rate just seen; at most four times the last."""
    took_s = download.marks[-1][0] - (download.first_byte_s or 0.0) if download.marks else 0.0
    fitting = download.received_bytes * REQUEST_S / took_s if took_s > 0 else float("inf")
    most = min(LARGEST_REQUEST_BYTES, 4 * download.received_bytes)
    return int(max(SMALLEST_FILE_BYTES, min(fitting, most)))


async def _probe(transport: Transport, uri: str) -> tuple[int, Request, bool]:
    """The file's size, the request for it where it really is, and whether the server knows ranges.

    It also opens the connection, so that no sample carries a handshake.
    """
    request = Request(uri, 0, 1, {"Cache-Control": "no-cache"})
    fetched = await transport.fetch(request)
    size = _size(fetched.headers, fetched.status)
    if size is None:
        raise TooLarge(f"{shown(uri)}: the server does not say how large it is; name a plain file", shown(uri))
    if size < SMALLEST_FILE_BYTES:
        needed = SMALLEST_FILE_BYTES // 2**10
        raise Truncated(
            f"{shown(uri)}: {size} bytes tell nothing about a link; name a file of {needed} KiB or more", shown(uri)
        )
    return size, replace(request, uri=fetched.uri), fetched.status == 206


def _size(headers: Mapping[str, str], status: int) -> int | None:
    """The whole file's, from Content-Range of a part (RFC 9110 section 14.4) or Content-Length of the whole."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if status == 206:
        text = lowered.get("content-range", "").rpartition("/")[2].strip()
    else:
        text = lowered.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
