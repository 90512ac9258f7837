"""BOLA as its paper has it: the buffer alone decides, each rung by its utility.

Source: Spiteri et al., INFOCOM 2016 (BOLA-BASIC), with the constants of Sabre's `bola` (github.com/UMass-LIDS/sabre):
v_q = ln(b_q / b_0), g p = 5, V p = (Bmax - p) / (v_top + g p); the rung with the largest (V p (v_q + g p) - B) / b_q
over nominal bit rates. Ties go to the lower rung, as in Sabre (its first maximum).

Bmax is the session's buffer cap; Sabre's default is 25 s (`bola-basic:25`). Sabre's `-ab` still holds an upswitch back
at the throughput's rung plus one, as BOLA-U does; the paper does not, and neither does this rule unless `careful_up`
asks for it. The paper pauses where every score is below zero; here the scheduler's cap is the pause, unless `pause`
asks for the other one. They are the same where Bmax is the cap.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr import wording
from abr.controller import register
from abr.controllers.bola_curve import Curve, log_utilities
from abr.controllers.sustainable import sustainable_rung
from abr.estimators.ewma import SABRE, DualEwma, DualEwmaSettings
from abr.estimators.latency import LatencyEwma
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """`buffer_s`: Bmax, None for the session's cap. `gamma_p`: how much a stall weighs against utility.

    `careful_up`: Sabre's limit on the way up. `pause`: wait above the level where the top rung scores below zero.
    """

    buffer_s: float | None = None
    gamma_p: float = 5.0
    careful_up: bool = False
    pause: bool = False
    estimator: DualEwmaSettings = SABRE

    def __post_init__(self) -> None:
        if self.buffer_s is not None and not self.buffer_s > 0.0:
            raise ValueError(f"a buffer is longer than 0 s, not {self.buffer_s}")
        if not self.gamma_p > 0.0:
            raise ValueError(f"gamma p is above 0, not {self.gamma_p}")


def curve_of(ladder: Ladder, buffer_s: float, chunk_s: float, gamma_p: float) -> Curve:
    """The top rung is worth Bmax - p: the most that a decision ever sees, where Bmax is the cap."""
    # A buffer that holds one chunk only leaves nothing to weigh; the order of the rungs is then kept all the same.
    room_s = max(buffer_s - chunk_s, 1e-3)
    return Curve.of(ladder, room_s / (log_utilities(ladder)[-1] + gamma_p), gamma_p)


@register("bola-basic")
class BolaBasic:
    """A function of the buffer level; it measures nothing and remembers nothing unless `careful_up` is set."""

    name = "bola-basic"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator, self._latency = DualEwma(self._settings.estimator), LatencyEwma()
        self._plain = not (self._settings.careful_up or self._settings.pause)
        self._ladder: Ladder | None = None
        self._cap_s = self._chunk_s = 0.0
        self._curve: Curve

    @classmethod
    def from_argument(cls, argument: str) -> BolaBasic:
        """`bola-basic:25` by name: Bmax in seconds."""
        return cls(Settings(buffer_s=float(argument)))

    def decide(self, observation: Observation) -> Decision:
        seen = observation
        if (
            seen.ladder is not self._ladder
            or seen.buffer_cap_s != self._cap_s
            or seen.chunk_duration_s != self._chunk_s
        ):
            self._work_out(seen)
        buffer_s, cap = seen.buffer_s, seen.rung_cap
        rung = self._curve.choose(buffer_s, len(seen.ladder.rungs) if cap is None else cap)
        if self._plain:
            code = ReasonCode.HOLD if rung == seen.previous_rung else ReasonCode.UTILITY
            return Decision(rung, Reason(code, best_words, (seen.ladder, rung, buffer_s)))
        return self._held_back(seen, rung)

    def _work_out(self, seen: Observation) -> None:
        bmax_s = seen.buffer_cap_s if self._settings.buffer_s is None else self._settings.buffer_s
        self._curve = curve_of(seen.ladder, bmax_s, seen.chunk_duration_s, self._settings.gamma_p)
        self._ladder, self._cap_s, self._chunk_s = seen.ladder, seen.buffer_cap_s, seen.chunk_duration_s

    def _held_back(self, seen: Observation, wanted: RungIndex) -> Decision:
        estimate, latency_s = (
            self._estimator.update(seen.samples),
            self._latency.update(seen.samples, seen.chunk_duration_s),
        )
        rung, previous = wanted, seen.previous_rung or 0
        if self._settings.careful_up and wanted > previous and estimate is not None:
            sustainable = sustainable_rung(seen, estimate, latency_s)
            rung = min(wanted, previous if previous > sustainable else sustainable + 1)
        over_s = seen.buffer_s - self._curve.worths_s[-1] if self._settings.pause else 0.0
        code = ReasonCode.HOLD if rung == seen.previous_rung else ReasonCode.UTILITY
        if rung < wanted:
            held = Reason(code, held_words, (seen.ladder, wanted, rung, seen.buffer_s, estimate))
            return Decision(rung, held, estimate)
        return Decision(rung, Reason(code, best_words, (seen.ladder, rung, seen.buffer_s)), estimate, max(0.0, over_s))


def best_words(ladder: Ladder, rung: RungIndex, buffer_s: float) -> str:
    """The sentence for the best score."""
    return f"{wording.rung(ladder, rung)} is the best use of {wording.seconds(buffer_s)} buffered"


def held_words(ladder: Ladder, wanted: RungIndex, rung: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """The sentence for an upswitch that the measured rate holds back."""
    buffered, measured = f"{wording.seconds(buffer_s)} buffered", f"{wording.rate(estimate_bps)} measured"
    return f"{buffered} would bear {wording.rung(ladder, wanted)}, {measured} does not; {wording.rung(ladder, rung)}"
