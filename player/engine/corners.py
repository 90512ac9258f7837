"""Small answers that the session needs and that stand on their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import fsum
from typing import TYPE_CHECKING, Any

from abr.abandonment import bound_of, rule_of
from abr.model import Decision, Ladder, Reason, ReasonCode, ThroughputSample
from player.engine.source import Source
from player.engine.watch import Situation

if TYPE_CHECKING:
    from player.engine.session import Session

KEEP_TIMEOUT_S = 3.0


def elsewhere(decision: Decision, attempt: int, top: int) -> Decision:
    """After a second damaged copy, the neighbouring rung, where there is one: its segment is another file."""
    if attempt < 1 or top == 0:
        return decision
    rung = decision.rung - 1 if decision.rung > 0 else decision.rung + 1
    return replace(decision, rung=rung, reason=Reason(ReasonCode.HOLD, "the chosen rung's segment is damaged"))


def fixed_by_viewer(ladder: Ladder, rung: int) -> Decision:
    """The viewer's own choice, as far as the ladder reaches."""
    rung = min(rung, ladder.top)
    return Decision(rung, Reason(ReasonCode.FIXED, f"fixed by the viewer at {ladder[rung].name}"))


def outlook(session: Session) -> tuple[float, bool]:
    """Seconds of buffer, and whether it is being used up; while paused it could be at any moment."""
    state = session.sink.state()
    return session.buffer_s(state), state.started and not state.stalled


def situation(session: Session, index: int) -> Situation:
    """What abandonment needs to know about the transfer of chunk `index`; the viewer's own choice is never given up."""
    opened, controller = session.opened_now, session.controller
    rule, bound = None, None
    if session.settings.abandonment and session.fixed_rung is None:
        rule, bound = rule_of(controller), bound_of(controller) if session.speed <= 1.0 else None
    return Situation(lambda: outlook(session), opened.sizes.rows[index], opened.ladder, rule, bound)


def lower_cap(one: int | None, other: int | None) -> int | None:
    """The lower of two caps, of which there may be none."""
    return min((cap for cap in (one, other) if cap is not None), default=None)


def first_guess_bps(session: Session) -> float | None:
    """What the first chunk's choice rests on: what this network carried before, else what a server says."""
    known_bps = session.settings.initial_estimate_bps
    return known_bps if known_bps is not None else session.hints.first_guess_bps()


def top_allowed_bps(session: Session) -> int:
    """The highest bit rate that may be chosen now."""
    ladder = session.opened_now.ladder
    return ladder[ladder.top if session.rung_cap is None else min(session.rung_cap, ladder.top)].bitrate_bps


def post(loop: asyncio.AbstractEventLoop, act: Callable[[int], None], index: int) -> None:
    """Call on the loop, from any thread; a loop that is closing wants nothing any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(act, index)


def since(sample: ThroughputSample, began_s: float) -> ThroughputSample:
    """The sample in instants that count from `began_s`."""
    return ThroughputSample(
        sample.size_bytes,
        sample.requested_at_s - began_s,
        sample.first_byte_at_s - began_s,
        sample.finished_at_s - began_s,
    )


def merged(samples: Sequence[ThroughputSample]) -> ThroughputSample:
    """Transfers that share the link, as one: only together do they show its rate.

    All bytes, over the time in which at least one of them was on its way: the union of their spans, put as one span
    that ends with the last of them. Time in which none was (an edge held one back) is left out.
    """
    if len(samples) == 1:
        return samples[0]
    spans = sorted((sample.requested_at_s, sample.finished_at_s) for sample in samples)
    pieces, reached_s = [], spans[0][0]
    for start_s, end_s in spans:
        pieces.append(max(end_s - max(start_s, reached_s), 0.0))
        reached_s = max(reached_s, end_s)
    requested_at_s = reached_s - fsum(pieces)
    latency_s = min(sample.latency_s for sample in samples)
    return ThroughputSample(
        sum(sample.size_bytes for sample in samples), requested_at_s, requested_at_s + latency_s, reached_s
    )


async def keep(source: Source, position_s: float, duration_s: float) -> None:
    """Hand the resume point to whoever keeps it; a slow keeper must not hold the session up."""
    if source.keep is None:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KEEP_TIMEOUT_S):
            await source.keep(position_s, duration_s)


async def end_all(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel, and wait until each has ended; how it ended is not asked."""
    tasks = tuple(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
