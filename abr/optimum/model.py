"""What the search for the best in hindsight answers."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import RungIndex
from abr.simulate.model import SessionResult


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best that any controller can score on one trace and one film.

    `upper`: no session with these settings scores more. `plan`: rungs that reach `score` when they are played;
    `session` is that play. `upper - score` is the margin that the search left open.
    """

    qoe: str
    upper: float
    score: float
    plan: tuple[RungIndex, ...]
    session: SessionResult

    @property
    def margin(self) -> float:
        """What is left open, in the score's own unit."""
        return self.upper - self.score
