"""The player's default: throughput while the buffer is short, BOLA once it is comfortable.

Source: dash.js AbrController's Dynamic rule (throughput until 18 s are buffered, BOLA until 9 s), with its
insufficient-buffer rule for both. Three things are our own: where the buffer's cap is small, the switch lies at 0.6 of
it; and the throughput part goes up only within `up_safety` of the estimate while it stays within `safety`, so that a
rate just at a rung's edge does not flap (Huang et al., IMC 2012, show what flapping costs); and
BOLA never goes below the last rung while the measured rate carries that. Ties as in the two parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

from abr import wording
from abr.controller import register
from abr.controllers import bola_e as bola
from abr.controllers.insufficient import insufficient_buffer_limit
from abr.controllers.throughput import first_decision, highest_sustainable, throughput_reason
from abr.estimators import DualEwma, DualEwmaSettings
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """BOLA takes over at `on_s` buffered and hands back below half of that."""

    on_s: float = 18.0
    on_share_of_cap: float = 0.6
    off_share: float = 0.5
    safety: float = 0.9
    up_safety: float = 0.8
    insufficient_safety: float = 0.7
    estimator: DualEwmaSettings = field(default_factory=DualEwmaSettings)


@dataclass(frozen=True, slots=True)
class Shape:
    """BOLA's constants for one ladder and one buffer: V in seconds, g without unit, the utilities u."""

    v_s: float
    g: float
    utilities: tuple[float, ...]
    bitrates_bps: tuple[int, ...]

    @classmethod
    def of(cls, ladder: Ladder, target_s: float, min_buffer_s: float) -> Shape:
        """V and g such that rung 0 is worth nothing at `min_buffer_s` and the top rung at `target_s`."""
        rates = ladder.bitrates_bps
        utilities = tuple(log(rate / rates[0]) for rate in rates)
        low_s = min(min_buffer_s, target_s / 2.0)
        # One rung has no utility to spread; any positive V then chooses it.
        v_s = (target_s - low_s) / utilities[-1] if utilities[-1] > 0 else low_s
        return cls(v_s, low_s / v_s, utilities, rates)

    def choose(self, buffer_s: float, allowed: RungIndex) -> RungIndex:
        """The rung with the best score; the lower one on a tie."""
        best, best_score = 0, float("-inf")
        for q in range(allowed + 1):
            score = (self.v_s * (self.utilities[q] + self.g) - buffer_s) / self.bitrates_bps[q]
            if score > best_score:
                best, best_score = q, score
        return best

    def least_buffer_s(self, rung: RungIndex) -> float:
        """The buffer from which `rung` beats every lower one."""
        u, b = self.utilities, self.bitrates_bps
        levels = (self.v_s * (self.g + (b[rung] * u[q] - b[q] * u[rung]) / (b[rung] - b[q])) for q in range(rung))
        return max(0.0, max(levels, default=0.0))

    def most_buffer_s(self, rung: RungIndex) -> float:
        """The buffer above which `rung` scores below zero."""
        return self.v_s * (self.utilities[rung] + self.g)


class ShapeCache:
    """The shape for what is seen; worked out again only when the ladder or the buffer's cap changes."""

    def __init__(self, min_buffer_s: float) -> None:
        self._min_buffer_s = min_buffer_s
        self._key: tuple[Ladder, float] | None = None
        self._shape: Shape | None = None

    def __call__(self, seen: Observation) -> Shape:
        target_s = max(seen.buffer_cap_s - seen.chunk_duration_s, seen.chunk_duration_s)
        if self._shape is None or self._key != (seen.ladder, target_s):
            self._key = (seen.ladder, target_s)
            self._shape = Shape.of(seen.ladder, target_s, self._min_buffer_s)
        return self._shape


def utility_reason(seen: Observation, wanted: RungIndex, chosen: RungIndex, estimate_bps: float) -> Reason:
    """The sentence for a choice that the buffer's utility made, or that the rate held back."""
    held = chosen == seen.previous_rung
    code = ReasonCode.HOLD if held else ReasonCode.THROUGHPUT if chosen < wanted else ReasonCode.UTILITY
    return Reason(code, bola.utility_words, (seen.ladder, wanted, chosen, seen.buffer_s, estimate_bps, held))


@register("dynamic")
class Dynamic:
    """Only one of the two rules is asked at a time."""

    name = "dynamic"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator = DualEwma(self._settings.estimator)
        self._shape_of = ShapeCache(10.0)
        self._by_utility = False

    def decide(self, observation: Observation) -> Decision:
        estimate = self._estimator.update(observation.samples)
        if estimate is None:
            return first_decision(observation)
        self._choose_rule(observation)
        rule = self._utility if self._by_utility else self._throughput
        decision = rule(observation, estimate)
        limit = insufficient_buffer_limit(observation, estimate, self._settings.insufficient_safety)
        if limit < decision.rung:
            return Decision(limit, bola.limited_reason(observation, decision.rung, limit, estimate), estimate)
        return decision

    def _choose_rule(self, seen: Observation) -> None:
        on_s = min(self._settings.on_s, self._settings.on_share_of_cap * seen.buffer_cap_s)
        level_s = on_s * self._settings.off_share if self._by_utility else on_s
        self._by_utility = seen.buffer_s >= level_s

    def _throughput(self, seen: Observation, estimate: float) -> Decision:
        chosen = highest_sustainable(seen, estimate, self._settings.safety)
        previous = seen.previous_rung
        if previous is None or chosen <= previous:
            return Decision(chosen, throughput_reason(seen, chosen, estimate), estimate)
        # From the second chunk on, up only with a margin; the first measured choice is free.
        careful = max(previous, highest_sustainable(seen, estimate, self._settings.up_safety))
        if careful == previous:
            return Decision(previous, narrow_reason(seen, previous, chosen, estimate), estimate)
        return Decision(careful, throughput_reason(seen, careful, estimate), estimate)

    def _utility(self, seen: Observation, estimate: float) -> Decision:
        wanted = self._shape_of(seen).choose(seen.buffer_s, seen.highest_allowed)
        previous = min(seen.previous_rung or 0, seen.highest_allowed)
        sustainable = highest_sustainable(seen, estimate, self._settings.safety)
        # BOLA knows nothing of what the throughput part has reached: with a good rate it never goes below it.
        chosen = max(min(wanted, max(previous, sustainable)), min(previous, sustainable))
        return Decision(chosen, utility_reason(seen, wanted, chosen, estimate), estimate)


def narrow_reason(seen: Observation, held: RungIndex, above: RungIndex, estimate_bps: float) -> Reason:
    """The sentence for staying although the rate would just do."""
    return Reason(ReasonCode.HOLD, narrow_words, (seen.ladder, held, above, seen.buffer_s, estimate_bps))


def narrow_words(ladder: Ladder, held: RungIndex, above: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """`narrow_reason`, read."""
    return (
        f"hold: {wording.seconds(buffer_s)} buffered, {wording.rate(estimate_bps)} measured "
        f"would only just carry {wording.rung(ladder, above)} above {wording.rung(ladder, held)}"
    )
