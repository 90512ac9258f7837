"""BOLA's choice for many buffer levels at once: `abr.controllers.bola_curve`."""

from __future__ import annotations

import numpy as np

from abr.controllers.bola_curve import Curve
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.ladder import count_below, count_within


class Curves:
    """A `Curve`, looked up for many buffer levels."""

    def __init__(self, curve: Curve) -> None:
        self._levels_s, self._rungs = curve.levels_s, np.array(curve.rungs, np.intp)
        self._every_rung = curve.rungs == list(range(len(curve.rungs)))
        self.worths_s: Floats = np.array(curve.worths_s)
        self.least_s: Floats = np.array(curve.least_s)

    def choose(self, buffer_s: Floats) -> Ints:
        """The rung with the best score at each level; the lowest one on a tie."""
        return self._at(count_below(self._levels_s, buffer_s))

    def choose_up(self, buffer_s: Floats) -> Ints:
        """The rung with the best score at each level; the highest one on a tie."""
        return self._at(count_within(self._levels_s, buffer_s))

    def _at(self, place: Ints) -> Ints:
        return place if self._every_rung else self._rungs.take(place)
