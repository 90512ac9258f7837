"""An edge: serves signed films from disk, and holds a request for a segment that is just being encoded.

A plain ASGI app; it knows its own id (which it writes into the multivariant playlists it serves), nothing about the
other edges, and decides nothing: steering does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from backend_stub.cdn.faults import Fault, Faults
from backend_stub.cdn.serve import (
    CONTENT_TYPES,
    Body,
    body_of,
    open_body,
    send_body,
    send_error,
    send_headers,
)
from backend_stub.cdn.signurl import UrlSigner
from backend_stub.cdn.talk import Talk

log = logging.getLogger(__name__)

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SEGMENT = re.compile(r"s\d{5,9}\.m4s")
_POLL_S = 0.05
_MAX_DEPTH = 4
_MAX_PLAYLIST_BYTES = 4 << 20
# Segments never change under their revision; playlists do, once, when encoding ends.
_IMMUTABLE = "private, max-age=31536000, immutable"
_BRIEF = "private, no-cache"


@dataclass(slots=True)
class EdgeStats:
    """What this edge has done since it was made."""

    requests: int = 0
    errors: int = 0
    held: int = 0


@dataclass(slots=True)
class Edge:
    """The ASGI app of one edge. `steering_uri(title_id)` says where the playlists send players for advice."""

    edge_id: str
    objects_dir: Path
    signer: UrlSigner
    steering_uri: Callable[[str], str]
    hold_s: float = 5.0
    clock: Callable[[], float] = time.time
    faults: Faults = field(default_factory=Faults)
    stats: EdgeStats = field(default_factory=EdgeStats)
    talk: Talk = field(init=False)

    def __post_init__(self) -> None:
        self.talk = Talk(self.edge_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        self.stats.requests += 1
        try:
            status = await self._answer(scope, receive, send)
        except OSError as error:
            log.error("%s: %s cannot be read: %s", self.edge_id, scope["path"], error.strerror or error)
            status = await send_error(send, 500, "unreadable", "The file cannot be read. Try another edge.")
        self.stats.errors += status >= 400
        log.debug("%s %s %s %s", self.edge_id, status, scope["method"], scope["path"])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        method, path = scope["method"], scope["path"]
        if method not in ("GET", "HEAD"):
            message = "An edge only knows GET and HEAD."
            return await send_error(send, 405, "method-not-allowed", message, {"allow": "GET, HEAD"})
        if path == "/health":
            return await send_headers(send, 200, {"content-length": "0", "cache-control": "no-store"})
        session = self.talk.hear(scope["headers"], scope.get("query_string", b""), self.clock())
        fault = self.faults.take(path)
        send = _Telling(send, self.talk, session, fault)
        if fault and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault and fault.status:
            headers = {"retry-after": "1"} if fault.status in (429, 503) else {}
            return await send_error(send, fault.status, "injected", "This edge was told to fail.", headers, method)
        return await self._serve(method, path, Headers(scope=scope), fault, receive, send)

    async def _serve(
        self, method: str, path: str, request: Headers, fault: Fault | None, receive: Receive, send: Send
    ) -> int:
        parts = path.split("/")[1:]
        if not 6 <= len(parts) <= 4 + _MAX_DEPTH or parts[0] != "s" or parts[2] != "titles":
            return await self._missing(send, method)
        if not all(_PART.fullmatch(part) for part in parts[2:]):
            return await self._missing(send, method)
        folder = "/".join(parts[2:5])
        verdict = self.signer.check(parts[1], folder, self.clock())
        if verdict != "good":
            return await send_error(send, 403, verdict, _ADVICE[verdict], method=method)
        target = self.objects_dir.joinpath(*parts[2:])
        body = await asyncio.to_thread(self._open, target)
        if body is None and await asyncio.to_thread(_is_growing, target):
            return await self._hold(method, target, request, fault, receive, send)
        if body is None:
            return await self._missing(send, method)
        return await send_body(send, method, request, body, fault.spoil if fault else None)

    def _open(self, target: Path) -> Body | None:
        # A link inside the film's folder must not lead out of it.
        if target.is_symlink() and not target.resolve().is_relative_to(self.objects_dir.resolve()):
            return None
        if target.name == "master.m3u8":
            return self._master(target)
        return open_body(target, _BRIEF if target.suffix == ".m3u8" else _IMMUTABLE)

    def _master(self, target: Path) -> Body | None:
        try:
            status = target.stat()
            if status.st_size > _MAX_PLAYLIST_BYTES:
                return None
            text = target.read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        steering = self.steering_uri(target.parts[-3])
        data = decorate(text, steering, self.edge_id).encode()
        return body_of(data, status.st_mtime, CONTENT_TYPES[".m3u8"], _BRIEF)

    async def _hold(
        self, method: str, target: Path, request: Headers, fault: Fault | None, receive: Receive, send: Send
    ) -> int:
        """Wait for a segment that is on its way, as long as the client does, bounded by `hold_s`."""
        self.stats.held += 1
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        deadline_s = began_s + self.hold_s
        gone = asyncio.create_task(_disconnected(receive))
        try:
            while loop.time() < deadline_s:
                await asyncio.wait({gone}, timeout=_POLL_S)
                if gone.done():
                    return 499
                body = self._open(target)
                if body is not None:
                    # Told, so that a player does not take the encoder's time for the network's (Server Timing, W3C).
                    held = (b"server-timing", b"hold;dur=%.1f" % (1000 * (loop.time() - began_s)))
                    return await send_body(_with(held, send), method, request, body, fault.spoil if fault else None)
        finally:
            gone.cancel()
        message = "This part of the film is still being encoded. Ask again in a second."
        return await send_error(send, 503, "not-encoded-yet", message, {"retry-after": "1"}, method)

    async def _missing(self, send: Send, method: str) -> int:
        return await send_error(send, 404, "not-found", "There is no such file on this edge.", method=method)


_ADVICE = {
    "bad-signature": "The address was not signed by this service. Ask playback for a new one.",
    "expired": "The address has expired. Ask playback for a new one.",
}


class _Telling:
    """`send`, with CMSD on the answer's start; how long the body takes to go out is learnt from."""

    def __init__(self, send: Send, talk: Talk, session: str, fault: Fault | None) -> None:
        self._send, self._talk, self._session, self._fault = send, talk, session, fault
        self._asked_s = self._began_s = time.monotonic()
        self._sent_bytes = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._began_s = time.monotonic()
            fault = self._fault
            said = self._talk.say(
                self._session,
                self._began_s - self._asked_s,
                fault is not None and fault.duress,
                fault.most_kbps if fault is not None else None,
            )
            message = {**message, "headers": [*message.get("headers", []), (b"cmsd-dynamic", said.encode("ascii"))]}
        await self._send(message)
        if message["type"] == "http.response.body":
            self._sent_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._talk.learn(self._session, self._sent_bytes, time.monotonic() - self._began_s)


def _with(header: tuple[bytes, bytes], send: Send) -> Send:
    """`send`, with one header more on the answer's start."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), header]}
        await send(message)

    return sending


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_growing(target: Path) -> bool:
    """Whether a missing file is a listed segment of a film that is still being encoded."""
    if not _SEGMENT.fullmatch(target.name):
        return False
    try:
        facts = json.loads((target.parent.parent / "title.json").read_bytes())
        listed = (target.parent / "playlist.m3u8").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and facts.get("state") == "encoding" and target.name in listed


def decorate(master: str, steering_uri: str, edge_id: str) -> str:
    """The multivariant playlist as this edge serves it: with the steering server, and itself as the pathway."""
    lines = master.splitlines()
    result = []
    steering = f'#EXT-X-CONTENT-STEERING:SERVER-URI="{steering_uri}",PATHWAY-ID="{edge_id}"'
    for index, line in enumerate(lines):
        if line.startswith(("#EXT-X-STREAM-INF:", "#EXT-X-I-FRAME-STREAM-INF:")):
            line = f'{line},PATHWAY-ID="{edge_id}"'
        result.append(line)
        if index == 0:
            result.append(steering)
    return "\n".join(result) + "\n"
