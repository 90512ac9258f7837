"""A simulated bottleneck that follows a trace: flows share it evenly, and one alone gets what `Trace.transfer` says.

A request waits for the round trip of the trace step that it is made in (or a fixed one), and then its bits take their
share of the link. Two options make the first byte later: `loss`, the share of requests whose first packets are lost,
each costing a retransmission timeout that doubles (Linux, TCP_RTO_MIN: 0.2 s, or the round trip where that is longer);
and slow start, the round trips for which a window of ten packets that doubles (RFC 6928) leaves the link idle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from abr.trace.model import Trace

SHORTEST_TIMEOUT_S = 0.2
MOST_TIMEOUTS = 6
INITIAL_WINDOW_BITS = 8.0 * 10 * 1460


class Flow:
    """One transfer: instants of trace time. `first_byte_s` and `finished_s` are known once `done` is."""

    __slots__ = ("bits", "done", "finished_s", "first_byte_s", "joined", "left_bits")

    def __init__(self, bits: float, first_byte_s: float, done: asyncio.Future[None]) -> None:
        self.bits = self.left_bits = bits
        self.first_byte_s = first_byte_s
        self.finished_s = first_byte_s
        self.done = done
        self.joined: Callable[[], None] | None = None
        """Called when another one comes beside it: what was foreseen of it holds no longer."""


class SimLink:
    """See the module. Trace time is the running loop's, counted from `began_at_s` of it."""

    def __init__(
        self,
        trace: Trace,
        *,
        round_trip_s: float | None = None,
        loss: float = 0.0,
        slow_start: bool = False,
        seed: int = 0,
        began_at_s: float = 0.0,
    ) -> None:
        if not 0.0 <= loss < 1.0:
            raise ValueError(f"a loss is a share below 1, not {loss}")
        self._trace = trace
        self._round_trip_s = round_trip_s
        self._loss = loss
        self._slow_start = slow_start
        self._plain = round_trip_s is None and not loss and not slow_start
        self._chance = Random(seed)
        self.began_at_s = began_at_s
        self._at_s = 0.0
        self._waiting: list[Flow] = []
        self._moving: list[Flow] = []
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self.passed_bits = 0.0

    @property
    def busy(self) -> int:
        """Transfers on their way."""
        return len(self._waiting) + len(self._moving)

    def send(
        self, loop: asyncio.AbstractEventLoop, size_bytes: int, held_s: float = 0.0, *, continued: bool = False
    ) -> Flow:
        """A transfer asked for now; `held_s` is what the server takes before it says anything.

        `continued`: more of an answer that has begun, so that there is no way to wait for.
        """
        now_s = loop.time() - self.began_at_s
        bits = 8.0 * size_bytes
        if self._plain and not (self._waiting or self._moving or held_s or continued):
            return self._send_alone(loop, now_s, bits)
        first_byte_s = now_s if continued else now_s + self._latency_s(now_s, bits) + held_s
        flow = Flow(bits, first_byte_s, loop.create_future())
        self._settle(now_s)
        for other in (*self._waiting, *self._moving):
            if other.joined is not None:
                other.joined()
        self._waiting.append(flow)
        if len(self._waiting) > 1:
            self._waiting.sort(key=_first_byte)
        self._aim(loop)
        return flow

    def _send_alone(self, loop: asyncio.AbstractEventLoop, now_s: float, bits: float) -> Flow:
        """The same where nothing is on its way: the trace says both instants at once."""
        first_byte_s, self._due_s = self._trace.transfer(now_s, bits)
        flow = Flow(bits, first_byte_s, loop.create_future())
        self._waiting.append(flow)
        self._at_s = max(self._at_s, now_s)
        self._timer = loop.call_at(self.began_at_s + self._due_s, self._ring, loop)
        return flow

    def drop(self, loop: asyncio.AbstractEventLoop, flow: Flow) -> None:
        """The transfer is given up: what has come of it is spent, and the others share the rest of the link."""
        self._settle(loop.time() - self.began_at_s)
        for flows in (self._waiting, self._moving):
            if flow in flows:
                flows.remove(flow)
        self._aim(loop)

    def received_bits(self, flow: Flow, at_s: float) -> float:
        """How much of a flow has come by an instant of trace time that is not before the last event."""
        if flow.done.done():
            return flow.bits
        sent = flow.bits - flow.left_bits
        if flow in self._moving:
            return sent + self._trace.bits_between(self._at_s, at_s) / len(self._moving)
        if at_s > flow.first_byte_s and not self._moving and self._waiting[0] is flow and len(self._waiting) == 1:
            return self._trace.bits_between(flow.first_byte_s, at_s)
        return sent

    def heard_at_s(self, flow: Flow, now_s: float) -> float | None:
        """When the newest of what has come of a flow came; None before anything has.

        Beside others it is the last event at the latest, or now where the link moves.
        """
        bits = self.received_bits(flow, now_s)
        if bits <= 0.0:
            return None
        if flow not in self._moving:
            return self._trace.when_done(flow.first_byte_s, bits)
        since = bits - (flow.bits - flow.left_bits)
        return self._trace.when_done(self._at_s, since * len(self._moving)) if since > 0.0 else self._at_s

    def carried_at_s(self, flow: Flow, bits: float) -> float:
        """When the first `bits` of a flow had come, had it been alone until then."""
        return self._trace.when_done(flow.first_byte_s, bits)

    def foresee(self, flow: Flow) -> tuple[float, float] | None:
        """Last byte in s, and the lowest rate until then in bit/s, of a flow just sent; None beside others."""
        if self._moving or len(self._waiting) != 1:
            return None
        return self._due_s, self._trace.lowest_rate_bps(flow.first_byte_s, self._due_s)

    def settle(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take everything in that has happened by now."""
        self._settle(loop.time() - self.began_at_s)

    def _latency_s(self, now_s: float, bits: float) -> float:
        latency_s = self._trace.latency_at(now_s) if self._round_trip_s is None else self._round_trip_s
        if not (self._loss or self._slow_start):
            return latency_s
        return latency_s + self._lost_s(latency_s) + self._starting_s(now_s, latency_s, bits)

    def _lost_s(self, latency_s: float) -> float:
        timeout_s, lost_s = max(SHORTEST_TIMEOUT_S, latency_s), 0.0
        for _ in range(MOST_TIMEOUTS):
            if self._chance.random() >= self._loss:
                break
            lost_s, timeout_s = lost_s + timeout_s, 2 * timeout_s
        return lost_s

    def _starting_s(self, now_s: float, latency_s: float, bits: float) -> float:
        """Idle time of the link while the window grows up to what fills it."""
        if not self._slow_start or latency_s <= 0:
            return 0.0
        rate_bps = self._trace.rate_at(now_s + latency_s)
        window, sent, idle_s = INITIAL_WINDOW_BITS, 0.0, 0.0
        while window < rate_bps * latency_s and sent + window < bits:
            idle_s += latency_s - window / rate_bps
            sent, window = sent + window, 2 * window
        return idle_s

    # ---- events: a flow's first byte, a flow's last

    def _next(self) -> tuple[float, bool]:
        """The next event, and whether it is an end."""
        begins_s = self._waiting[0].first_byte_s if self._waiting else float("inf")
        if not self._moving:
            return begins_s, False
        least = min(flow.left_bits for flow in self._moving)
        ends_s = self._trace.when_done(self._at_s, least * len(self._moving))
        return (ends_s, True) if ends_s <= begins_s else (begins_s, False)

    def _settle(self, until_s: float) -> None:
        """Let trace time pass."""
        while self._waiting or self._moving:
            event_s, is_end = self._next()
            if event_s > until_s:
                break
            self._pass(event_s, is_end)
        if self._moving and until_s > self._at_s:
            self._share(self._trace.bits_between(self._at_s, until_s) / len(self._moving))
        self._at_s = max(self._at_s, until_s)

    def _pass(self, event_s: float, is_end: bool) -> None:
        moving = self._moving
        if is_end:
            self._share(min(flow.left_bits for flow in moving))
            for flow in [it for it in moving if it.left_bits <= 0.0]:
                moving.remove(flow)
                flow.finished_s = event_s
                if not flow.done.done():
                    flow.done.set_result(None)
        else:
            if moving:
                self._share(self._trace.bits_between(self._at_s, event_s) / len(moving))
            moving.append(self._waiting.pop(0))
        self._at_s = event_s

    def _end_alone(self) -> None:
        """What the timer was set for: the end of a flow that had the link to itself all the way."""
        flow = self._waiting.pop()
        flow.left_bits, flow.finished_s = 0.0, self._due_s
        self.passed_bits += flow.bits
        self._at_s = self._due_s
        if not flow.done.done():
            flow.done.set_result(None)

    def _share(self, bits: float) -> None:
        for flow in self._moving:
            flow.left_bits = max(0.0, flow.left_bits - bits)
        self.passed_bits += bits * len(self._moving)

    def _aim(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the timer to the next end, found by looking ahead; nobody waits for a first byte."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting or self._moving:
            self._due_s = self._ahead_s()
            self._timer = loop.call_at(self.began_at_s + self._due_s, self._ring, loop)

    def _ahead_s(self) -> float:
        """The next end, or the first byte of a flow that joins others before it."""
        if not self._moving and len(self._waiting) == 1:
            only = self._waiting[0]
            return self._trace.when_done(only.first_byte_s, only.bits)
        return self._next()[0]

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if not self._moving and len(self._waiting) == 1:
            self._end_alone()
            return
        # The instant that was aimed at: counted from `began_at_s`, the loop's own may be an ulp short of it.
        self._settle(max(self._due_s, loop.time() - self.began_at_s))
        self._aim(loop)


def _first_byte(flow: Flow) -> float:
    return flow.first_byte_s
