"""`fixed`, batched: one rung for all."""

from __future__ import annotations

import numpy as np

from abr.controllers.fixed import Settings
from abr.simulate.batch.seen import Choice, Film, Maker, Seen


class Fixeds:
    """Always the same rung, or the top one when that is lower."""

    def __init__(self, film: Film, sessions: int, settings: Settings | None = None) -> None:
        self._choice = Choice(np.full(sessions, min((settings or Settings()).rung, film.ladder.top), np.intp))

    @staticmethod
    def from_argument(argument: str) -> Maker:
        """`fixed:3` by name: rung 3."""
        settings = Settings(int(argument))
        return lambda film, sessions: Fixeds(film, sessions, settings)

    def decide(self, seen: Seen) -> Choice:
        return self._choice
