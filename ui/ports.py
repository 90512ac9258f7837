"""What the window needs from outside: a service to browse, and someone who starts playback. Both are handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from player.engine.remote import Remote


class Card(Protocol):
    """A title as the home page shows it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def description(self) -> str: ...
    @property
    def maturity(self) -> str: ...
    @property
    def genres(self) -> Sequence[str]: ...
    @property
    def poster_url(self) -> str: ...
    @property
    def still_url(self) -> str: ...
    @property
    def backdrop_url(self) -> str: ...
    @property
    def position_s(self) -> float | None: ...
    @property
    def state(self) -> str: ...
    @property
    def progress(self) -> float: ...


class Row(Protocol):
    """One shelf of the home page."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def items(self) -> Sequence[Card]: ...


class Home(Protocol):
    """The home page as the server composed it."""

    @property
    def hero(self) -> Card | None: ...
    @property
    def rows(self) -> Sequence[Row]: ...


class Service(Protocol):
    """The gateway, seen from the window. Errors are exceptions whose text can be shown to a person."""

    async def sign_in(self, username: str, password: str) -> str:
        """The profile's name. Raises `SignInRefused` when the server says no."""
        ...

    async def sign_out(self) -> None: ...

    async def home(self) -> Home: ...

    async def card(self, title_id: str) -> Card: ...

    async def sprites_url(self, title_id: str) -> str | None:
        """A signed address of the title's preview sprites, or None when it has none."""
        ...

    async def text(self, url: str) -> str:
        """A small text resource, bounded in size and time."""
        ...

    async def save_position(self, title_id: str, position_s: float, duration_s: float) -> None: ...

    async def close(self) -> None: ...


class SignInRefused(Exception):
    """The server answered and did not let this account in; the text says why and what to do."""


class PlaybackStarter(Protocol):
    """Starts playback in two steps, since mpv must have its render context before its first file."""

    def open_sink(self) -> Any:
        """An output with nothing loaded; the window gives it a surface next."""
        ...

    def start(self, title_id: str, sink: Any, start_at_s: float | None) -> Remote | Awaitable[Remote]:
        """Begin. From here the remote owns the sink: `remote.close()` closes it."""
        ...


class Renderer(Protocol):
    """Draws an output's picture into a framebuffer of ours. Every call is made with the GL context current."""

    def render(self, width: int, height: int, fbo: int, flip_y: bool = ...) -> None: ...

    def report_swap(self) -> None: ...

    def free(self) -> None: ...


RendererFactory = Callable[..., Renderer]
"""`(sink, get_proc_address, on_update) -> Renderer`; `on_update` is called on a thread of the output's."""
