"""The wire as the engine sees it, and what can go wrong on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

from abr.model import ThroughputSample
from abr.values import value


@value
class Purpose:
    """What a request is for, for whoever tells the servers. `object_type` is CMCD's letter; rates in bit/s.

    `start_s` is where in the title the piece begins; `next_uri` and `next_range` (first byte, last byte) are the piece
    that follows it.
    """

    object_type: str = "o"
    bitrate_bps: int | None = None
    top_bitrate_bps: int | None = None
    start_s: float | None = None
    duration_s: float | None = None
    next_uri: str | None = None
    next_range: tuple[int, int] | None = None


@value
class Request:
    """One GET. `limit_bytes` bounds the body: a longer one is an error, never memory."""

    uri: str
    offset_bytes: int | None = None
    length_bytes: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    limit_bytes: int = 64 * 2**20
    purpose: Purpose | None = None


@value
class Fetched:
    """A complete body and its timing."""

    uri: str
    status: int
    body: bytes
    sample: ThroughputSample
    headers: Mapping[str, str] = field(default_factory=dict)


OnProgress = Callable[[int, float, float | None], None]
"""Called after every read with (bytes so far, now_s, first_byte_at_s).

What it raises drops the request at once and comes out of `fetch` as it is.
"""


class Watcher(Protocol):
    """An `OnProgress` that can say beforehand that it has nothing to look for; a wire that knows no future asks not.

    The wire sets `look_again`, which is called when something has changed that the answer rested on. Once `is_over` a
    watcher has seen what it wanted to see of this transfer.
    """

    look_again: Callable[[], None] | None
    is_over: bool

    def __call__(self, received_bytes: int, now_s: float, first_byte_at_s: float | None) -> None: ...

    def is_needless(self, size_bytes: int, latency_s: float, transfer_s: float, slowest_bps: float) -> bool:
        """True when no look at that transfer could ever raise.

        `slowest_bps` is the lowest rate of the link between its first and its last byte.
        """
        ...


class Transport(Protocol):
    """One verb: bring me this. Cancelling the task that awaits it drops the request at once."""

    async def fetch(self, request: Request, on_progress: OnProgress | None = None) -> Fetched:
        """The whole body.

        Raises: a `FetchError` for everything that can happen on a network.
        """
        ...

    async def aclose(self) -> None: ...


class FetchError(Exception):
    """A request that did not bring what was asked. `uri` is given without its query.

    FetchError
    |- ConnectFailed     no connection, name not found, refused; the engine tries another edge
    |- TimedOut          silence for too long; another edge
    |- Truncated         fewer bytes than announced, or the connection broke in mid-body; another edge
    |- TooLarge          more bytes than the bound; another edge, then a content error
    |- RedirectRefused   too many redirects, or one to a scheme that is not http(s); another edge
    `- BadStatus         an answer that is not 200/206; 403/410 renew the authorisation, 404 another edge,
                         429/503 wait as Retry-After asks, other 5xx another edge
    """

    def __init__(self, message: str, uri: str = "", received_bytes: int = 0) -> None:
        super().__init__(message)
        self.uri = uri
        self.received_bytes = received_bytes


class ConnectFailed(FetchError):
    pass


class TimedOut(FetchError):
    pass


class Truncated(FetchError):
    pass


class TooLarge(FetchError):
    pass


class RedirectRefused(FetchError):
    pass


class BadStatus(FetchError):
    def __init__(self, message: str, uri: str = "", status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(message, uri)
        self.status = status
        self.retry_after_s = retry_after_s
