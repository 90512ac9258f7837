"""MPC: the first step of the best plan for the next five chunks, at the harmonic mean of the last five.

Source: Yin, Jindal, Sekar, Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP",
SIGCOMM 2015, with QoE_lin's weights as in pensieve (test/mpc.py): a plan is worth the rungs' rates, less each step
between them, less the top rung's rate for each second of standstill. `abr/controllers/planning/exact.py` has the plan.

Ties: of equally good plans the one with the lowest first rung; pensieve's code takes the last plan it enumerates,
mostly the highest, and compares rounded floats. Our figures also differ from the originals' because four defects of
pensieve's code are not reproduced: its size table runs one chunk ahead of the chunk that is chosen (so the film's
last chunk costs nothing), its error and forecast history goes over from one session to the next, its plan lacks the
paper's wait at a full buffer, and its first chunk is always at rung 1. Here nothing is assumed of the first chunk:
before anything is measured the lowest rung is taken. A standstill at the start counts as a stall in the plan, as there.

FastMPC (the same paper's table of precomputed answers) is not built. It bins buffer and rate (100 x 100 x rungs: 60,000
plans, some seconds a ladder) and knows only nominal sizes, so it chooses otherwise on a film of variable rate; and the
exact plan takes some 5 to 60 microseconds, so there is little to gain by it.
"""

from __future__ import annotations

from abr import wording
from abr.controller import register
from abr.controllers.planning import Ahead, HarmonicForecast, Objective, Planner, look_ahead
from abr.controllers.throughput import first_decision
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex

Settings = Objective


class PlannerCache:
    """The planner for what is seen; made again only when the ladder or the highest rung allowed changes."""

    def __init__(self, stall_kbps: int | None) -> None:
        self._stall_kbps = stall_kbps
        self._key: tuple[Ladder, RungIndex] | None = None
        self._planner: Planner | None = None

    def __call__(self, ladder: Ladder, allowed: RungIndex) -> Planner:
        key = (ladder, allowed)
        if self._planner is None or self._key != key:
            rates_kbps = [(rate + 500) // 1000 for rate in ladder.bitrates_bps]
            weight = rates_kbps[-1] if self._stall_kbps is None else self._stall_kbps
            self._key, self._planner = key, Planner(rates_kbps, weight, allowed)
        return self._planner


@register("mpc")
class Mpc:
    """Takes the forecast at its word."""

    name = "mpc"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._forecast = HarmonicForecast()
        self._planner_for = PlannerCache(self._settings.stall_kbps)

    def decide(self, observation: Observation) -> Decision:
        mean_bps = self._forecast.update(observation.samples)
        if mean_bps is None:
            return first_decision(observation)
        error = self._error()
        expected_bps = mean_bps / (1.0 + error)
        allowed = observation.highest_allowed
        ahead = look_ahead(observation, self._settings.horizon)
        chosen = self._planner_for(observation.ladder, allowed).first_rung(
            ahead.times_us(expected_bps), ahead.buffer_us, ahead.chunk_us, ahead.ceiling_us, observation.previous_rung
        )
        held = chosen == observation.previous_rung
        facts = (observation.ladder, chosen, allowed, held, expected_bps, error, ahead)
        return Decision(chosen, Reason(ReasonCode.HOLD if held else ReasonCode.PLAN, plan_words, facts), expected_bps)

    def _error(self) -> float:
        """The relative error to be prepared for."""
        return 0.0


def plan_words(
    ladder: Ladder, chosen: RungIndex, allowed: RungIndex, held: bool, expected_bps: float, error: float, ahead: Ahead
) -> str:
    """The sentence: what is expected, and what speaks against the next rung up."""
    trust = f" (worst error {100.0 * error:.0f} %)" if error else ""
    shown = f"{'hold ' if held else ''}{wording.rung(ladder, chosen)}"
    seen = f"{wording.seconds(ahead.buffer_us / 1e6)} buffered, {wording.rate(expected_bps)} expected{trust}"
    return f"{shown}: {seen}, {_against(ladder, chosen, allowed, expected_bps, ahead)}"


def _against(ladder: Ladder, chosen: RungIndex, allowed: RungIndex, expected_bps: float, ahead: Ahead) -> str:
    count = len(ahead.sizes_bytes)
    within = f"within {count} chunks" if count > 1 else "within this chunk"
    above = min(chosen + 1, allowed)
    stall_s = ahead.stall_us(above, expected_bps) / 1e6
    if chosen >= allowed:
        what = "the top rung" if chosen == ladder.top else "the highest rung allowed"
        return f"{what} stalls {wording.seconds(stall_s)} {within}" if stall_s else f"{what} plays without a stall"
    if stall_s:
        return f"{wording.rung(ladder, above)} would stall {wording.seconds(stall_s)} {within}"
    return f"starting {wording.rung(ladder, above)} now is worth no more {within}"
