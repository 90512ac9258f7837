"""One bottleneck that follows a rate over time: what a shaped link's connections share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

RateBps = Callable[[float], float]
"""Trace time in seconds -> bits per second; 0 is an outage."""

# How often the rate is read while one quantum passes: a trace's step is met this closely.
STEP_S = 0.005
# A turn on the link: long enough that the loop's timer is exact beside it, short enough to be fair.
QUANTUM_S = 0.01
SMALLEST_QUANTUM_BYTES = 1460
LARGEST_QUANTUM_BYTES = 64 * 2**10
# A server's pause between two reads that is the loop's doing, not idleness: the link makes up for it.
CATCH_UP_S = 0.005
# How late a timer may ring and still be made up for; beyond it the machine stood still, and so did the link.
LATEST_S = 0.2


class TraceClock:
    """Trace time: 0 until it begins, and standing still while paused."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began_at_s: float | None = None
        self._paused_at_s: float | None = None
        self._running = asyncio.Event()
        self._running.set()

    @property
    def elapsed_s(self) -> float:
        if self._began_at_s is None:
            return 0.0
        now_s = self._now() if self._paused_at_s is None else self._paused_at_s
        return max(0.0, now_s - self._began_at_s)

    def begin(self) -> None:
        """Start at 0; later calls change nothing."""
        if self._began_at_s is None:
            self._began_at_s = self._now()

    def pause(self) -> None:
        if self._paused_at_s is None:
            self._paused_at_s = self._now()
            self._running.clear()

    def resume(self) -> None:
        if self._paused_at_s is not None:
            if self._began_at_s is not None:
                self._began_at_s += max(0.0, self._now() - max(self._paused_at_s, self._began_at_s))
            self._paused_at_s = None
            self._running.set()

    async def until(self, instant_s: float) -> None:
        """Wait for an instant of trace time."""
        while True:
            await self._running.wait()
            left_s = instant_s - self.elapsed_s
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)


class Bottleneck:
    """Bytes leave one after another at the trace's rate; connections that wait take turns, first come first served."""

    def __init__(self, rate_bps: RateBps, clock: TraceClock) -> None:
        self._rate_bps = rate_bps
        self._clock = clock
        # asyncio's lock wakes waiters in order: with one quantum per connection at a time that is round robin.
        self._turn = asyncio.Lock()
        self._free_at_s = 0.0
        self._left_at_s = 0.0
        self.passed_bytes = 0

    @property
    def quantum_bytes(self) -> int:
        """How much a connection may send in one turn, at the rate of now."""
        fitting = self._rate_bps(self._clock.elapsed_s) * QUANTUM_S / 8
        return int(min(max(fitting, SMALLEST_QUANTUM_BYTES), LARGEST_QUANTUM_BYTES))

    async def transmit(self, size_bytes: int) -> None:
        """Return when the last of these bytes has left the bottleneck."""
        async with self._turn:
            self._free_at_s = max(self._free_at_s, self._earliest_s())
            bits = 8.0 * size_bytes
            while bits > 0:
                bits = self._advance(bits)
                await self._clock.until(self._free_at_s)
            self._left_at_s = self._clock.elapsed_s
            self.passed_bytes += size_bytes

    def _earliest_s(self) -> float:
        """When the next bytes may begin to leave: now, or a little before if the link was busy until just now."""
        now_s = self._clock.elapsed_s
        if now_s - self._left_at_s > CATCH_UP_S:
            return now_s
        return now_s - CATCH_UP_S - min(LATEST_S, self._left_at_s - self._free_at_s)

    def _advance(self, bits: float) -> float:
        """Send for one step at most; what is left."""
        rate_bps = max(0.0, self._rate_bps(self._free_at_s))
        if rate_bps * STEP_S >= bits:
            self._free_at_s += bits / rate_bps
            return 0.0
        self._free_at_s += STEP_S
        return bits - rate_bps * STEP_S
