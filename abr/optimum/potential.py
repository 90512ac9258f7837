"""How much a state can still come to: a backward dynamic programme on a coarse grid of time, rounded up.

`Potential.of` bounds, for a chunk that came at rung q and instant t with the standstill W so far in level b, the
utility of the chunks behind it less the penalty of the whole session's standstill. Levels are the search's bins, put
together to a few. Every quantity is rounded to the viewer's advantage: an instant counts as the grid's instant at or
before it, a request waits for room as if W were its level's low end, a chunk may be as late as the level's high end
allows, and the penalty is that of the low end of the level in which the film ends.

Why it is a bound. Sooner or with a lower level, the same requests arrive no later and lead to no higher level; by
induction from the last chunk the values never rise with t or with b. So the value for any state that is no later and
in no higher level than a session's own is never below what that session still gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abr.optimum.link import Floats
from abr.optimum.problem import EPSILON_S, Bins, Ints, Problem

KEPT_EVERY = 3
"""The values are kept for one chunk in three: states need not be tried after every chunk, and it is a third of the
memory."""

SHADE = 1e-6
"""Share of a grid step by which an instant counts as sooner than it is, against rounding in the last digit."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Instants at equal distances: from the first at which anything depends on the instant to the last deadline."""

    begin_s: float
    step_s: float
    points: int

    @classmethod
    def between(cls, begin_s: float, end_s: float, points: int) -> _Grid:
        return cls(begin_s, max(end_s - begin_s, 1e-3) / (points - 1), points)

    def instants_s(self) -> Floats:
        at_s: Floats = self.begin_s + self.step_s * np.arange(self.points, dtype=np.float64)
        return at_s

    def at_or_before(self, at_s: Floats) -> Ints:
        place = (at_s - self.begin_s) * (1.0 / self.step_s) - SHADE
        return np.clip(place, 0.0, self.points - 1.0).astype(np.int64)


class Potential:
    """The bound for every chunk that a search tries states at, over `points` instants for each level of `bins`.

    `penalty` is what ending in each level costs.
    """

    def __init__(self, problem: Problem, bins: Bins, penalty: Floats, points: int) -> None:
        self._problem, self._bins, self._points = problem, bins, points
        self._levels = len(bins.low_s)
        self._soonest_s = problem.soonest_s(float(bins.low_s[0]))
        self._kept: dict[int, tuple[_Grid, Floats]] = {}
        self._fill(penalty)

    def edges(self) -> list[float]:
        """Of the levels."""
        return [*self._bins.low_s.tolist(), float(self._bins.high_s[-1])]

    def tries(self, chunk: int) -> bool:
        return chunk in self._kept

    def of(self, chunk: int, rungs: Ints, stood_s: Floats, at_s: Floats) -> Floats:
        """For states after `chunk`: bounds of what they still gain, the penalty taken off."""
        grid, values = self._kept[chunk]
        levels = np.searchsorted(self._bins.low_s, stood_s, side="right") - 1
        found: Floats = values[rungs, np.maximum(levels, 0), grid.at_or_before(at_s)]
        return found

    def _fill(self, penalty: Floats) -> None:
        problem, rungs = self._problem, self._problem.bits.shape[1]
        last = len(problem.bits) - 1
        grid = self._grid(last)
        # One level more than there are: the one beyond the last, from which nothing comes.
        values = np.full((rungs, self._levels + 1, self._points), -np.inf)
        values[:, :-1, :] = -penalty[None, :, None]
        begins = max(problem.starting_chunks - 1, 0)
        for chunk in range(last - 1, begins - 1, -1):
            before = self._grid(chunk)
            values = self._before(chunk, before, grid, values)
            grid = before
            if (chunk - begins) % KEPT_EVERY == 0:
                self._kept[chunk] = grid, values

    def _grid(self, chunk: int) -> _Grid:
        """Who came before there was room for the next chunk waits: that room is the first instant of interest."""
        problem = self._problem
        room_s = problem.room_s(chunk + 1) + float(self._bins.low_s[0])
        begin_s = max(float(self._soonest_s[chunk]), room_s) - EPSILON_S
        return _Grid.between(begin_s, problem.played_s(chunk) + float(self._bins.high_s[-1]), self._points)

    def _before(self, chunk: int, before: _Grid, grid: _Grid, values: Floats) -> Floats:
        """The values after `chunk` from those after the next."""
        problem = self._problem
        carried = problem.link.carried_bits(before.instants_s())
        at_s = problem.link.finished_s(carried[None, :], problem.bits[chunk + 1][:, None])
        late = np.searchsorted(self._bins.high_s, at_s - problem.played_s(chunk + 1) - 2.0 * EPSILON_S)
        levels = np.maximum(late[:, None, :], np.arange(self._levels)[None, :, None])
        rows = np.arange(len(at_s))[:, None, None]
        then = values[rows, levels, grid.at_or_before(at_s)[:, None, :]]
        then += problem.utilities[chunk + 1][:, None, None]
        self._wait(chunk, before, then)
        best = np.full((len(then), self._levels + 1, self._points), -np.inf)
        cost, moved = problem.move_cost(chunk + 1), np.empty_like(then[0])
        for rung, found in enumerate(best[:, :-1, :]):
            for following, value in enumerate(then):
                np.subtract(value, cost[rung, following], out=moved)
                np.maximum(found, moved, out=found)
        return best

    def _wait(self, chunk: int, grid: _Grid, then: Floats) -> None:
        """Whoever came before there was room asks when there is."""
        room_s = self._bins.low_s + (self._problem.room_s(chunk + 1) - EPSILON_S)
        for level, first in enumerate(grid.at_or_before(room_s)):
            then[:, level, :first] = then[:, level, first, None]
