"""dash.js's Dynamic: throughput while the buffer is short, BOLA once it is comfortable.

Source: dash.js 5.1.1, AbrController, ABRRulesCollection and Settings. The throughput rule (highest bit rate within 0.9
of the lower of two means) until 18 s are buffered, BolaRule (bola_dashjs.py) until fewer than 9 s are; only one of the
two is asked. Beside it the insufficient-buffer rule and the switch-history rule; the LOWEST rung that any of them asks
for is taken, and on equal terms the first of them, in this order, gives the reason. An abandonment rule of its own: at
most 18 s buffered, six looks at the transfer, more than 0.5 s since the first byte, the whole chunk reckoned to take
1.8 times its duration or more, and a rung for the measured rate whose size is below the rest; after it nothing goes up
for 10 s, and the throughput rule is not asked. Ties: a bit rate equal to the budget fits; BOLA's go up.

Where this session differs from a browser's: the first chunk, before anything is measured, is the lowest rung (dash.js
takes the one for 1 Mbit/s). dash.js's 18 s stand beside its 30 s of buffer at the top rung; a session whose cap is
below 30 s switches at the same share of it, 0.6, or at 0.9 of what a decision can see (the cap less a chunk) where that
is less. Above play speed 1 the rates are divided by it. The first progress event is not taken off the measured rate:
the clock starts at the first byte. Dropped frames (off in dash.js) are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from abr import wording
from abr.abandonment import Outlook, abandoned_words
from abr.controller import register
from abr.controllers import bola_dashjs, switch_history
from abr.controllers.bola_e import limited_reason, utility_words
from abr.controllers.insufficient import insufficient_buffer_limit
from abr.controllers.throughput import first_decision, rate_reason
from abr.estimators.ewma import DASHJS, DualEwma, DualEwmaSettings
from abr.model import Decision, Ladder, Observation, Progress, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Abandonment:
    """When a chunk is given up, and for how long nothing goes up afterwards."""

    most_buffer_s: float = 18.0
    looks: int = 6
    transfer_s: float = 0.5
    duration_factor: float = 1.8
    hold_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """BOLA takes over at `on_s` buffered and hands back below `off_share` of that."""

    on_s: float = 18.0
    on_share_of_cap: float = 0.6
    on_share_of_reach: float = 0.9
    off_share: float = 0.5
    safety: float = 0.9
    insufficient_safety: float = 0.7
    insufficient_skips: int = 2
    abandonment: Abandonment = field(default_factory=Abandonment)
    bola: bola_dashjs.Settings = field(default_factory=bola_dashjs.Settings)
    history: switch_history.Settings = field(default_factory=switch_history.Settings)
    estimator: DualEwmaSettings = DASHJS


@register("dynamic")
class Dynamic:
    """Four rules, of which the lowest wins."""

    name = "dynamic"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator = DualEwma(self._settings.estimator)
        self._bola = bola_dashjs.DashBola(self._settings.bola)
        self._history = switch_history.SwitchHistory(self._settings.history)
        self._by_utility = False
        self._index, self._started_at = -2, 0
        self._no_up_until_s = float("-inf")
        self._looked_at_s, self._looks = -1.0, 0

    def decide(self, observation: Observation) -> Decision:
        seen = observation
        estimate = self._estimator.update(seen.samples)
        self._bola.settle(seen)
        if not 0 <= seen.chunk_index - self._index <= 1:
            self._started_at = seen.chunk_index
        self._index = seen.chunk_index
        if estimate is None:
            return first_decision(seen)
        decision = self._limited(seen, self._asked(seen, estimate), estimate)
        if seen.previous_rung is not None:
            self._history.push(seen.previous_rung, decision.rung)
            if decision.rung > seen.previous_rung and seen.now_s < self._no_up_until_s:
                held = min(seen.previous_rung, seen.highest_allowed)
                return Decision(held, Reason(ReasonCode.HOLD, held_words, (seen.ladder, held)), estimate)
        return decision

    def _asked(self, seen: Observation, estimate: float) -> Decision:
        """The throughput rule or BOLA, whichever the buffer says."""
        on_s = on_level_s(self._settings, seen.buffer_cap_s, seen.chunk_duration_s)
        self._by_utility = seen.buffer_s >= (on_s * self._settings.off_share if self._by_utility else on_s)
        per_rate = self._settings.safety / seen.speed
        rung = min(seen.ladder.highest_within(per_rate * estimate), seen.highest_allowed)
        if not self._by_utility and seen.now_s < self._no_up_until_s:
            # The throughput rule says nothing for a while; what the others allow counts, and the present rung.
            held = seen.highest_allowed
            return Decision(held, Reason(ReasonCode.HOLD, held_words, (seen.ladder, held)), estimate)
        if not self._by_utility:
            return Decision(rung, rate_reason(seen, rung, estimate, per_rate), estimate)
        wanted, chosen, wait_s = self._bola.choose(seen, rung)
        held = chosen == seen.previous_rung
        code = ReasonCode.HOLD if held else ReasonCode.THROUGHPUT if chosen < wanted else ReasonCode.UTILITY
        facts = (seen.ladder, wanted, chosen, seen.buffer_s, estimate, held)
        return Decision(chosen, Reason(code, utility_words, facts), estimate, wait_s)

    def _limited(self, seen: Observation, asked: Decision, estimate: float) -> Decision:
        """The lowest of what the other rules allow and what was asked for."""
        lowest = asked
        if seen.chunk_index - self._started_at >= self._settings.insufficient_skips:
            limit = insufficient_buffer_limit(seen, estimate, self._settings.insufficient_safety)
            if limit < lowest.rung:
                reason = limited_reason(seen, lowest.rung, limit, estimate)
                lowest = Decision(limit, reason, estimate, asked.wait_s)
        past = self._history.limit()
        if past is not None and past < lowest.rung:
            reason = Reason(ReasonCode.HOLD, history_words, (seen.ladder, lowest.rung, past))
            lowest = Decision(past, reason, estimate, asked.wait_s)
        return lowest

    def abandon(self, progress: Progress) -> Decision | None:
        """The rung for the measured rate, or None to go on. A lower rung's size is reckoned from the bit rates."""
        it, first_byte_at_s = self._settings.abandonment, progress.first_byte_at_s
        if first_byte_at_s is None or progress.rung == 0:
            return None
        self._looks = self._looks + 1 if progress.requested_at_s == self._looked_at_s else 1
        self._looked_at_s = progress.requested_at_s
        span_s, received = progress.now_s - first_byte_at_s, progress.received_bytes
        if self._looks < it.looks or span_s <= it.transfer_s or not received or progress.buffer_s > it.most_buffer_s:
            return None
        rate_bps, rest_bytes = 8.0 * received / span_s, progress.total_bytes - received
        if 8.0 * progress.total_bytes / rate_bps < it.duration_factor * progress.chunk_duration_s:
            return None
        rates, instead = progress.ladder.bitrates_bps, progress.ladder.highest_within(rate_bps)
        if not rest_bytes > progress.total_bytes * rates[instead] / rates[progress.rung]:
            return None
        self._history.clear()
        self._bola.abandoned(instead, progress.buffer_s)
        self._no_up_until_s = progress.now_s + it.hold_s
        buffer_s = progress.buffer_s if progress.playing else None
        facts = (progress.ladder, progress.rung, instead, 8.0 * rest_bytes / rate_bps, buffer_s)
        return Decision(instead, Reason(ReasonCode.ABANDONED, abandoned_words, facts), rate_bps)

    def never_abandons(self, outlook: Outlook) -> bool:
        """What `abandon` cannot act on: too short, too well buffered, or quick enough at the link's slowest."""
        it = self._settings.abandonment
        if outlook.transfer_s <= it.transfer_s:
            return True
        if outlook.playing and outlook.buffer_s - outlook.latency_s - outlook.transfer_s > it.most_buffer_s:
            return True
        # What has come in is counted in whole bytes, so the measured rate may lie a little below the true one.
        measured_bps = outlook.slowest_bps - 8.0 / it.transfer_s
        return 8.0 * outlook.size_bytes < measured_bps * it.duration_factor * outlook.chunk_duration_s


def on_level_s(it: Settings, buffer_cap_s: float, chunk_duration_s: float) -> float:
    """The buffer level at which BOLA takes over under this cap."""
    reach_s = max(buffer_cap_s - chunk_duration_s, 0.0)
    return min(it.on_s, it.on_share_of_cap * buffer_cap_s, it.on_share_of_reach * reach_s)


def held_words(ladder: Ladder, held: RungIndex) -> str:
    """The sentence for the time after a chunk was given up."""
    return f"hold {wording.rung(ladder, held)}: a chunk was given up a moment ago, so nothing goes up yet"


def history_words(ladder: Ladder, wanted: RungIndex, limit: RungIndex) -> str:
    """The sentence for the switch-history rule."""
    return f"{wording.rung(ladder, limit)}: {wording.rung(ladder, wanted)} was given up a few chunks ago"
