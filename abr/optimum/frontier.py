"""The most utility that can be had, by forward dynamic programming over Pareto frontiers.

W is the whole standstill of a session so far, start-up and stalls together: chunk k is played W + k p after the start,
so a chunk that comes later than that raises W, and nothing else of the buffer matters. A state is (last rung, W,
finishing instant, utility so far); sooner, a smaller W and more utility are never worse. W is kept in bins, and within
a bin and a rung only the frontier of (instant, utility) can be part of the best; chunks may come as if W were the
bin's high end. Exact but for the bins while a frontier holds at most `width` points; a longer one is thinned to groups
of neighbours in time. Both are rounded to one side:

- `optimistic`: requests wait for room in the buffer as if W were the bin's low end, and a group counts as one point
  with its soonest instant and its highest utility. The answer is never below the best, which makes it a bound.
- otherwise every point is a session, with its own W, and represents its group. The answer is a plan to be played.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abr.optimum.link import Floats
from abr.optimum.potential import Potential
from abr.optimum.problem import EPSILON_S, Bins, Ints, Problem

LONGER_THAN_ANY_S = 1e7
"""A film with all its stalls ends sooner."""

ALL_BEFORE_PLAY = 20_000
"""Until play begins, sooner is not always better: a later start is free in most scores, and a later request may be
answered sooner. So many sequences are all kept."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Points:
    """States: when the last chunk came, utility, W, bin, last rung, the state before."""

    at_s: Floats
    utility: Floats
    stood_s: Floats
    bin: Ints
    rung: Ints
    origin: Ints

    def pick(self, which: Ints | Flags) -> _Points:
        return _Points(*(column[which] for column in self.columns()))

    def columns(self) -> tuple[Any, ...]:
        return self.at_s, self.utility, self.stood_s, self.bin, self.rung, self.origin

    def sorted_by(self, group: Ints) -> Ints:
        """The order by group and then by instant."""
        # One key sorts in a third of the time of two; a microsecond's part that it loses does not matter for an order.
        return np.argsort(group * LONGER_THAN_ANY_S + self.at_s, kind="stable")


class Search:
    """One run over all chunks.

    States from which no more than `target` can be had, the penalty taken off, are dropped; `dropped` is the most that
    could have been had from one of them.
    """

    def __init__(
        self, problem: Problem, bins: Bins, width: int, potential: Potential, target: float, *, optimistic: bool
    ) -> None:
        self._problem, self._bins, self._width, self._optimistic = problem, bins, width, optimistic
        self._potential, self._target = potential, target
        self.dropped = -np.inf
        self._history: list[_Points] = []
        self._last = self._run()

    def most(self) -> Floats:
        """The most utility of the sessions that end in each bin, before any penalty; minus infinity where none does."""
        found = np.full(len(self._bins.low_s), -np.inf)
        np.maximum.at(found, self._last.bin, self._last.utility)
        return found

    def plan(self, penalty: Floats) -> tuple[int, ...]:
        """The rungs of the best session of a run that was not optimistic; empty when there is none.

        `penalty` is what ending in each bin costs.
        """
        if not len(self._last.at_s):
            return ()
        position, plan = int(np.argmax(self._last.utility - penalty[self._last.bin])), []
        for points in reversed(self._history):
            plan.append(int(points.rung[position]))
            position = int(points.origin[position])
        return tuple(reversed(plan))

    def _run(self) -> _Points:
        points = self._first()
        for chunk in range(1, len(self._problem.bits)):
            if not len(points.at_s):
                break
            points = self._after(points, chunk)
        return points

    def _first(self) -> _Points:
        problem = self._problem
        rungs = np.arange(problem.bits.shape[1]) if problem.first is None else np.array([problem.first])
        carried = problem.link.carried_bits(np.full(len(rungs), problem.start_s), may_wait=False)
        at_s = problem.link.finished_s(carried, problem.bits[0, rungs])
        none = np.zeros_like(rungs)
        return self._stage(_Points(at_s, problem.utilities[0, rungs], np.zeros(len(rungs)), none, rungs, none), 0)

    def _after(self, points: _Points, chunk: int) -> _Points:
        """The states after `chunk`, from those before it with every rung."""
        problem = self._problem
        requested_s = points.at_s
        playing = chunk >= problem.starting_chunks
        if playing:
            requested_s = np.maximum(requested_s, problem.room_s(chunk) + points.stood_s)
        carried = problem.link.carried_bits(requested_s, may_wait=playing)
        utility = points.utility - problem.move_cost(chunk).T[:, points.rung]
        few = not playing and utility.size <= ALL_BEFORE_PLAY
        worth = np.ones_like(utility, dtype=np.bool_) if few else self._frontier(utility, points.stood_s, points.bin)
        rung, origin = np.nonzero(worth)
        at_s = problem.link.finished_s(carried[origin], problem.bits[chunk, rung])
        gained = utility[worth] + problem.utilities[chunk, rung]
        return self._stage(_Points(at_s, gained, points.stood_s[origin], points.bin[origin], rung, origin), chunk)

    def _stage(self, reached: _Points, chunk: int) -> _Points:
        """States by rung, bin, and instant: placed, and only those kept that are worth it, by bin and instant."""
        points = self._promising(self._placed(reached, chunk), chunk)
        if len(points.at_s):
            if chunk >= self._problem.starting_chunks - 1 or len(points.at_s) > ALL_BEFORE_PLAY:
                points = self._thin(self._best(points))
            points = points.pick(points.sorted_by(points.bin))
        if not self._optimistic:
            self._history.append(points)
        return points

    def _placed(self, points: _Points, chunk: int) -> _Points:
        """In the bin that the chunk's lateness leads to, without those that are beyond the last bin."""
        problem, begins = self._problem, self._problem.starting_chunks - 1
        if chunk < begins:
            return points
        needed_s = points.at_s - problem.played_s(chunk) - EPSILON_S
        bins = np.maximum(points.bin, np.searchsorted(self._bins.high_s, needed_s))
        utility = points.utility
        if chunk == begins:
            utility = utility + problem.startup_credit * (points.at_s - problem.start_s)
        inside = np.flatnonzero(bins < len(self._bins.high_s))
        bins = bins[inside]
        stood_s = self._bins.low_s[bins] if self._optimistic else np.maximum(points.stood_s, needed_s)[inside]
        return _Points(points.at_s[inside], utility[inside], stood_s, bins, points.rung[inside], points.origin[inside])

    def _promising(self, points: _Points, chunk: int) -> _Points:
        """Without those that cannot come to more than the target."""
        if not self._potential.tries(chunk) or not len(points.at_s):
            return points
        most = points.utility + self._potential.of(chunk, points.rung, points.stood_s, points.at_s)
        kept = most > self._target
        self.dropped = max(self.dropped, float(most[~kept].max(initial=-np.inf)))
        return points.pick(kept)

    def _best(self, points: _Points) -> _Points:
        """The frontiers of each rung and bin."""
        group = self._groups(points)
        order = points.sorted_by(group)
        return points.pick(order[self._frontier(points.utility[order], points.stood_s[order], group[order])])

    def _groups(self, points: _Points) -> Ints:
        groups: Ints = points.rung * len(self._bins.low_s) + points.bin
        return groups

    def _frontier(self, utility: Floats, stood_s: Floats, group: Ints) -> Flags:
        """Which states, by group and instant, have more utility than all before them."""
        worth = _rising(utility, group)
        # A session that has stood still for less is worth something with less utility, too.
        return worth if self._optimistic else worth | _rising(-stood_s, group)

    def _thin(self, points: _Points) -> _Points:
        """Bunches of neighbours in time, `width` to a frontier at most."""
        count = len(points.at_s)
        if count <= self._width:
            return points
        group = self._groups(points)
        begins = np.flatnonzero(np.diff(group, prepend=-1))
        ends = np.append(begins[1:], count) - 1
        sizes = ends - begins + 1
        if sizes.max() <= self._width:
            return points
        start_s, span_s = points.at_s[begins], points.at_s[ends] - points.at_s[begins]
        scale = np.where(sizes > self._width, self._width / np.maximum(span_s, EPSILON_S), 0.0)
        slot = (points.at_s - np.repeat(start_s, sizes)) * np.repeat(scale, sizes)
        position = np.arange(count) - np.repeat(begins, sizes)
        slot = np.where(np.repeat(sizes > self._width, sizes), slot, position)
        last = np.append(np.flatnonzero(np.diff(group * (2 * self._width) + slot.astype(np.int64))), count - 1)
        if not self._optimistic:
            return points.pick(last)
        # Within a bin of an optimistic run W is the same for all.
        first = np.concatenate(([0], last[:-1] + 1))
        best = points.pick(last)
        return _Points(points.at_s[first], best.utility, best.stood_s, best.bin, best.rung, best.origin)


def _rising(values: Floats, groups: Ints) -> Flags:
    """Where `values` (along the last axis) is above everything before it in its group; `groups` ascends."""
    if not values.size:
        return np.zeros(values.shape, dtype=np.bool_)
    if groups[0] != groups[-1]:
        # Lifted by more than their spread, the values of a group are above those of all groups before it.
        values = values + groups * (2.0 * float(values.max() - values.min()) + 1.0)
    peaks = np.maximum.accumulate(values, axis=-1)
    rises = np.ones(values.shape, dtype=np.bool_)
    np.greater(peaks[..., 1:], peaks[..., :-1], out=rises[..., 1:])
    return rises
