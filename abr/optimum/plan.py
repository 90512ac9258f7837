"""A plan, played: the controller that knew it all before."""

from __future__ import annotations

from collections.abc import Sequence

from abr.model import Decision, Observation, Reason, ReasonCode, RungIndex


class Plan:
    """Rung by rung from a list. Not in the registry: it needs the future."""

    name = "optimum"

    def __init__(self, rungs: Sequence[RungIndex]) -> None:
        self._rungs = rungs

    def decide(self, observation: Observation) -> Decision:
        return Decision(self._rungs[observation.chunk_index], HINDSIGHT)


HINDSIGHT = Reason(ReasonCode.PLAN, "part of the best plan in hindsight")
