"""What the window needs from outside: a service to browse, and someone who starts playback. Both are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from player.engine.remote import Remote
from player.service.model import Card, Home, Person, Playback, Profile, ResumePoint, TitleDetails


class Service(Protocol):
    """The gateway, seen from the window: a part of `player.service.client.GatewayClient`. Raises `ServiceError`s."""

    async def login(self, username: str, password: str) -> Profile: ...

    async def logout(self) -> None: ...

    async def people(self) -> tuple[Person, ...]: ...

    async def choose(self, profile_id: str, pin: str | None = None) -> Profile: ...

    async def add_person(self, name: str, *, kids: bool = False, pin: str | None = None) -> Person: ...

    async def change_person(self, profile_id: str, changes: Mapping[str, object]) -> Person: ...

    async def remove_person(self, profile_id: str, pin: str | None = None) -> None: ...

    async def home(self) -> Home: ...

    def known_home(self) -> Home | None: ...

    async def titles(self) -> tuple[Card, ...]: ...

    async def search(self, typed: str) -> tuple[Card, ...]: ...

    async def my_list(self) -> tuple[Card, ...]: ...

    async def list_title(self, title_id: str, listed: bool) -> None: ...

    async def history(self) -> tuple[ResumePoint, ...]: ...

    async def forget_history(self, title_id: str) -> None: ...

    async def title(self, title_id: str) -> TitleDetails: ...

    async def playback(self, title_id: str) -> Playback: ...

    async def remember(self, title_id: str, position_s: float, duration_s: float) -> bool: ...

    async def aclose(self) -> None: ...


class PlaybackStarter(Protocol):
    """Starts playback in two steps, since mpv must have its render context before its first file."""

    def open_sink(self) -> Any:
        """An output with nothing loaded; the window gives it a surface next."""
        ...

    def start(self, title_id: str, sink: Any, start_at_s: float | None) -> Remote:
        """Begin, and return at once. From here the remote owns the sink: `remote.close()` closes it."""
        ...

    def set_volume(self, sink: Any, percent: float) -> None: ...

    def set_muted(self, sink: Any, muted: bool) -> None: ...


class Stage(Protocol):
    """Where the picture is put: the window's video surface, or nothing at all in a test."""

    async def mount(self, sink: Any) -> None:
        """Show this output's picture. Returns when its render context exists; `StageFailed` when it cannot."""
        ...

    def unmount(self) -> None:
        """Free the render context, before the output closes. Idempotent."""
        ...


class StageFailed(Exception):
    """This machine's graphics cannot show the picture; the text says why."""


class Renderer(Protocol):
    """Draws an output's picture into a framebuffer of ours. Every call is made with the GL context current."""

    def render(self, width: int, height: int, fbo: int, /) -> None: ...

    def report_swap(self) -> None: ...

    def free(self) -> None: ...


RendererFactory = Callable[[Any, Callable[[bytes | str], int], Callable[[], None]], Renderer]
"""`(sink, get_proc_address, on_update)`; `on_update` is called on a thread of the output's."""
