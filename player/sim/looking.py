"""Looks at a simulated transfer on its way: for whoever watches its progress, and for a silence that lasts too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from player.fetch.transport import OnProgress, TimedOut, Watcher
from player.presentation.uris import shown
from player.sim.link import Flow, SimLink


class Looks:
    """Tells `on_progress` how far a flow has come, every `every_s` from its first byte on.

    A `Watcher` that has nothing to look for, as far as the link knows the flow's future, is left alone: `on` is False
    until something changes.
    """

    __slots__ = ("_count", "_every_s", "_flow", "_link", "_loop", "_on_progress", "_pass_to", "_timer", "on")

    def __init__(
        self, link: SimLink, flow: Flow, loop: asyncio.AbstractEventLoop, on_progress: OnProgress, every_s: float
    ) -> None:
        self._link, self._flow, self._loop = link, flow, loop
        self._on_progress, self._every_s = on_progress, every_s
        self._pass_to: Callable[[float], bool] | None = getattr(loop, "pass_to", None)
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self.on = not self._is_needless()
        if self.on:
            self._plan(self._next_s())

    def stop(self) -> None:
        """No more of them. What knows one another is taken apart, so that nothing waits for a collector of cycles."""
        if self._timer is not None:
            self._timer.cancel()
        if self._flow.joined is not None:
            self._flow.joined = cast(Watcher, self._on_progress).look_again = None

    def _is_needless(self) -> bool:
        is_needless = getattr(self._on_progress, "is_needless", None)
        ahead = None if is_needless is None else self._link.foresee(self._flow)
        if is_needless is None or ahead is None:
            return False
        flow, (finished_s, slowest_bps) = self._flow, ahead
        latency_s = flow.first_byte_s - (self._loop.time() - self._link.began_at_s)
        transfer_s = finished_s - flow.first_byte_s
        if not is_needless(int(flow.bits / 8.0), latency_s, transfer_s, slowest_bps):
            return False
        flow.joined = cast(Watcher, self._on_progress).look_again = self._look_again
        return True

    def _look_again(self) -> None:
        """From now on after all, at the instants at which it would have looked anyway."""
        if self.on or self._flow.done.done():
            return
        self.on = True
        passed_s = self._loop.time() - self._link.began_at_s - self._flow.first_byte_s
        self._count = max(0, int(passed_s / self._every_s))
        self._plan(self._next_s())

    def _next_s(self) -> float:
        self._count += 1
        return self._flow.first_byte_s + self._count * self._every_s

    def _plan(self, at_s: float) -> None:
        self._timer = self._loop.call_at(self._link.began_at_s + at_s, self._look, at_s)

    def _look(self, at_s: float) -> None:
        """One look after the other, without a timer for each while nothing else is to happen in between."""
        began_s = self._link.began_at_s
        while self._tell(at_s):
            at_s = self._next_s()
            if self._pass_to is None or not self._pass_to(began_s + at_s):
                self._plan(at_s)
                return

    def _tell(self, at_s: float) -> bool:
        """A look. False when it was the last one."""
        flow, began_s = self._flow, self._link.began_at_s
        received = int(self._link.received_bits(flow, at_s) / 8.0)
        if flow.done.done() or 8 * received >= flow.bits:
            return False
        try:
            self._on_progress(received, began_s + at_s, began_s + flow.first_byte_s)
        except Exception as error:
            # Whatever it is: it belongs to whoever awaits the transfer, and not to the loop.
            flow.done.set_exception(error)
            return False
        return not getattr(self._on_progress, "is_over", False)


class Silence:
    """Ends a flow of which nothing has come for `silence_s`."""

    __slots__ = ("_asked_s", "_flow", "_link", "_loop", "_silence_s", "_timer", "_uri")

    def __init__(self, link: SimLink, flow: Flow, loop: asyncio.AbstractEventLoop, silence_s: float, uri: str) -> None:
        self._link, self._flow, self._loop = link, flow, loop
        self._silence_s, self._uri = silence_s, uri
        self._asked_s = loop.time() - link.began_at_s
        self._timer = loop.call_later(silence_s, self._listen)

    def stop(self) -> None:
        """Listen no more."""
        self._timer.cancel()

    def _listen(self) -> None:
        """Nothing since then, or once more when that long has passed since the newest byte."""
        flow, link = self._flow, self._link
        now_s = self._loop.time() - link.began_at_s
        heard_s = link.heard_at_s(flow, now_s)
        if flow.done.done():
            return
        due_s = (self._asked_s if heard_s is None else heard_s) + self._silence_s
        if due_s > now_s + 1e-9:
            self._timer = self._loop.call_at(link.began_at_s + due_s, self._listen)
            return
        name = shown(self._uri)
        received = int(link.received_bits(flow, now_s) / 8.0)
        flow.done.set_exception(TimedOut(f"{name}: the server fell silent", name, received))
