"""Shaka Player's default rule: the highest variant within 0.95 of the measured rate, looked at every 8 s.

Source: Shaka Player 5.2.7, SimpleAbrManager with its default configuration. A variant fits while
b / 0.95 <= T <= (next variant's b) / 0.85, b times the playback speed; the LAST variant that fits is chosen, the lowest
when none does. The rule keeps no memory of the present variant, so with these two targets the upgrade target never
changes a choice: wherever a variant fits and the next one does as well, the next one wins. (With an upgrade target
above the downgrade target there are rates that nothing fits, and the choice falls to the lowest: as in the original.)
The first choice rests on 1 Mbit/s; the second comes as soon as 128 kB have been measured; then at most one every 8 s,
whatever happens in between. The buffer is no input. Ties: a rate equal to a bound fits.

Not reproduced, and where figures may differ: the original looks at every progress event and may decide in the middle of
a segment, here a decision is as old as its request; what the browser says of the network; caps by element or screen
size (`rung_cap` stands in: the variants above it are not there, and a running one is left at once); variants whose
frames drop. On demand and live are the same to this rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from abr import wording
from abr.controller import register
from abr.estimators.shaka_bandwidth import ShakaBandwidth, ShakaBandwidthSettings
from abr.estimators.unseen import Unseen
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """`bandwidthDowngradeTarget`, `bandwidthUpgradeTarget` and `switchInterval` of Shaka's configuration."""

    downgrade_target: float = 0.95
    upgrade_target: float = 0.85
    switch_interval_s: float = 8.0
    estimator: ShakaBandwidthSettings = field(default_factory=ShakaBandwidthSettings)

    def __post_init__(self) -> None:
        if not (0.0 < self.downgrade_target <= 1.0 and 0.0 < self.upgrade_target <= 1.0):
            raise ValueError(f"a bandwidth target lies in (0, 1], not {self}")


def choose_variant(
    rates_bps: tuple[int, ...], allowed: RungIndex, rate_bps: float, speed: float, settings: Settings
) -> RungIndex:
    """The last of the variants up to `allowed` that fits `rate_bps`; the lowest when none does."""
    chosen = 0
    for index in range(allowed + 1):
        least_bps = speed * rates_bps[index] / settings.downgrade_target
        fits = rate_bps >= least_bps
        if fits and (index == allowed or rate_bps <= speed * rates_bps[index + 1] / settings.upgrade_target):
            chosen = index
    return chosen


@register("shaka")
class Shaka:
    """Rate-based, with a clock for its only patience."""

    name = "shaka"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._bandwidth = ShakaBandwidth(self._settings.estimator)
        self._unseen = Unseen()
        self._current: RungIndex | None = None
        self._started = False
        self._chosen_at_s = 0.0

    def decide(self, observation: Observation) -> Decision:
        for sample in self._unseen.take(observation.samples):
            self._bandwidth.add(sample)
        allowed, estimate_bps = observation.highest_allowed, self._bandwidth.estimate_bps
        current = self._current
        if current is not None and current <= allowed and not self._is_time(observation.now_s):
            left_s = self._chosen_at_s + self._settings.switch_interval_s - observation.now_s
            facts = (observation.ladder, current, left_s if self._started else None, estimate_bps)
            return Decision(current, Reason(ReasonCode.HOLD, waiting_words, facts), estimate_bps)
        rates_bps, speed = observation.ladder.bitrates_bps, abs(observation.speed)
        chosen = choose_variant(rates_bps, allowed, estimate_bps, speed, self._settings)
        self._current, self._chosen_at_s = chosen, observation.now_s
        return Decision(chosen, _reason(observation, chosen, estimate_bps, current, self._bandwidth), estimate_bps)

    def _is_time(self, now_s: float) -> bool:
        """The estimate is good, and this is the first time that it is, or the interval is over."""
        if not self._started:
            self._started = self._bandwidth.is_good
            return self._started
        return now_s - self._chosen_at_s >= self._settings.switch_interval_s


def _reason(
    seen: Observation, chosen: RungIndex, estimate_bps: float, current: RungIndex | None, bandwidth: ShakaBandwidth
) -> Reason:
    if not bandwidth.is_good:
        return Reason(ReasonCode.STARTUP, first_words, (seen.ladder, chosen, estimate_bps))
    if chosen == seen.highest_allowed < seen.ladder.top:
        return Reason(ReasonCode.CAP, capped_words, (seen.ladder, chosen, estimate_bps))
    held = chosen == current
    code = ReasonCode.HOLD if held else ReasonCode.THROUGHPUT
    return Reason(code, fitting_words, (seen.ladder, chosen, estimate_bps, held))


def first_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float) -> str:
    """The sentence before enough is measured."""
    return f"{wording.rung(ladder, chosen)} to start with, {wording.rate(estimate_bps)} taken for granted"


def capped_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float) -> str:
    """The sentence at the cap."""
    return f"{wording.rung(ladder, chosen)}: the highest rung allowed, {wording.rate(estimate_bps)} measured"


def fitting_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float, held: bool) -> str:
    """The sentence for what the rate carries."""
    shown, measured = wording.rung(ladder, chosen), wording.rate(estimate_bps)
    if ladder[chosen].bitrate_bps > estimate_bps:
        return f"{shown}: nothing lower is there, {measured} measured"
    return f"hold {shown}: the highest that {measured} carries" if held else f"{shown}: the highest for {measured}"


def waiting_words(ladder: Ladder, current: RungIndex, left_s: float | None, estimate_bps: float) -> str:
    """The sentence between two looks."""
    shown = wording.rung(ladder, current)
    if left_s is None:
        return f"hold {shown}: too little is measured yet"
    return f"hold {shown}: the next look is in {wording.seconds(left_s)}, {wording.rate(estimate_bps)} measured"
