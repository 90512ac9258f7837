"""Stall accounting, the same in every output: moments at which it wanted to move and lacked media.

Start-up and the wait after a seek are not stalls: the viewer asked for something and gets it late, which is counted
elsewhere. Instants are of the output's clock.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stall:
    """One stall: when it began, where in the title, and for how long it held."""

    at_s: float
    media_s: float
    duration_s: float


class StallLog:
    """Begun and ended by the output that watches itself; ending what never began is nothing."""

    def __init__(self) -> None:
        self._closed: list[Stall] = []
        self._open: tuple[float, float] | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def begin(self, at_s: float, media_s: float) -> None:
        if self._open is None:
            self._open = (at_s, media_s)

    def end(self, at_s: float) -> None:
        if self._open is not None:
            self._closed.append(self._until(at_s, *self._open))
            self._open = None

    def stalls(self, now_s: float) -> tuple[Stall, ...]:
        """All so far, the one that still holds with its duration until now."""
        running = () if self._open is None else (self._until(now_s, *self._open),)
        return (*self._closed, *running)

    @staticmethod
    def _until(now_s: float, at_s: float, media_s: float) -> Stall:
        return Stall(at_s, media_s, max(0.0, now_s - at_s))
