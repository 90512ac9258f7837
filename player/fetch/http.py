"""HTTP: the one door of httpx on the media path. Bodies are bounded, silences are timed, every failure has a name."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import ssl
import sys
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType

import httpx

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
from player.presentation.uris import authority

# httpx and anyio load these inside the first request, which would read as 0.1 s of latency.
for _late in ("anyio._backends._asyncio", "anyio.lowlevel", "anyio.streams.tls"):
    importlib.import_module(_late)
if importlib.util.find_spec("sniffio") is None:
    # httpcore tries to import it in every request; a name known to be absent is not looked for along the whole path.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# A server that sends a byte now and then never falls silent; nothing worth waiting for takes this long.
LONGEST_TRANSFER_S = 180.0

Route = Callable[[str], str]
"""Where to send a request for a URI: the URI itself, or its door on a shaped link."""


class HttpTransport:
    """The real network, with kept connections: one pool for plain HTTP/1.1 and, once needed, one for TLS.

    Over TLS the server chooses (ALPN): HTTP/2 where it offers that. `trust` names other roots than the usual ones.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float = 4.0,
        silence_timeout_s: float = 8.0,
        route: Route | None = None,
        user_agent: str = "Evenflow",
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout = httpx.Timeout(silence_timeout_s, connect=connect_timeout_s)
        self._route = route
        self._user_agent = user_agent
        self._roots = trust
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
        transfer = Transfer(request, loop.time, on_progress)
        try:
            async with asyncio.timeout(LONGEST_TRANSFER_S):
                return await self._follow(transfer)
        except TimeoutError as error:
            raise transfer.failed(TimedOut, f"not finished after {LONGEST_TRANSFER_S:.0f} s") from error
        except httpx.HTTPError as error:
            raise _translated(error, transfer) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise transfer.failed(ConnectFailed, "not an address that can be fetched") from error

    async def _follow(self, transfer: Transfer) -> Fetched:
        """The request, and up to `MOST_REDIRECTS` redirects after it."""
        uri = transfer.request.uri
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._send(transfer, uri)
            try:
                if response.status_code not in REDIRECTS:
                    await transfer.receive(response)
                    return transfer.finished(uri, response)
                uri = redirected(transfer, uri, response)
            finally:
                # Also on cancellation: a body that was not read to its end takes its connection with it.
                await response.aclose()
        raise transfer.failed(RedirectRefused, f"more than {MOST_REDIRECTS} redirects")

    async def _send(self, transfer: Transfer, uri: str) -> httpx.Response:
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

    def _build(self, client: httpx.AsyncClient, transfer: Transfer, uri: str) -> httpx.Request:
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
            context = self._roots if self._roots is not None else await asyncio.to_thread(_trust)
            if self._secure is None:  # another request may have made it in the meantime
                self._secure = self._client(context, http2=True)
        return self._secure

    def _client(self, context: ssl.SSLContext, *, http2: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=context,
            http1=True,
            http2=http2,
            timeout=self._timeout,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30.0),
        )


def _translated(error: httpx.HTTPError, transfer: Transfer) -> FetchError:
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
