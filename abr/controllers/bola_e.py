"""BOLA with BOLA-E's startup and safety rules.

Source: Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos" (INFOCOM 2016) and
"From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player" (MMSys 2018).

The choice: the rung with the largest (V (u_q + g) - B) / b_q, where u_q = ln(b_q / b_0), B is the buffer with the
placeholder, and V and g follow from two buffer levels: V g = `min_buffer_s` and V (u_top + g) = D. dash.js and Sabre
differ here by V seconds; the form in which the top rung's level is exactly D is taken. D is the buffer's cap less one
chunk, the most a decision ever sees, so that the top rung is always within reach.

From BOLA-E: a placeholder that grows to the level at which the throughput rule's rung would be chosen, so that a
session need not fill its buffer before it looks good; it fades by 1 % a chunk and goes at a stall. From dash.js: going
up is limited to the larger of the last rung and the throughput rule's (no "+1"); and the insufficient-buffer rule.
There is no pause above V (u_q + g): the scheduler's cap is the pause. Ties go to the lower rung, as in Sabre.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

from abr import wording
from abr.controller import register
from abr.controllers.insufficient import insufficient_buffer_limit
from abr.controllers.throughput import first_decision, highest_sustainable
from abr.estimators import DualEwma, DualEwmaSettings
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """`placeholder`: BOLA-E's virtual buffer; without it this is BOLA-basic with the safety rules."""

    min_buffer_s: float = 10.0
    safety: float = 0.9
    insufficient_safety: float = 0.7
    placeholder: bool = True
    placeholder_decay: float = 0.99
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


@register("bola-e")
class BolaE:
    """Buffer-based by utility; the throughput only starts it and holds it back."""

    name = "bola-e"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator = DualEwma(self._settings.estimator)
        self._placeholder_s = 0.0
        self._starting = True
        self._shape_of = ShapeCache(self._settings.min_buffer_s)

    def decide(self, observation: Observation) -> Decision:
        estimate = self._estimator.update(observation.samples)
        if estimate is None:
            return first_decision(observation)
        shape = self._shape_of(observation)
        sustainable = highest_sustainable(observation, estimate, self._settings.safety)
        if self._starting:
            return self._start(observation, shape, sustainable, estimate)
        return self._steady(observation, shape, sustainable, estimate)

    def _start(self, seen: Observation, shape: Shape, sustainable: RungIndex, estimate: float) -> Decision:
        self._starting = seen.buffer_s < seen.chunk_duration_s
        if self._settings.placeholder:
            self._placeholder_s = max(0.0, shape.least_buffer_s(sustainable) - seen.buffer_s)
        facts = (seen.ladder, sustainable, seen.buffer_s, estimate)
        return Decision(sustainable, Reason(ReasonCode.STARTUP, start_words, facts), estimate)

    def _steady(self, seen: Observation, shape: Shape, sustainable: RungIndex, estimate: float) -> Decision:
        stalled = seen.buffer_s <= 0.0 or not seen.playing
        self._placeholder_s = 0.0 if stalled else self._placeholder_s * self._settings.placeholder_decay
        wanted = shape.choose(seen.buffer_s + self._placeholder_s, seen.highest_allowed)
        previous = seen.previous_rung or 0
        chosen = min(wanted, max(previous, sustainable)) if wanted > previous else wanted
        limit = insufficient_buffer_limit(seen, estimate, self._settings.insufficient_safety)
        self._trim(seen, shape, chosen)
        if limit < chosen:
            return Decision(limit, limited_reason(seen, chosen, limit, estimate), estimate)
        return Decision(chosen, utility_reason(seen, wanted, chosen, estimate), estimate)

    def _trim(self, seen: Observation, shape: Shape, chosen: RungIndex) -> None:
        """A placeholder never lifts the buffer beyond what the chosen rung is still worth."""
        room_s = max(0.0, shape.most_buffer_s(chosen) - seen.buffer_s)
        self._placeholder_s = min(self._placeholder_s, room_s)


def utility_reason(seen: Observation, wanted: RungIndex, chosen: RungIndex, estimate_bps: float) -> Reason:
    """The sentence for a choice that the buffer's utility made, or that the rate held back."""
    held = chosen == seen.previous_rung
    code = ReasonCode.HOLD if held else ReasonCode.THROUGHPUT if chosen < wanted else ReasonCode.UTILITY
    return Reason(code, utility_words, (seen.ladder, wanted, chosen, seen.buffer_s, estimate_bps, held))


def start_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """The sentence of the start."""
    fits = f"fits {wording.rate(estimate_bps)} measured, {wording.seconds(buffer_s)} buffered"
    return f"{wording.rung(ladder, chosen)} to start with: {fits}"


def utility_words(
    ladder: Ladder, wanted: RungIndex, chosen: RungIndex, buffer_s: float, estimate_bps: float, held: bool
) -> str:
    """The sentence in the steady state."""
    buffered, measured = f"{wording.seconds(buffer_s)} buffered", f"{wording.rate(estimate_bps)} measured"
    shown = wording.rung(ladder, chosen)
    if chosen < wanted:
        return f"{buffered} would bear {wording.rung(ladder, wanted)}, {measured} does not; {shown}"
    return f"hold {shown}: {buffered}, {measured}" if held else f"{shown} is the best use of {buffered}, {measured}"


def limited_reason(seen: Observation, wanted: RungIndex, limit: RungIndex, estimate_bps: float) -> Reason:
    """The sentence for a choice that the insufficient-buffer rule made."""
    return Reason(
        ReasonCode.INSUFFICIENT_BUFFER, limited_words, (seen.ladder, wanted, limit, seen.buffer_s, estimate_bps)
    )


def limited_words(ladder: Ladder, wanted: RungIndex, limit: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """The sentence when the buffer is short."""
    return (
        f"{wording.rung(ladder, limit)}: {wording.seconds(buffer_s)} buffered is not enough to fetch "
        f"{wording.rung(ladder, wanted)} at {wording.rate(estimate_bps)} measured"
    )
