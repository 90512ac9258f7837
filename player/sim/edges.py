"""Simulated servers: what they have, and how they behave when somebody asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from player.fetch.transport import Request
from player.sim.title import SimTitle, SizedBytes

_NOTHING: Mapping[str, str] = {}


@dataclass(slots=True)
class Answer:
    """What a server says.

    `body` is whole; `pieces` is a body that comes bit by bit, or breaks off, or falls silent. `held_s` passes before
    the first byte. With `on_link` False nothing of it takes any time: a server beside the player. `later` is an answer
    that is still being thought about, and everything else here is nothing then. `dropped` is called when the player
    goes away before the end.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: AsyncIterator[bytes] | None = None
    held_s: float = 0.0
    on_link: bool = True
    later: Awaitable[Answer] | None = None
    dropped: Callable[[], None] | None = None


Hook = Callable[[str, Request, float], "Answer | None"]
"""(path, request, now_s) -> what is said in place of the file; None: the file. Raises a `FetchError` for no answer."""


class SimEdge:
    """One server of one or more titles. `hook` is the door for everything that can go wrong."""

    def __init__(self, titles: Mapping[str, SimTitle], hook: Hook | None = None, *, playlists_on_link: bool = True):
        self._titles = titles
        self.hook = hook
        self._playlists_on_link = playlists_on_link

    def answer(self, path: str, request: Request, now_s: float) -> Answer:
        """What this server says to a request for `path` (without the leading slash)."""
        if self.hook is not None and (said := self.hook(path, request, now_s)) is not None:
            return said
        folder, _, name = path.partition("/")
        title = self._titles.get(folder)
        if title is None:
            return Answer(404)
        size_bytes = title.sizes_bytes.get(name)
        if size_bytes is not None:
            return _part(size_bytes, request)
        text = title.files.get(name)
        return Answer(404) if text is None else Answer(200, text, _NOTHING, None, 0.0, self._playlists_on_link)


def _part(size_bytes: int, request: Request) -> Answer:
    """The part of a media file that was asked for."""
    start = request.offset_bytes or 0
    length = size_bytes - start if request.length_bytes is None else min(request.length_bytes, size_bytes - start)
    if length <= 0:
        return Answer(416)
    whole = request.offset_bytes is None and request.length_bytes is None
    return Answer(200 if whole else 206, SizedBytes.of(length), _NOTHING)


def down(_path: str, request: Request, _now_s: float) -> Answer | None:
    """A hook: nobody listens."""
    from player.fetch.transport import ConnectFailed
    from player.presentation.uris import shown

    raise ConnectFailed(f"{shown(request.uri)}: no connection", shown(request.uri))


def saying(status: int, headers: Mapping[str, str] | None = None) -> Hook:
    """A hook: every request gets this status."""
    return lambda _path, _request, _now_s: Answer(status, headers=headers or {})


def between(hook: Hook, from_s: float, until_s: float) -> Hook:
    """The hook in force for a while, on the loop's clock."""
    return lambda path, request, now_s: hook(path, request, now_s) if from_s <= now_s < until_s else None
