"""What the search for the best in hindsight is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import RungIndex
from abr.simulate.model import SessionResult


class OptimumError(ValueError):
    """There is no optimum for such a session; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How close to go. `tolerance`: the margin to stop at, as a share of the score (of the utility, when it is small).

    `widths`: points a frontier may hold, from the first look to the last; `bins` of standstill, and `searches`: most
    runs of each look.
    """

    tolerance: float = 0.01
    widths: tuple[int, ...] = (256, 1024)
    bins: int = 64
    searches: int = 12

    def __post_init__(self) -> None:
        if self.tolerance <= 0 or not self.widths or min(self.widths) < 1 or self.searches < 1:
            raise ValueError(f"an effort has a tolerance above 0, widths and searches of 1 or more, not {self}")


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
    searches: int = 0
    """Runs of the dynamic programme that it took."""

    @property
    def margin(self) -> float:
        """What is left open, in the score's own unit."""
        return self.upper - self.score
