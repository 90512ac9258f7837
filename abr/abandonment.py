"""Give up the chunk in flight?

A chunk that will not make it before the buffer runs dry is given up for a lower rung when that one arrives sooner.
Source: dash.js AbandonRequestsRule (at least 0.5 s of transfer, a whole-chunk estimate above 1.8 chunk durations, the
rest larger than the new chunk) and hls.js's emergency switch (act only when it is quicker than finishing).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from abr import wording
from abr.controller import Controller
from abr.model import Decision, Ladder, Progress, Reason, ReasonCode, RungIndex
from abr.values import value


@dataclass(frozen=True, slots=True)
class Settings:
    """When a measurement is good enough to act on."""

    min_transfer_s: float = 0.5
    min_received_bytes: int = 1
    waiting_factor: float = 1.8
    """While nothing plays, a chunk is late once it takes this many times its own duration."""


DEFAULT = Settings()
TIE_S = 1e-6
"""A look that is meant for the moment at which a transfer is old enough counts: rounding must not decide."""

Rule = Callable[[Progress], Decision | None]
"""What to fetch instead of the chunk in flight, or None to let it go on."""


@value
class Outlook:
    """A transfer that a simulator knows whole: what it will have been. `buffer_s` is what was buffered at the request.

    `slowest_bps` is the lowest rate of the link between its first and its last byte.
    """

    rung: RungIndex
    size_bytes: int
    latency_s: float
    transfer_s: float
    slowest_bps: float
    buffer_s: float
    chunk_duration_s: float
    playing: bool


Bound = Callable[[Outlook], bool]
"""True when the rule cannot act on that transfer, whenever and however often it looks: nobody has to look then."""


def bound_of(controller: Controller) -> Bound | None:
    """The controller's `never_abandons(outlook)` for its own rule; the common rule's; None where there is none."""
    if getattr(controller, "abandon", None) is None:
        return never_consider
    bound: Bound | None = getattr(controller, "never_abandons", None)
    return bound


def never_consider(it: Outlook) -> bool:
    """`is_never_late` for the common rule."""
    buffer_s = it.buffer_s - it.latency_s - it.transfer_s if it.playing else None
    return is_never_late(it.size_bytes, it.slowest_bps, buffer_s, it.chunk_duration_s)


def rule_of(controller: Controller) -> Rule:
    """The controller's own rule, where it has an `abandon(progress)`; else the common one."""
    own: Rule | None = getattr(controller, "abandon", None)
    return own or consider


def is_never_late(
    size_bytes: int, slowest_bps: float, buffer_s: float | None, chunk_s: float, settings: Settings = DEFAULT
) -> bool:
    """True when `consider` cannot act on a transfer that is never slower than `slowest_bps`.

    `buffer_s` is what is left at its end, None while nothing plays.
    """
    # What has come in is counted in whole bytes, so the measured rate may lie a little below the true one.
    measured_bps = slowest_bps - 8.0 / (settings.min_transfer_s - TIE_S)
    if measured_bps <= 0.0:
        return False
    most_s = 8.0 * size_bytes / measured_bps
    return most_s <= (settings.waiting_factor * chunk_s if buffer_s is None else buffer_s)


def consider(progress: Progress, settings: Settings = DEFAULT) -> Decision | None:
    """The lower rung to fetch instead, or None to let the transfer go on.

    The highest lower rung that is smaller than the rest, within the measured rate, and there before the buffer is
    empty; when none makes it in time, the lowest if it comes sooner than the rest would.
    """
    rate_bps = _measured_bps(progress, settings)
    if rate_bps is None or progress.rung == 0:
        return None
    rest_bytes = progress.total_bytes - progress.received_bytes
    rest_s = 8.0 * rest_bytes / rate_bps
    if not _is_late(progress, rate_bps, rest_s, settings):
        return None
    chosen = _alternative(progress, rate_bps, rest_bytes, rest_s)
    return None if chosen is None else Decision(chosen, _reason(progress, chosen, rest_s), rate_bps)


def _measured_bps(progress: Progress, settings: Settings) -> float | None:
    if progress.first_byte_at_s is None or progress.received_bytes < settings.min_received_bytes:
        return None
    transfer_s = progress.now_s - progress.first_byte_at_s
    return 8.0 * progress.received_bytes / transfer_s if transfer_s >= settings.min_transfer_s - TIE_S else None


def _is_late(progress: Progress, rate_bps: float, rest_s: float, settings: Settings) -> bool:
    if progress.playing:
        return rest_s > progress.buffer_s
    return 8.0 * progress.total_bytes / rate_bps > settings.waiting_factor * progress.chunk_duration_s


def _alternative(progress: Progress, rate_bps: float, rest_bytes: int, rest_s: float) -> RungIndex | None:
    latency_s = max(0.0, (progress.first_byte_at_s or 0.0) - progress.requested_at_s)

    def fetch_s(rung: RungIndex) -> float:
        return latency_s + 8.0 * progress.sizes_bytes[rung] / rate_bps

    sustainable = min(progress.rung - 1, progress.ladder.highest_within(rate_bps))
    for rung in range(sustainable, -1, -1):
        if progress.sizes_bytes[rung] < rest_bytes and fetch_s(rung) <= min(progress.buffer_s, rest_s):
            return rung
    return 0 if progress.sizes_bytes[0] < rest_bytes and fetch_s(0) < rest_s else None


def _reason(progress: Progress, chosen: RungIndex, rest_s: float) -> Reason:
    buffer_s = progress.buffer_s if progress.playing else None
    return Reason(ReasonCode.ABANDONED, abandoned_words, (progress.ladder, progress.rung, chosen, rest_s, buffer_s))


def abandoned_words(ladder: Ladder, rung: RungIndex, chosen: RungIndex, rest_s: float, buffer_s: float | None) -> str:
    """The sentence for a chunk that was given up."""
    given_up, instead = wording.rung(ladder, rung), wording.rung(ladder, chosen)
    buffered = f"{wording.seconds(buffer_s)} buffered" if buffer_s is not None else "nothing playing"
    return f"{given_up} given up for {instead}: {wording.seconds(rest_s)} more to fetch, {buffered}"
