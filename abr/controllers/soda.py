"""SODA: short plans in steps of time that weigh quality, distance from a target buffer, and smoothness.

Source: Chen et al., "SODA", SIGCOMM 2024 (known to us from quoted text), with the constants of its author's simulator
of 2022 (chenty0704/ABRSimulation): five steps, a target of half the buffer's cap, beta 5, gamma 2.5, and the lower of
two EWMAs (3 s, 8 s) as the one expected rate w. The plan and its cost: `abr/controllers/planning/steps.py`. A step is
as long as a chunk: the simulator's is always 2 s, its segments' length, and the paper keeps the whole plan within 10 s.
With chunks of 4 s both were tried on recordings and stalled more (HSDPA: 12 s and 15 s a session instead of 5 s).
As in the paper the plan is over the ladder's rungs, and the choice is never above the lowest rung r with r >= w. As in
the simulator, when every plan runs dry the highest rung within w is taken.

Ties: of plans that cost the same, the one with the lowest first rung. Where figures differ: the simulator solves for
continuous rates and rounds the first one down, so it is more cautious; the paper's buffer cost is steeper below
the target than above, and its constants were not in what we could read. The latency comes off each chunk's time.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from abr import wording
from abr.controller import register
from abr.controllers.planning.steps import StepPlanner, StepWeights
from abr.controllers.throughput import budget_bps, first_decision
from abr.estimators import DualEwma, DualEwmaSettings
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """The plan's weights, and the estimate it rests on."""

    weights: StepWeights = field(default_factory=StepWeights)
    estimator: DualEwmaSettings = field(default_factory=DualEwmaSettings)


@register("soda")
class Soda:
    """Smoothness-optimised: holds the buffer near its target without many switches."""

    name = "soda"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator = DualEwma(self._settings.estimator)
        self._key: tuple[Ladder, float, float] | None = None
        self._planner: StepPlanner | None = None

    def decide(self, observation: Observation) -> Decision:
        estimate = self._estimator.update(observation.samples)
        if estimate is None:
            return first_decision(observation)
        usable_bps = budget_bps(observation, estimate, 1.0)
        allowed = observation.highest_allowed
        rates = observation.ladder.bitrates_bps
        plan = self._planner_for(observation).best(usable_bps, observation.buffer_s, observation.previous_rung, allowed)
        wanted = plan[0] if plan else observation.ladder.highest_within(usable_bps)
        limit = min(bisect_left(rates, usable_bps), allowed)
        chosen = min(wanted, limit)
        held = chosen == observation.previous_rung
        target_s = self._settings.weights.target_share * observation.buffer_cap_s
        facts = (observation.ladder, chosen, wanted, held, bool(plan), observation.buffer_s, target_s, estimate)
        code = ReasonCode.HOLD if held else ReasonCode.PLAN if chosen == wanted else ReasonCode.THROUGHPUT
        return Decision(chosen, Reason(code, plan_words, facts), estimate)

    def _planner_for(self, observation: Observation) -> StepPlanner:
        key = (observation.ladder, observation.buffer_cap_s, observation.chunk_duration_s)
        if self._planner is None or self._key != key:
            weights = self._settings.weights
            self._key, self._planner = key, StepPlanner(key[0].bitrates_bps, key[1], key[2], weights)
        return self._planner


def plan_words(
    ladder: Ladder,
    chosen: RungIndex,
    wanted: RungIndex,
    held: bool,
    planned: bool,
    buffer_s: float,
    target_s: float,
    estimate_bps: float,
) -> str:
    """The sentence: where the buffer is, where it should be, and what the plan makes of it."""
    shown = f"{'hold ' if held else ''}{wording.rung(ladder, chosen)}"
    measured = f"{wording.rate(estimate_bps)} measured"
    if not planned:
        return f"{shown}: every plan runs dry, {wording.seconds(buffer_s)} buffered, {measured}"
    level = f"{wording.seconds(buffer_s)} buffered of {wording.seconds(target_s)} wanted, {measured}"
    if chosen < wanted:
        return f"{shown}: {level}, which does not carry {wording.rung(ladder, wanted)}"
    return f"{shown}: {level}, the best of all plans for the next seconds"
