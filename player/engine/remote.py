"""A session on a thread of its own, driven from another: commands in, snapshots out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from player.engine.snapshot import Snapshot

Listener = Callable[[Snapshot], None]
"""Called on the engine's thread; a window posts it to its own."""


class Remote(Protocol):
    """What a window may do to a session. Every method may be called from any thread and returns at once."""

    def subscribe(self, listener: Listener) -> None: ...

    def seek(self, position_s: float) -> None: ...

    def set_paused(self, paused: bool) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def set_audio_delay(self, delay_s: float) -> None:
        """The sound that much after the pictures; below 0 before them."""
        ...

    def fix_rung(self, rung: int | None) -> None:
        """Play this rung only; None gives the choice back to the controller."""
        ...

    def cap_rung(self, rung: int | None) -> None: ...

    def choose_audio(self, track_id: str) -> None: ...

    def choose_subtitles(self, track_id: str | None) -> None: ...

    def snapshot(self) -> Snapshot: ...

    def report(self) -> dict[str, Any]:
        """The session report so far (the schema of `play --report`)."""
        ...

    def close(self, timeout_s: float = 5.0) -> None:
        """End the session and join its thread, even while a fetch or a read is blocked. Idempotent."""
        ...
