"""Many sessions at once on real sockets, each behind a link of its own, and how punctual the machine was meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from player.cli.errors import ContentError

if TYPE_CHECKING:
    from player.compose import Simulated
    from player.telemetry.report import SessionLog

LOOK_S = 0.01
# A session's first second costs more than its next ten; together they would bend one another's start-up.
APART_S = 0.4
PUNCTUAL_S = 0.02
"""A machine whose timers are later than this, one time in a hundred, bends what it measures."""


@dataclass(slots=True)
class Punctuality:
    """How late a timer of `LOOK_S` rang, all the while."""

    late_s: list[float] = field(default_factory=list)

    def quantile_s(self, share: float) -> float:
        """The lateness that `share` of the timers stayed below."""
        ranked = sorted(self.late_s) or [0.0]
        return ranked[min(int(share * len(ranked)), len(ranked) - 1)]

    @property
    def is_good(self) -> bool:
        return self.quantile_s(0.99) <= PUNCTUAL_S


@contextmanager
def watching_the_clock() -> Iterator[Punctuality]:
    """Measure it while the block lasts."""
    found, over = Punctuality(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            began_s = time.monotonic()
            time.sleep(LOOK_S)
            found.late_s.append(time.monotonic() - began_s - LOOK_S)

    thread = threading.Thread(target=watch, name="punctuality", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def play_all(orders: Sequence[Simulated], at_once: int, tell: Callable[[int], None]) -> list[SessionLog]:
    """The same orders on real sockets, at the speed of the film; `tell` hears how many are over.

    ContentError: one of them never began.
    """
    if orders:
        # The first session of a process loads what all others find there, and would begin late by that.
        play(replace(orders[0], settings=replace(orders[0].settings, stop_after_s=1.0)))
    over = 0
    lock, door = threading.Lock(), threading.Lock()

    def one(order: Simulated) -> SessionLog:
        nonlocal over
        with door:
            time.sleep(APART_S)
        log = play(order)
        with lock:
            over += 1
            tell(over)
        return log

    with ThreadPoolExecutor(at_once, thread_name_prefix="agree") as pool:
        return list(pool.map(one, orders))


def play(order: Simulated) -> SessionLog:
    """A server on loopback behind a link that follows the trace, and the engine with an ideal decoder."""
    from player.compose import Order, headless
    from player.sim.served import Served
    from player.sim.title import SimTitle

    with Served(SimTitle(order.video)) as served:
        wanted = Order(
            served.uri, controller=order.controller, settings=order.settings, trace=order.trace, check_media=False
        )
        remote = headless(wanted).start()
        try:
            while not remote.join(0.5):
                pass
        finally:
            remote.close()
        if (log := remote.log) is None:
            raise ContentError(f"{order.trace.name}, {order.controller}: the session on real sockets never began.")
        return log
