"""What every transport holds an answer to: length, range, status, redirects; the same over sockets and simulated."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Protocol

from abr.model import ThroughputSample
from player.fetch.transport import (
    BadStatus,
    Fetched,
    FetchError,
    OnProgress,
    RedirectRefused,
    Request,
    TooLarge,
    Truncated,
)
from player.presentation.uris import join_http, shown

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_RETRY_AFTER_S = 3600.0


class Response(Protocol):
    """The head of an answer, and its body as it comes. Header names are found in lower case."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def aiter_raw(self) -> AsyncIterator[bytes]: ...


class Transfer:
    """One request on its way: the bytes so far, their instants, and the checks that they must pass."""

    def __init__(
        self,
        request: Request,
        clock: Callable[[], float],
        on_progress: OnProgress | None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.request = request
        self._wall = wall
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

    async def receive(self, response: Response) -> None:
        """Read the body to its end, or to the end of the part that was asked for."""
        self._first_byte_at_s = self._clock()
        skip = self.check_head(response)
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

    def check_head(self, response: Response) -> int:
        """Look at status and headers before the body; answers how many bytes to throw away at its start."""
        status = response.status_code
        if status not in (200, 206):
            retry_after_s = retry_after(response.headers, self._wall())
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

    def finished(self, uri: str, response: Response) -> Fetched:
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


def redirected(transfer: Transfer, uri: str, response: Response) -> str:
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
