"""A `Transport` over the simulated link: the same promises as HTTP, with no socket and no byte that has to exist."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from abr.model import ThroughputSample
from player.fetch.transfer import MOST_REDIRECTS, REDIRECTS, Transfer, redirected
from player.fetch.transport import (
    ConnectFailed,
    Fetched,
    FetchError,
    OnProgress,
    RedirectRefused,
    Request,
    TimedOut,
    Truncated,
)
from player.presentation.uris import shown
from player.sim.edges import Answer, SimEdge
from player.sim.link import SimLink
from player.sim.looking import Looks, Silence

MOST_KNOWN_URIS = 4096

T = TypeVar("T")


class SimTransport:
    """Servers by `host:port`, all behind one link.

    A watched transfer is looked at every `progress_s` from its first byte on, and when it is done. After
    `silence_timeout_s` without a byte a request fails; endless: it never does.
    `epoch_s` is the wall clock's at virtual 0, for dates in headers. `header_bytes` take the link before every body,
    and are no part of a sample; `held_s` passes before every answer.
    """

    def __init__(
        self,
        edges: Mapping[str, SimEdge],
        link: SimLink,
        *,
        progress_s: float = 0.1,
        silence_timeout_s: float = math.inf,
        epoch_s: float = 0.0,
        header_bytes: int = 0,
        held_s: float = 0.0,
    ) -> None:
        self._edges = edges
        self._link = link
        self._progress_s = progress_s
        self._silence_s = silence_timeout_s
        self._epoch_s = epoch_s
        self._header_bytes, self._held_s = header_bytes, held_s
        self._known: dict[str, tuple[SimEdge, str]] = {}

    async def aclose(self) -> None:
        """Nothing is open. Idempotent."""

    async def fetch(self, request: Request, on_progress: OnProgress | None = None) -> Fetched:
        """The whole body of `request`; see `Transport.fetch`."""
        loop = asyncio.get_running_loop()
        edge, path = self._locate(request.uri)
        now_s = loop.time()
        answer = edge.answer(path, request, now_s)
        if not _is_plain(answer, request):
            return await self._at_length(request, on_progress, answer)
        if not answer.on_link:
            sample = ThroughputSample(len(answer.body), now_s, now_s, now_s)
            return Fetched(request.uri, answer.status, answer.body, sample, answer.headers)
        flow = self._link.send(loop, len(answer.body) + self._header_bytes, answer.held_s + self._held_s)
        looks = None if on_progress is None else Looks(self._link, flow, loop, on_progress, self._progress_s)
        silence = Silence(self._link, flow, loop, self._silence_s, request.uri) if self._silence_s < math.inf else None
        try:
            await flow.done
        except BaseException:
            self._link.drop(loop, flow)
            raise
        finally:
            for watch in (looks, silence):
                if watch is not None:
                    watch.stop()
        began_s = self._link.began_at_s
        size_bytes, first_byte_s = len(answer.body), began_s + flow.first_byte_s
        finished_s = began_s + flow.finished_s
        if on_progress is not None and looks is not None and looks.on:
            on_progress(size_bytes, finished_s, first_byte_s)
        if self._header_bytes:
            # What a client calls the first byte comes with the head, and that takes the link too.
            first_byte_s = min(began_s + self._link.carried_at_s(flow, 8.0 * self._header_bytes), finished_s)
        sample = ThroughputSample(size_bytes, now_s, first_byte_s, finished_s)
        return Fetched(request.uri, answer.status, answer.body, sample, answer.headers)

    def _locate(self, uri: str) -> tuple[SimEdge, str]:
        """The server and the path of a URI. ConnectFailed: there is none."""
        found = self._known.get(uri)
        if found is not None:
            return found
        try:
            parts = urlsplit(uri)
            _ = parts.port  # out of range raises
            edge = self._edges.get(parts.netloc) if parts.scheme == "http" else None
        except ValueError as error:
            raise ConnectFailed(f"{shown(uri)}: not an address that can be fetched", shown(uri)) from error
        if edge is None:
            raise ConnectFailed(f"{shown(uri)}: no connection", shown(uri))
        if len(self._known) < MOST_KNOWN_URIS:
            self._known[uri] = edge, parts.path[1:]
        return edge, parts.path[1:]

    # ---- everything that is not a whole body

    async def _at_length(self, request: Request, on_progress: OnProgress | None, answer: Answer) -> Fetched:
        """An answer by its head, with redirects, and its body piece by piece."""
        loop = asyncio.get_running_loop()
        transfer = Transfer(request, loop.time, on_progress, lambda: self._epoch_s + loop.time())
        uri = request.uri
        for hop in range(MOST_REDIRECTS + 1):
            if hop:
                edge, path = self._locate(uri)
                answer = edge.answer(path, request, loop.time())
            response = _Response(self._link, answer, self._silence_s)
            try:
                await self._head(response, transfer)
                if response.status_code not in REDIRECTS:
                    await transfer.receive(response)
                    self._check_whole(response, transfer)
                    return transfer.finished(uri, response)
                uri = redirected(transfer, uri, response)
            except TimeoutError as error:
                raise transfer.failed(TimedOut, "the server fell silent") from error
            finally:
                response.close()
        raise transfer.failed(RedirectRefused, f"more than {MOST_REDIRECTS} redirects")

    async def _head(self, response: _Response, transfer: Transfer) -> None:
        """Wait until the server has made up its mind, and for the way of its first byte."""
        async with asyncio.timeout(self._limit_s):
            try:
                await response.begin()
            except FetchError as error:
                raise transfer.failed(type(error), str(error)) from error

    def _check_whole(self, response: _Response, transfer: Transfer) -> None:
        length = response.headers.get("content-length", "")
        wanted = transfer.request.length_bytes
        if wanted is None and length.isdigit() and transfer.received_bytes < int(length):
            raise transfer.failed(Truncated, f"the answer broke off after {transfer.received_bytes} bytes")

    @property
    def _limit_s(self) -> float | None:
        return self._silence_s if self._silence_s < math.inf else None


def _is_plain(answer: Answer, request: Request) -> bool:
    """A whole body, as it was asked for and within its bound: nothing about it has to be checked."""
    if answer.pieces is not None or answer.later is not None or answer.headers:
        return False
    ranged = request.offset_bytes is not None or request.length_bytes is not None
    if answer.status != (206 if ranged else 200) or len(answer.body) > request.limit_bytes:
        return False
    return request.length_bytes is None or len(answer.body) == request.length_bytes


class _Response:
    """An answer as a client reads it: the head, then the pieces as the link brings them."""

    def __init__(self, link: SimLink, answer: Answer, silence_s: float) -> None:
        self._link = link
        self._answer = answer
        self._silence_s = silence_s
        self._whole = False

    @property
    def status_code(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    async def begin(self) -> None:
        if self._answer.later is not None:
            self._answer = await self._answer.later
        if self._answer.on_link:
            await self._carry(1, self._answer.held_s)  # the head is one byte: it has the way, and next to no size

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces():
            if self._answer.on_link and piece:
                await self._timed(self._carry(len(piece), continued=True))
            yield piece
        self._whole = True

    async def _pieces(self) -> AsyncIterator[bytes]:
        source = self._answer.pieces
        if source is None:
            if self._answer.body:
                yield self._answer.body
            return
        while True:
            try:
                piece = await self._timed(anext(source))
            except StopAsyncIteration:
                return
            yield piece

    async def _timed(self, waiting: Awaitable[T]) -> T:
        async with asyncio.timeout(self._silence_s if self._silence_s < math.inf else None):
            return await waiting

    async def _carry(self, size_bytes: int, held_s: float = 0.0, *, continued: bool = False) -> None:
        loop = asyncio.get_running_loop()
        flow = self._link.send(loop, size_bytes, held_s, continued=continued)
        try:
            await flow.done
        except asyncio.CancelledError:
            self._link.drop(loop, flow)
            raise

    def close(self) -> None:
        """The player has what it wants, or goes away."""
        if not self._whole and self._answer.dropped is not None:
            self._answer.dropped()
