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

from abr.optimum.link import Floats, Link

EPSILON_S = 1e-9
"""The simulator and this search add up times in different orders."""

LONGER_THAN_ANY_S = 1e7
"""A film with all its stalls ends sooner."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not change during a search. `bits` and `utilities` are [chunks, rungs].

    `startup_credit` is what the score gives back for each second of W that was start-up.
    """

    link: Link
    bits: Floats
    utilities: Floats
    step_weight: float
    switch_weight: float
    startup_credit: float
    chunk_s: float
    cap_s: float
    start_s: float
    starting_chunks: int
    """Play begins once this many chunks are there."""
    first: int | None = None
    """The first chunk's rung; None leaves it open."""

    def move_cost(self, chunk: int) -> Floats:
        """What going from a rung of the chunk before (rows) to one of `chunk` (columns) costs."""
        before, after = self.utilities[chunk - 1][:, None], self.utilities[chunk][None, :]
        rungs = np.arange(self.bits.shape[1])
        switched = (rungs[:, None] != rungs).astype(np.float64)
        cost: Floats = self.step_weight * np.abs(after - before) + self.switch_weight * switched
        return cost


@dataclass(frozen=True, slots=True)
class Bins:
    """Intervals of W, ascending, without a gap between them."""

    low_s: Floats
    high_s: Floats

    @classmethod
    def of(cls, edges_s: list[float]) -> Bins:
        """From the edges, one more than there are bins; two equal edges are a bin of no width."""
        return cls(np.array(edges_s[:-1]), np.array(edges_s[1:]))


@dataclass(frozen=True, slots=True)
class _Points:
    """States, by bin and then by instant: when the last chunk came, utility, W, bin, last rung, the state before."""

    at_s: Floats
    utility: Floats
    stood_s: Floats
    bin: Ints
    rung: Ints
    origin: Ints

    def pick(self, which: Ints | NDArray[np.bool_]) -> _Points:
        return _Points(*(column[which] for column in self.columns()))

    def columns(self) -> tuple[Any, ...]:
        return self.at_s, self.utility, self.stood_s, self.bin, self.rung, self.origin

    def sorted(self) -> _Points:
        if self.bin[0] == self.bin[-1] and not np.any(self.bin != self.bin[0]):
            return self.pick(np.argsort(self.at_s, kind="stable"))
        # One key sorts in a third of the time of two; a microsecond's part that it loses does not matter for an order.
        return self.pick(np.argsort(self.bin * LONGER_THAN_ANY_S + self.at_s, kind="stable"))


class Search:
    """One run over all chunks."""

    def __init__(self, problem: Problem, bins: Bins, width: int, *, optimistic: bool) -> None:
        self._problem, self._bins, self._width, self._optimistic = problem, bins, width, optimistic
        self._room_s = problem.start_s - problem.cap_s
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
        rungs = np.arange(problem.bits.shape[1])
        carried = problem.link.carried_bits(np.full(len(rungs), problem.start_s))
        at_s = problem.link.finished_s(carried, problem.bits[0])
        none = np.full(len(rungs), -1)
        reached = _Points(at_s, problem.utilities[0], np.zeros(len(rungs)), np.zeros_like(none), rungs, none)
        firsts = rungs if problem.first is None else [problem.first]
        return self._merge([self._placed(reached.pick(rungs == rung), 0) for rung in firsts])

    def _after(self, points: _Points, chunk: int) -> _Points:
        problem = self._problem
        requested_s = points.at_s
        if chunk >= problem.starting_chunks:
            requested_s = np.maximum(requested_s, self._room_s + points.stood_s + (chunk + 1) * problem.chunk_s)
        carried = problem.link.carried_bits(requested_s)
        cost, frontiers = problem.move_cost(chunk), []
        for rung in range(problem.bits.shape[1]):
            utility = points.utility - cost[points.rung, rung]
            origin = _rising(utility, points.bin)
            if not self._optimistic:
                origin = np.union1d(origin, _rising(-points.stood_s, points.bin))
            at_s = problem.link.finished_s(carried[origin], problem.bits[chunk, rung])
            gained = utility[origin] + problem.utilities[chunk, rung]
            rungs = np.full(len(origin), rung)
            reached = _Points(at_s, gained, points.stood_s[origin], points.bin[origin], rungs, origin)
            frontiers.append(self._thin(self._placed(reached, chunk)))
        return self._merge(frontiers)

    def _placed(self, points: _Points, chunk: int) -> _Points:
        """In the bin that the chunk's lateness leads to, without those that are beyond the last bin."""
        problem, begins = self._problem, self._problem.starting_chunks - 1
        if chunk < begins:
            return points
        played_s = chunk * problem.chunk_s if chunk > begins else 0.0
        needed_s = points.at_s - problem.start_s - played_s - EPSILON_S
        bins = np.maximum(points.bin, np.searchsorted(self._bins.high_s, needed_s))
        if chunk > begins and np.array_equal(bins, points.bin) and self._optimistic:
            return points  # nothing came late: what was a frontier is one
        utility = points.utility
        if chunk == begins:
            utility = utility + problem.startup_credit * (points.at_s - problem.start_s)
        inside = bins < len(self._bins.high_s)
        bins = bins[inside]
        stood_s = self._bins.low_s[bins] if self._optimistic else np.maximum(points.stood_s, needed_s)[inside]
        moved = _Points(points.at_s[inside], utility[inside], stood_s, bins, points.rung[inside], points.origin[inside])
        if not len(moved.at_s):
            return moved
        moved = moved.sorted()
        worth = _rising(moved.utility, moved.bin)
        if not self._optimistic:
            # A session that has stood still for less is worth something with less utility, too.
            worth = np.union1d(worth, _rising(-moved.stood_s, moved.bin))
        return moved.pick(worth)

    def _thin(self, points: _Points) -> _Points:
        """Groups of neighbours in time, `width` to a bin at most."""
        count = len(points.at_s)
        if count <= self._width:
            return points
        begins = np.flatnonzero(np.diff(points.bin, prepend=-1))
        ends = np.append(begins[1:], count) - 1
        sizes = ends - begins + 1
        start_s, span_s = points.at_s[begins], points.at_s[ends] - points.at_s[begins]
        scale = self._width / np.maximum(span_s, EPSILON_S)
        slot = (points.at_s - np.repeat(start_s, sizes)) * np.repeat(scale, sizes)
        group = points.bin * (2 * self._width) + slot.astype(np.int64)
        last = np.append(np.flatnonzero(np.diff(group)), count - 1)
        if not self._optimistic:
            return points.pick(last)
        # Within a bin of an optimistic run W is the same for all.
        first = np.concatenate(([0], last[:-1] + 1))
        best = points.pick(last)
        return _Points(points.at_s[first], best.utility, best.stood_s, best.bin, best.rung, best.origin)

    def _merge(self, frontiers: list[_Points]) -> _Points:
        joined = _Points(*(np.concatenate(column) for column in zip(*(it.columns() for it in frontiers), strict=True)))
        joined = joined.sorted() if len(joined.at_s) else joined
        if not self._optimistic:
            self._history.append(joined)
        return joined


def _rising(values: Floats, bins: Ints) -> Ints:
    """Positions at which `values` is above everything before it in its bin; `bins` ascends."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    if bins[0] != bins[-1]:
        # Lifted by more than their spread, the values of a bin are above those of all bins before it.
        lowest, highest = values.min(), values.max()
        values = values + bins * (2.0 * (highest - lowest) + 1.0)
    peaks = np.maximum.accumulate(values)
    rises = np.empty(len(values), dtype=np.bool_)
    rises[0] = True
    np.greater(peaks[1:], peaks[:-1], out=rises[1:])
    return np.flatnonzero(rises)
