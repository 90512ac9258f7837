"""One rung for the whole session: the yardstick for measurements, and a viewer's own choice.

Source: none needed. `fixed` is the lowest rung; `fixed:3` is rung 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr import wording
from abr.controller import register
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """Which rung to hold; 0 is the lowest."""

    rung: RungIndex = 0

    def __post_init__(self) -> None:
        if self.rung < 0:
            raise ValueError(f"a rung is 0 or more, not {self.rung}")


@register("fixed")
class Fixed:
    """Always the same rung, or the highest allowed when that is lower."""

    name = "fixed"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()

    @classmethod
    def from_argument(cls, argument: str) -> Fixed:
        """`fixed:3` by name: rung 3."""
        return cls(Settings(int(argument)))

    def decide(self, observation: Observation) -> Decision:
        wanted, allowed = self._settings.rung, observation.highest_allowed
        chosen = min(wanted, allowed)
        code = ReasonCode.CAP if chosen < wanted else ReasonCode.FIXED
        return Decision(chosen, Reason(code, fixed_words, (observation.ladder, wanted, chosen)))


def fixed_words(ladder: Ladder, wanted: RungIndex, chosen: RungIndex) -> str:
    """The sentence: held, or held back."""
    shown = wording.rung(ladder, chosen)
    if chosen < wanted:
        return f"{shown}: rung {wanted} was asked for, {chosen} is allowed"
    return f"{shown}: held at this rung by choice"
