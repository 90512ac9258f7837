"""Watches a chunk on its way: asks the abandonment rule after every read, and gives the transfer up when it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from abr.abandonment import DEFAULT, TIE_S, Bound, Outlook, Rule, consider
from abr.model import Decision, Ladder, Progress, ThroughputSample
from abr.values import value


@value
class Situation:
    """What abandonment needs to know while a chunk is in flight."""

    outlook: Callable[[], tuple[float, bool]]
    """Seconds of buffer, and whether it is being used up."""
    sizes_bytes: tuple[int, ...]
    ladder: Ladder
    give_up: Rule | None
    """When to give the chunk up; None: never."""
    never_gives_up: Bound | None = None
    """What the rule cannot act on, where that is known; holds while the film plays no faster than at its own speed."""


class Abandoned(Exception):
    """The chunk was given up: what to fetch instead, and what had come of it."""

    def __init__(self, decision: Decision, sample: ThroughputSample) -> None:
        super().__init__(decision.reason.text)
        self.decision = decision
        self.sample = sample


class Watch:
    """A `Watcher` of one transfer; raises `Abandoned` on a verdict."""

    def __init__(self, decision: Decision, situation: Situation, give_up: Rule, chunk_duration_s: float) -> None:
        self._decision = decision
        self._situation = situation
        self._give_up = give_up
        self._duration_s = chunk_duration_s
        self._requested_at_s = asyncio.get_running_loop().time()
        self.look_again: Callable[[], None] | None = None
        self.is_over = False
        self._is_common = give_up is consider
        # The common rule fetches nothing that is not smaller than the rest, and the rest only shrinks.
        lower = situation.sizes_bytes[: decision.rung]
        self._too_little_bytes = min(lower) if self._is_common and lower else -1

    def __call__(self, received_bytes: int, now_s: float, first_byte_at_s: float | None) -> None:
        it, rung = self._situation, self._decision.rung
        total_bytes = max(it.sizes_bytes[rung], received_bytes)
        if total_bytes - received_bytes <= self._too_little_bytes:
            self.is_over = True
            return
        if self._is_common and not _is_measured(received_bytes, now_s, first_byte_at_s):
            return
        buffer_s, playing = it.outlook()
        # By position: a record made by names costs twice as much, and there are a dozen looks a chunk.
        progress = Progress(
            now_s,
            rung,
            received_bytes,
            total_bytes,
            self._requested_at_s,
            first_byte_at_s,
            buffer_s,
            self._duration_s,
            it.ladder,
            it.sizes_bytes,
            playing,
        )
        verdict = self._give_up(progress)
        if verdict is not None:
            first_at_s = now_s if first_byte_at_s is None else first_byte_at_s
            raise Abandoned(verdict, ThroughputSample(received_bytes, self._requested_at_s, first_at_s, now_s))

    def is_needless(self, size_bytes: int, latency_s: float, transfer_s: float, slowest_bps: float) -> bool:
        """The rule can never act on it, as things stand; whoever changes them calls `look_again`."""
        it, rung = self._situation, self._decision.rung
        # A second attempt is watched: the rule counts from the first one's request.
        if it.never_gives_up is None or asyncio.get_running_loop().time() != self._requested_at_s:
            return False
        buffer_s, playing = it.outlook()
        size_bytes = max(it.sizes_bytes[rung], size_bytes)
        return it.never_gives_up(
            Outlook(rung, size_bytes, latency_s, transfer_s, slowest_bps, buffer_s, self._duration_s, playing)
        )


def _is_measured(received_bytes: int, now_s: float, first_byte_at_s: float | None) -> bool:
    """What the common rule asks before anything else; nobody has to look at the output until then."""
    if first_byte_at_s is None or received_bytes < DEFAULT.min_received_bytes:
        return False
    return now_s - first_byte_at_s >= DEFAULT.min_transfer_s - TIE_S
