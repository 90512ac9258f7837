"""Looks at a simulated transfer on its way: for whoever watches its progress, and for a silence that lasts too long."""

from __future__ import annotations

import asyncio
from typing import cast

from player.fetch.transport import OnProgress, TimedOut, Watcher
from player.presentation.uris import shown
from player.sim.link import Flow, SimLink


class Looks:
    """Tells `on_progress` how far a flow has come, every `every_s` from its first byte on.

    A `Watcher` that has nothing to look for, as far as the link knows the flow's future, is left alone: `on` is False
    until something changes.
    """

    __slots__ = ("_count", "_every_s", "_flow", "_link", "_loop", "_on_progress", "_timer", "on")

    def __init__(
        self, link: SimLink, flow: Flow, loop: asyncio.AbstractEventLoop, on_progress: OnProgress, every_s: float
    ) -> None:
        self._link, self._flow, self._loop = link, flow, loop
        self._on_progress, self._every_s = on_progress, every_s
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self.on = not self._is_needless()
        if self.on:
            self._next()

    def stop(self) -> None:
        """No more of them."""
        if self._timer is not None:
            self._timer.cancel()

    def _is_needless(self) -> bool:
        is_needless = getattr(self._on_progress, "is_needless", None)
        ahead = None if is_needless is None else self._link.foresee(self._flow)
        if is_needless is None or ahead is None:
            return False
        flow, (finished_s, slowest_bps) = self._flow, ahead
        now_s = self._loop.time() - self._link.began_at_s
        latency_s, transfer_s = flow.first_byte_s - now_s, finished_s - flow.first_byte_s
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
        self._next()

    def _next(self) -> None:
        self._count += 1
        at_s = self._flow.first_byte_s + self._count * self._every_s
        self._timer = self._loop.call_at(self._link.began_at_s + at_s, self._look, at_s)

    def _look(self, at_s: float) -> None:
        flow, began_s = self._flow, self._link.began_at_s
        received = int(self._link.received_bits(flow, at_s) / 8.0)
        if flow.done.done() or 8 * received >= flow.bits:
            return
        self._next()
        try:
            self._on_progress(received, began_s + at_s, began_s + flow.first_byte_s)
        except Exception as error:
            # Whatever it is: it belongs to whoever awaits the transfer, and not to the loop.
            flow.done.set_exception(error)


class Silence:
    """Ends a flow of which nothing has come for `silence_s`, at the latest after twice that."""

    __slots__ = ("_flow", "_heard_bits", "_link", "_loop", "_silence_s", "_timer", "_uri")

    def __init__(self, link: SimLink, flow: Flow, loop: asyncio.AbstractEventLoop, silence_s: float, uri: str) -> None:
        self._link, self._flow, self._loop = link, flow, loop
        self._silence_s, self._uri = silence_s, uri
        self._heard_bits = 0.0
        self._timer = loop.call_later(silence_s, self._listen)

    def stop(self) -> None:
        """Listen no more."""
        self._timer.cancel()

    def _listen(self) -> None:
        now_s = self._loop.time() - self._link.began_at_s
        bits = self._link.received_bits(self._flow, now_s)
        if self._flow.done.done():
            return
        if bits <= self._heard_bits:
            name = shown(self._uri)
            self._flow.done.set_exception(TimedOut(f"{name}: the server fell silent", name, int(bits / 8.0)))
            return
        self._heard_bits = bits
        self._timer = self._loop.call_later(self._silence_s, self._listen)
