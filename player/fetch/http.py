"""HTTP: the one door of httpx on the media path. Bodies are bounded, silences are timed, every failure has a name."""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType

import anyio  # noqa: F401  (httpx loads it inside its first request, which would read as 0.1 s of latency)
import httpx

from abr.model import ThroughputSample
from player.fetch.transport import (
    BadStatus,
    ConnectFailed,
    Fetched,
    FetchError,
    OnProgress,
    RedirectRefused,
    Request,
    TimedOut,
    TooLarge,
    Truncated,
)
from player.presentation.uris import authority, join_http, shown

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_RETRY_AFTER_S = 3600.0
# A server that sends a byte now and then never falls silent; nothing worth waiting for takes this long.
LONGEST_TRANSFER_S = 180.0

Route = Callable[[str], str]
"""Where to send a request for a URI: the URI itself, or its door on a shaped link."""


class HttpTransport:
    """The real network: HTTP/1.1 with kept connections, one pool for plain and, once needed, one for TLS."""

    def __init__(
        self,
        *,
        connect_timeout_s: float = 4.0,
        silence_timeout_s: float = 8.0,
        route: Route | None = None,
        user_agent: str = "Evenflow",
    ) -> None:
        self._timeout = httpx.Timeout(silence_timeout_s, connect=connect_timeout_s)
        self._route = route
        self._user_agent = user_agent
        self._plain = self._client(_no_trust())
        self._secure: httpx.AsyncClient | None = None

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        await self._plain.aclose()
        if self._secure is not None:
            await self._secure.aclose()

    async def fetch(self, request: Request, on_progress: OnProgress | None = None) -> Fetched:
        """The whole body of `request`; see `Transport.fetch`."""
        loop = asyncio.get_running_loop()
        transfer = _Transfer(request, loop.time, on_progress)
        try:
            async with asyncio.timeout(LONGEST_TRANSFER_S):
                return await self._follow(transfer)
        except TimeoutError as error:
            raise transfer.failed(TimedOut, f"not finished after {LONGEST_TRANSFER_S:.0f} s") from error
        except httpx.HTTPError as error:
            raise _translated(error, transfer) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise transfer.failed(ConnectFailed, "not an address that can be fetched") from error

    async def _follow(self, transfer: _Transfer) -> Fetched:
        """The request, and up to `MOST_REDIRECTS` redirects after it."""
        uri = transfer.request.uri
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._send(transfer, uri)
            try:
                if response.status_code not in REDIRECTS:
                    await transfer.receive(response)
                    return transfer.finished(uri, response)
                uri = _redirected(transfer, uri, response)
            finally:
                # Also on cancellation: a body that was not read to its end takes its connection with it.
                await response.aclose()
        raise transfer.failed(RedirectRefused, f"more than {MOST_REDIRECTS} redirects")

    async def _send(self, transfer: _Transfer, uri: str) -> httpx.Response:
        """Ask, and wait for the head of the answer.

        A kept connection may have been closed by the server in the meantime: one immediate second try.
        """
        client = await self._client_for(uri)
        request = self._build(client, transfer, uri)
        try:
            return await client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await client.send(self._build(client, transfer, uri), stream=True)
        except httpx.InvalidURL as error:
            # The client reads Location even when it is told not to follow it.
            raise transfer.failed(RedirectRefused, "redirected to nonsense") from error

    def _build(self, client: httpx.AsyncClient, transfer: _Transfer, uri: str) -> httpx.Request:
        headers = {"Accept-Encoding": "identity", "User-Agent": self._user_agent}
        same_origin = authority(uri) == authority(transfer.request.uri)
        headers |= {k: v for k, v in transfer.request.headers.items() if same_origin or k.lower() != "authorization"}
        if transfer.range_header:
            headers["Range"] = transfer.range_header
        target = uri
        if self._route is not None and (target := self._route(uri)) != uri:
            headers["Host"] = authority(uri)
        return client.build_request("GET", target, headers=headers)

    async def _client_for(self, uri: str) -> httpx.AsyncClient:
        if not uri.lower().startswith("https:"):
            return self._plain
        if self._secure is None:
            # Loading the root certificates takes long enough to bend the samples of other transfers.
            context = await asyncio.to_thread(_trust)
            if self._secure is None:
                self._secure = self._client(context)
        return self._secure

    def _client(self, context: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=context,
            http1=True,
            http2=False,
            timeout=self._timeout,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30.0),
        )


class _Transfer:
    """One request on its way: the bytes so far, their instants, and the checks that they must pass."""

    def __init__(self, request: Request, clock: Callable[[], float], on_progress: OnProgress | None) -> None:
        self.request = request
        self._clock = clock
        self._on_progress = on_progress
        self._requested_at_s = clock()
        self._first_byte_at_s: float | None = None
        self._body = bytearray()
        self._received_bytes = 0

    @property
    def range_header(self) -> str | None:
        offset, length = self.request.offset_bytes, self.request.length_bytes
        if offset is None and length is None:
            return None
        start = offset or 0
        return f"bytes={start}-" if length is None else f"bytes={start}-{start + length - 1}"

    @property
    def received_bytes(self) -> int:
        return self._received_bytes

    async def receive(self, response: httpx.Response) -> None:
        """Read the body to its end, or to the end of the part that was asked for."""
        self._first_byte_at_s = self._clock()
        skip = self._check_head(response)
        length = self.request.length_bytes
        async for data in response.aiter_raw():
            now_s = self._clock()
            self._received_bytes += len(data)
            self._body += data
            if skip:
                dropped = min(skip, len(self._body))
                del self._body[:dropped]
                skip -= dropped
            if len(self._body) > self.request.limit_bytes:
                raise self.failed(TooLarge, f"larger than the {self.request.limit_bytes} bytes allowed")
            if self._on_progress is not None:
                self._on_progress(self._received_bytes, now_s, self._first_byte_at_s)
            if length is not None and len(self._body) >= length:
                break
        self._check_length(skip)

    def _check_head(self, response: httpx.Response) -> int:
        """Look at status and headers before the body; answers how many bytes to throw away at its start."""
        status = response.status_code
        if status not in (200, 206):
            retry_after_s = retry_after(response.headers, time.time())
            raise BadStatus(
                f"{shown(self.request.uri)}: the server answered {status}",
                shown(self.request.uri),
                status,
                retry_after_s,
            )
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise self.failed(Truncated, "the server compressed what was asked for as it is")
        ranged = self.range_header is not None
        start = self.request.offset_bytes or 0
        if status == 206 and (not ranged or _range_start(response.headers) != start):
            raise self.failed(Truncated, "the server answered with another part than the one asked for")
        announced = _announced(response.headers)
        if announced is not None and announced > self.request.limit_bytes and not (ranged and status == 200):
            raise self.failed(TooLarge, f"{announced} bytes, and {self.request.limit_bytes} are allowed")
        # A server without ranges sends the whole: we cut the part out, as long as what precedes it is bounded too.
        skip = start if ranged and status == 200 else 0
        if skip > self.request.limit_bytes:
            raise self.failed(TooLarge, "the server ignores ranges, and the part asked for lies too deep")
        return skip

    def _check_length(self, skip: int) -> None:
        length = self.request.length_bytes
        if length is not None:
            del self._body[length:]
        if skip or (length is not None and len(self._body) < length):
            raise self.failed(Truncated, f"{len(self._body)} bytes instead of {length}")

    def finished(self, uri: str, response: httpx.Response) -> Fetched:
        now_s = self._clock()
        first_byte_at_s = now_s if self._first_byte_at_s is None else self._first_byte_at_s
        sample = ThroughputSample(self._received_bytes, self._requested_at_s, first_byte_at_s, now_s)
        return Fetched(uri, response.status_code, bytes(self._body), sample, dict(response.headers))

    def failed(self, kind: type[FetchError], why: str) -> FetchError:
        name = shown(self.request.uri)
        return kind(f"{name}: {why}", name, self._received_bytes)


def retry_after(headers: Mapping[str, str], wall_now_s: float) -> float | None:
    """Seconds to wait as Retry-After says (RFC 9110 section 10.2.3: seconds or a date), 0 to one hour."""
    value = headers.get("retry-after", "").strip()
    if not value or len(value) > 64:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER_S)
    try:
        moment_s = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, moment_s - wall_now_s), LONGEST_RETRY_AFTER_S)


def _redirected(transfer: _Transfer, uri: str, response: httpx.Response) -> str:
    location = response.headers.get("location", "")
    try:
        if not location:
            raise ValueError("nowhere")
        return join_http(uri, location)
    except ValueError as error:
        raise transfer.failed(RedirectRefused, f"redirected to {shown(location) or 'nowhere'}") from error


def _range_start(headers: Mapping[str, str]) -> int | None:
    unit, _, span = headers.get("content-range", "").partition(" ")
    start = span.partition("-")[0].strip()
    return int(start) if unit == "bytes" and start.isascii() and start.isdigit() and len(start) < 20 else None


def _announced(headers: Mapping[str, str]) -> int | None:
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None


def _translated(error: httpx.HTTPError, transfer: _Transfer) -> FetchError:
    """httpx's exception as one of ours."""
    match error:
        case httpx.ConnectTimeout() | httpx.ConnectError() | httpx.UnsupportedProtocol():
            return transfer.failed(ConnectFailed, "no connection")
        case httpx.TimeoutException():
            return transfer.failed(TimedOut, "the server fell silent")
    if transfer.received_bytes or isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return transfer.failed(Truncated, f"the answer broke off after {transfer.received_bytes} bytes")
    return transfer.failed(ConnectFailed, "the connection failed")


@functools.cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@functools.cache
def _no_trust() -> ssl.SSLContext:
    """For the pool of plain connections: loads no certificates (0.1-0.5 s), and so would accept none."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
