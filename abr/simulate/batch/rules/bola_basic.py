"""BOLA-basic, batched: `abr.controllers.bola_basic` in its plain form."""

from __future__ import annotations

import numpy as np

from abr.controllers.bola_basic import Settings, curve_of
from abr.controllers.bola_curve import Curve
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.ladder import count_below
from abr.simulate.batch.seen import Choice, Film, Maker, Seen


class Curves:
    """A `Curve`, looked up for many buffer levels."""

    def __init__(self, curve: Curve) -> None:
        self._levels_s, self._rungs = curve.levels_s, np.array(curve.rungs, np.intp)
        self._every_rung = curve.rungs == list(range(len(curve.rungs)))
        self.worths_s: Floats = np.array(curve.worths_s)
        self.least_s: Floats = np.array(curve.least_s)

    def choose(self, buffer_s: Floats) -> Ints:
        """The rung with the best score at each level; the lowest one on a tie."""
        place = count_below(self._levels_s, buffer_s)
        return place if self._every_rung else self._rungs.take(place)


class BolaBasics:
    """A function of the buffer level."""

    def __init__(self, film: Film, sessions: int, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        bmax_s = film.buffer_cap_s if settings.buffer_s is None else settings.buffer_s
        self._curve = Curves(curve_of(film.ladder, bmax_s, film.chunk_duration_s, settings.gamma_p))

    @staticmethod
    def from_argument(argument: str) -> Maker:
        """`bola-basic:25` by name: Bmax in seconds."""
        settings = Settings(buffer_s=float(argument))
        return lambda film, sessions: BolaBasics(film, sessions, settings)

    def decide(self, seen: Seen) -> Choice:
        return Choice(self._curve.choose(seen.buffer_s))
