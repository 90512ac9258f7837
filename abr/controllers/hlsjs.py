"""hls.js's rule: the highest level that the rate carries and that arrives before the buffer runs dry.

Source: hls.js 1.7.1, abr-controller.ts, with its default configuration. From the top down, the first level is taken
whose bit rate is within 0.95 of the estimate (0.7 of it for a level above the last one loaded) and whose fetch, first
byte included, takes less time than is buffered. When there is none, a stall of up to the shorter of a fragment and 4 s
is put up with; when there is still none, the lowest is taken. The first level of a session is the highest within
500 kbit/s. The emergency rule is told in `hlsjs_emergency`.

A level has two bit rates: the average counts while two fragments and more are buffered and no stall is put up with, the
maximum otherwise. `Rung.bitrate_bps` is the average, and the largest chunk in sight makes the maximum (hls.js reads
both for the whole title, as AVERAGE-BANDWIDTH and BANDWIDTH).
Ties: an estimate equal to a bit rate carries it; a fetch as long as the time there is comes too late.

Not reproduced, and where figures may differ: levels with recent errors, codec, frame rate and range filters, and
hls.js's own tick (a decision there may be a little older than its request); playlists are known here, so no fetch waits
for one (hls.js adds it when a level is entered for the first time); no bitrate test (off unless `startLevel` is -1); a
transfer that a seek cut off counts here as a finished one.
Live (`live_delay_s` given): the fetch time is no condition, as there. On demand nothing in the rule asks for a latency.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from abr import wording
from abr.controller import register
from abr.controllers.hlsjs_emergency import Emergency
from abr.controllers.hlsjs_level import Levels
from abr.estimators.hlsjs_bandwidth import HlsjsBandwidth, HlsjsBandwidthSettings
from abr.estimators.unseen import Unseen
from abr.model import Decision, Ladder, Observation, Progress, Reason, ReasonCode, RungIndex, ThroughputSample


@dataclass(frozen=True, slots=True)
class Settings:
    """hls.js's `abrBandWidthFactor`, `abrBandWidthUpFactor`, `maxStarvationDelay` and its estimator's settings."""

    factor: float = 0.95
    up_factor: float = 0.7
    max_starvation_s: float = 4.0
    estimator: HlsjsBandwidthSettings = field(default_factory=HlsjsBandwidthSettings)


@register("hlsjs")
class Hlsjs:
    """Rate and fetch time decide; `abandon` is its emergency switch."""

    name = "hlsjs"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._bandwidth = HlsjsBandwidth(self._settings.estimator)
        self._unseen = Unseen()
        self._levels: Levels | None = None
        self._emergency = Emergency(self._settings.up_factor)

    def decide(self, observation: Observation) -> Decision:
        for sample in self._unseen.take(observation.samples):
            self._learn(sample)
        levels = self._levels_of(observation)
        self._emergency.observe(observation)
        allowed, forced = observation.highest_allowed, self._emergency.forced()
        if forced is not None:
            chosen = min(forced, allowed)
            facts = (observation.ladder, chosen)
            return Decision(chosen, Reason(ReasonCode.INSUFFICIENT_BUFFER, forced_words, facts), self._estimate_bps)
        if observation.previous_rung is None or not self._bandwidth.can_estimate:
            return self._first(observation, levels, allowed)
        return self._next(observation, levels, allowed, min(observation.previous_rung, levels.top))

    def abandon(self, progress: Progress) -> Decision | None:
        """The emergency switch for the chunk in flight, or None to let it go on."""
        if self._levels is None:
            return None
        decision, self._bandwidth = self._emergency.check(progress, self._levels, self._bandwidth)
        return decision

    @property
    def _estimate_bps(self) -> float:
        return self._bandwidth.estimate_bps

    def _learn(self, sample: ThroughputSample) -> None:
        # A transfer that was given up has been taken in at that moment, before the estimator's reset.
        if sample.requested_at_s != self._emergency.given_up_at_s:
            self._bandwidth.add_transfer(sample)

    def _levels_of(self, seen: Observation) -> Levels:
        if self._levels is None or self._levels.ladder is not seen.ladder:
            self._levels = Levels(seen.ladder)
        self._levels.look(seen)
        return self._levels

    def _first(self, seen: Observation, levels: Levels, allowed: RungIndex) -> Decision:
        """No factor, half the buffer and the longest stall: hls.js's `firstAutoLevel`.

        No playlist is known then, and a fragment is taken to last 1 s.
        """
        duration_s = 0.0 if seen.previous_rung is None else seen.chunk_duration_s
        chosen = levels.best(
            bandwidth_bps=self._estimate_bps,
            first_byte_s=self._bandwidth.first_byte_s,
            base=0 if seen.previous_rung is None else seen.previous_rung,
            top=allowed,
            starvation_s=_starvation_s(seen) / 2.0,
            stall_s=self._settings.max_starvation_s,
            duration_s=duration_s,
        )
        facts = (seen.ladder, max(chosen, 0), self._estimate_bps)
        return Decision(max(chosen, 0), Reason(ReasonCode.STARTUP, first_words, facts), self._estimate_bps)

    def _next(self, seen: Observation, levels: Levels, allowed: RungIndex, base: RungIndex) -> Decision:
        starvation_s, bandwidth_bps = _starvation_s(seen), self._estimate_bps
        stalls_s = (0.0, min(seen.chunk_duration_s, self._settings.max_starvation_s))
        for stall_s in stalls_s if starvation_s > 0.0 else stalls_s[1:]:
            chosen = levels.best(
                bandwidth_bps=bandwidth_bps,
                first_byte_s=self._bandwidth.first_byte_s,
                base=base,
                top=allowed,
                starvation_s=starvation_s,
                stall_s=stall_s,
                duration_s=seen.chunk_duration_s,
                factor=self._settings.factor,
                up_factor=self._settings.up_factor,
            )
            if chosen >= 0:
                return Decision(chosen, _reason(seen, chosen, allowed, bandwidth_bps, stall_s > 0.0), bandwidth_bps)
        facts = (seen.ladder, starvation_s, bandwidth_bps)
        return Decision(0, Reason(ReasonCode.INSUFFICIENT_BUFFER, nothing_words, facts), bandwidth_bps)


def _starvation_s(seen: Observation) -> float:
    return seen.buffer_s / (abs(seen.speed) or 1.0)


def _reason(seen: Observation, chosen: RungIndex, allowed: RungIndex, bandwidth_bps: float, stalling: bool) -> Reason:
    if stalling:
        return Reason(ReasonCode.BUFFER, stalling_words, (seen.ladder, chosen, seen.buffer_s, bandwidth_bps))
    capped = chosen == allowed < seen.ladder.top
    held = chosen == seen.previous_rung
    code = ReasonCode.CAP if capped else ReasonCode.HOLD if held else ReasonCode.THROUGHPUT
    return Reason(code, fitting_words, (seen.ladder, chosen, seen.buffer_s, bandwidth_bps, held))


def first_words(ladder: Ladder, chosen: RungIndex, bandwidth_bps: float) -> str:
    """The sentence of the first level."""
    return f"{wording.rung(ladder, chosen)} to start with, {wording.rate(bandwidth_bps)} taken for granted"


def fitting_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, bandwidth_bps: float, held: bool) -> str:
    """The sentence for a level that arrives in time."""
    shown = wording.rung(ladder, chosen)
    fits = f"fits {wording.rate(bandwidth_bps)} measured and arrives within the {wording.seconds(buffer_s)} buffered"
    return f"hold {shown}: it {fits}" if held else f"{shown} {fits}"


def stalling_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, bandwidth_bps: float) -> str:
    """The sentence for a level that may arrive after the buffer's end."""
    return (
        f"{wording.rung(ladder, chosen)} fits {wording.rate(bandwidth_bps)} measured, "
        f"but with {wording.seconds(buffer_s)} buffered a short stall may come"
    )


def nothing_words(ladder: Ladder, buffer_s: float, bandwidth_bps: float) -> str:
    """The sentence when no level arrives in time."""
    return (
        f"{wording.rung(ladder, 0)}: no rung arrives in time at {wording.rate(bandwidth_bps)} measured, "
        f"{wording.seconds(buffer_s)} buffered"
    )


def forced_words(ladder: Ladder, chosen: RungIndex) -> str:
    """The sentence for the chunk after an emergency that gave nothing up."""
    return f"{wording.rung(ladder, chosen)}: the chunk before came so slowly that this one was put lower beforehand"
