"""mpv's stream callback over our streams: memmove, a cancel callback, and no exception across the C border."""

from __future__ import annotations

import ctypes
import itertools
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

SCHEME = "evenflow"
_LOADING_FAILED = -13
_GENERIC = -20
_log = logging.getLogger(__name__)
_numbers = itertools.count(1)


class ByteStream(Protocol):
    """What mpv can read from; used by one mpv thread at a time, `cancel` from any."""

    @property
    def size(self) -> int: ...

    def read(self, limit: int) -> bytes: ...

    def seek(self, position: int) -> int: ...

    def cancel(self) -> None: ...

    def close(self) -> None: ...


class StreamProtocol:
    """The URIs `evenflow://<n>` of one mpv instance. Each is unique: mpv's wrapper keys streams by URI."""

    def __init__(self, library: ModuleType, handle: Any) -> None:
        self._library = library
        self._factories: dict[str, Callable[[], ByteStream]] = {}
        self._live: dict[int, tuple[Any, ...]] = {}
        self._closed: list[int] = []
        self._cookies = itertools.count(1)
        # mpv keeps the pointers: they must live as long as the instance does.
        self._open_callback = library.StreamOpenFn(self._open)
        library._mpv_stream_cb_add_ro(handle, SCHEME.encode(), None, self._open_callback)

    def offer(self, factory: Callable[[], ByteStream], suffix: str = "") -> str:
        """A new URI that opens what `factory` makes."""
        uri = f"{SCHEME}://{next(_numbers)}{suffix}"
        self._factories[uri] = factory
        return uri

    def withdraw(self, uri: str) -> None:
        self._factories.pop(uri, None)

    def _open(self, _data: object, uri: bytes, info: Any) -> int:
        try:
            factory = self._factories.get(uri.decode())
            if factory is None:
                return _LOADING_FAILED
            self._bind(factory(), info.contents)
        except Exception:
            _log.exception("mpv could not open its stream")
            return _LOADING_FAILED
        return 0

    def _bind(self, stream: ByteStream, info: Any) -> None:
        # A callback must not free itself while it runs: what closed is freed when the next stream opens.
        while self._closed:
            self._live.pop(self._closed.pop(), None)
        cookie = next(self._cookies)

        def read(_cookie: object, buffer: Any, limit: int) -> int:
            try:
                data = stream.read(min(limit, 1 << 24))
            except Exception:
                _log.exception("mpv's read failed inside the player")
                return -1
            # One memmove: a loop per byte costs a fifth of a core at 16 Mbit/s.
            ctypes.memmove(buffer, data, len(data))
            return len(data)

        def seek(_cookie: object, position: int) -> int:
            reached = stream.seek(position)
            return reached if reached >= 0 else _GENERIC

        def close(_cookie: object) -> None:
            stream.close()
            self._closed.append(cookie)

        library = self._library
        callbacks = (
            library.StreamReadFn(read),
            library.StreamSeekFn(seek),
            library.StreamSizeFn(lambda _cookie: stream.size),
            library.StreamCloseFn(close),
            library.StreamCancelFn(lambda _cookie: stream.cancel()),
        )
        info.cookie = None
        info.read, info.seek, info.size, info.close, info.cancel = callbacks
        self._live[cookie] = callbacks
