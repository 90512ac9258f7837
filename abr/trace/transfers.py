"""From downloads to steps: where they overlap their rates add up, and in between nobody asked for anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from abr.trace.model import Step
from abr.trace.source import IdleRule


@dataclass(frozen=True, slots=True)
class Transfer:
    """`size_bytes` came in from `first_byte_s` to `finished_s`, `latency_s` after they were asked for."""

    first_byte_s: float
    finished_s: float
    size_bytes: float
    latency_s: float = 0.0


def steps_of(transfers: Iterable[Transfer], idle: IdleRule) -> list[Step]:
    """The link as the downloads saw it: in every span the bytes of all that were on their way then.

    A download's bytes count as evenly spread over its time; over the union of all downloads the sum is exact. A
    step's latency is that of the latest request. Transfers without a length in time are the caller's to leave out.
    """
    events: list[tuple[float, int, float, float]] = []
    for it in transfers:
        rate_bps = 8.0 * it.size_bytes / (it.finished_s - it.first_byte_s)
        events += [(it.first_byte_s, 1, rate_bps, it.latency_s), (it.finished_s, -1, rate_bps, 0.0)]
    events.sort()
    steps: list[Step] = []
    active, rate_bps, latency_s, before_s = 0, 0.0, 0.0, events[0][0] if events else 0.0
    for at_s, change, part_bps, waited_s in events:
        if at_s > before_s:
            steps += _span(at_s - before_s, rate_bps, latency_s, steps, None if active else idle)
        before_s, active = at_s, active + change
        latency_s = waited_s if change > 0 else latency_s
        # Sums of floats leave crumbs; silence is exactly silent.
        rate_bps = max(0.0, rate_bps + change * part_bps) if active else 0.0
    return steps


def _span(duration_s: float, rate_bps: float, latency_s: float, steps: list[Step], idle: IdleRule | None) -> list[Step]:
    """One step; of an idle span, what `idle` makes of it."""
    if idle is None:
        return [Step(duration_s, rate_bps, latency_s)]
    if idle == "drop":
        return []
    return [Step(duration_s, steps[-1].rate_bps if idle == "hold" and steps else 0.0, latency_s)]
