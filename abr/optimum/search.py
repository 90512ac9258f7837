"""The standstill in ever finer bins, until the bound and the best plan known meet.

A run of `frontier` bounds, for each bin of the final standstill W, the utility of all sessions that end there; less
the penalty of the bin's low end, that bounds their score. Bins above the last one whose bound passes the best plan
known are cut off; those that pass it are split, and the run is made again. The best plan known comes from runs that
follow real sessions, and is played to see what it really scores.

Proof of the bound. Take any session with these settings, and its W after every chunk. Its chunks arrive in order; each
request comes no sooner than the one before has arrived and (while playing) the buffer has room, that is not before
W + (k + 1) p - cap; a given-up attempt, a wait or a slower step of latency only makes it later. By induction the run
holds, after every chunk, a point with the session's rung, in a bin no higher than the session's, no later, and with no
less utility; or it dropped such a point. If it did, then because the point's utility and its `potential` come to no
more than the target of that run. The potential of a point that is no later and in no higher bin than the session
bounds what the session still gains, less its whole penalty. So the session scores no more than what was dropped, and
the highest of that (`dropped`, which the target bounds) is part of the answer. If it did not, the most utility of all
bins up to the session's own, less the penalty of that bin's low end, is not below the session's score.

A bin may be cut off when its bound does not pass the target; from then on the bound of those cut off, and what was
dropped in the run that says so, are part of the answer for good (`cut`). So are sessions with more standstill than any
that could beat the best plan known: their bound is that plan's own score.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import numpy as np

from abr.model import RungIndex
from abr.optimum.frontier import Search
from abr.optimum.link import Floats
from abr.optimum.model import Effort, Optimum, OptimumError
from abr.optimum.potential import Potential
from abr.optimum.problem import EPSILON_S, Bins
from abr.optimum.setting import Setting, starting_chunks
from abr.qoe.score import qoe
from abr.simulate.model import SessionResult, SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

DEFAULT = Effort()
FIRST_WIDTH, WIDE_GRID, GRID = 16, 256, 512
"""The first plan is a rough one; instants of a potential then and later."""
MOST_LEVELS = 20
"""Of a potential; more bins than that are put together for it."""
DROP_SHARE = 0.6
"""Of the tolerance: what is dropped leaves a margin of this size, what is left open lies between this and all of it."""
GROWTH, FINE_SHARE = 4.0, 0.25
"""The first bin from a start on may cost this share of the tolerance; each one above it is so many times as wide."""
MOST_PARTS = 4
WORTH_ANOTHER = 0.1
"""Share of the margin by which a look has to lower the bound; otherwise the bins are not what keeps it up."""
PLAN_EVERY = 4
"""A plan over all bins costs as much as a bound; it pays where play stands still in the middle of the film."""


def optimum(
    trace: Trace, video: VideoTable, settings: SessionSettings, qoe_name: str, *, effort: Effort = DEFAULT
) -> Optimum:
    """The best score in hindsight of `video` over `trace`, with an upper bound for every controller.

    Raises OptimumError for a session with seeks, ScoreError for a score that the film does not have.
    """
    if settings.seeks:
        raise OptimumError("a session with seeks has no optimum: what is best depends on where the viewer jumps")
    settings.check(video.chunk_duration_s)
    score = qoe(qoe_name)
    if not score.stall_as_share or starting_chunks(video, settings) > 1:
        best = _Best()
        return _together([_Hunt(Setting(trace, video, settings, score), effort, best)], best)
    best, rungs = _Best(), range(len(video.ladder))
    hunts = [_Hunt(Setting(trace, video, settings, score, first), effort, best) for first in reversed(rungs)]
    return _together(hunts, best)


class _Best:
    """The best plan known, played."""

    score = float("-inf")
    plan: tuple[RungIndex, ...] = ()
    session: SessionResult | None = None

    def offer(self, score: float, plan: tuple[RungIndex, ...], session: SessionResult) -> None:
        if score > self.score:
            self.score, self.plan, self.session = score, plan, session


def _together(hunts: list[_Hunt], best: _Best) -> Optimum:
    """Every hunt begins before one goes on: the better the plan that is to be beaten, the less is left to look at."""
    for hunt in hunts:
        hunt.begin()
    for hunt in hunts:
        hunt.run()
    assert best.session is not None, "every hunt plays a plan"
    upper = max(best.score, *(hunt.upper for hunt in hunts))
    # The simulator adds up in another order than the search.
    upper += 1e-9 * (1.0 + abs(upper))
    searches = sum(hunt.searches for hunt in hunts)
    return Optimum(hunts[0].setting.score.name, upper, best.score, best.plan, best.session, searches)


class _Hunt:
    """One search; `best` may come from another, with other first rungs."""

    def __init__(self, setting: Setting, effort: Effort, best: _Best) -> None:
        self.setting, self._effort, self._best = setting, effort, best
        self._tried: set[tuple[float, int]] = set()
        self.searches = 0
        self._upper = float("inf")
        self._cut = float("-inf")
        """The highest bound of the bins that are no longer looked at."""
        self._dropped = float("-inf")
        """The highest bound of the sessions that the last look did not follow to their end."""
        self._edges: list[float] = []

    @property
    def upper(self) -> float:
        """The bound found so far, per chunk."""
        return self._upper / self.setting.count

    def begin(self) -> None:
        """A rough look, which mostly says how much standstill is out of the question."""
        for plan in self.setting.simple_plans():
            self._try(plan)
        self._edges = self._first_edges()
        potential = self._potential(WIDE_GRID)
        self._play(potential.edges(), FIRST_WIDTH, potential)

    def run(self) -> None:
        """Closer looks until the bound is close enough."""
        self._edges = self._first_edges()
        for width in self._effort.widths:
            if self._upper <= self._target():
                break
            self._look(width, self._effort.searches)

    def _target(self, share: float = 1.0) -> float:
        """A bound (of the sum over the film) that is close enough, or with a smaller share, closer."""
        total = self._best.score * self.setting.count
        return total + share * self._effort.tolerance * max(abs(total), 0.05 * self.setting.most_utility)

    def _first_edges(self) -> list[float]:
        """Fine where a session can end with little standstill, coarser beyond; every first rung's start is an edge."""
        setting, most_s = self.setting, self._most_s()
        # A shade below, so that a session that starts just then is in the bin that begins there.
        starts_s = [start_s - 3.0 * EPSILON_S for start_s in setting.startups_s if start_s < most_s]
        least_s = min(setting.least_s, most_s)
        passed = least_s - starts_s[0] if starts_s else 0.0
        coarse_s = setting.video.chunk_duration_s / 2.0
        edges = {starts_s[0] + passed * share for share in (0.0, 0.25, 0.5, 0.75)} if passed > coarse_s else set()
        edges |= {*starts_s, least_s, most_s}
        begins_s = sorted({least_s, *(start_s for start_s in starts_s if start_s > least_s)})
        for begin_s, end_s in pairwise([*begins_s, most_s]):
            step_s = min(coarse_s, self._fine_s(begin_s))
            while begin_s + step_s < end_s:
                edges.add(begin_s + step_s)
                step_s *= GROWTH
        return sorted(edges) if len(edges) > 1 else [*edges, *edges]

    def _fine_s(self, standstill_s: float) -> float:
        """A bin's width that is enough there."""
        slope = self._penalty_between(standstill_s, standstill_s + 1.0)
        return FINE_SHARE * (self._target() - self._target(0.0)) / slope if slope > 0.0 else 1e9

    def _most_s(self) -> float:
        """The most standstill after which a session could still beat the best plan known."""
        setting, known = self.setting, self._best.score * self.setting.count
        most_s, coarse_s = setting.most_s, setting.video.chunk_duration_s / 2.0
        while most_s - setting.least_s > coarse_s:
            below_s = setting.least_s + 0.9 * (most_s - setting.least_s)
            if setting.most_score(below_s, most_s) > known:
                break
            most_s, self._cut = below_s, max(self._cut, known)
        return most_s

    def _look(self, width: int, runs: int) -> None:
        """Bins refined at this width until the bound is close enough or the bins are not what keeps it up."""
        for run in range(runs):
            edges, potential = self._edges, self._potential(GRID)
            if run % PLAN_EVERY == 0:
                self._play(potential.edges(), width, potential)
            before = self._upper
            bounds = self._bounds(width, potential)
            self._upper = min(before, max(float(bounds.max()), self._cut, self._dropped))
            if self._upper <= self._target():
                break
            self._play_ends(int(np.argmax(bounds)), width, potential)
            wider = width < self._effort.widths[-1]
            stuck = run > 0 and wider and before - self._upper < WORTH_ANOTHER * (before - self._target())
            self._edges = edges if stuck else self._finer(bounds)
            if self._edges == edges:
                self._edges = self._split(edges, self._passed_through(edges))
            if self._upper <= self._target() or self._edges == edges:
                break

    def _potential(self, points: int) -> Potential:
        """Of all bins, neighbours put together where they are many."""
        edges = self._edges
        together = -(-(len(edges) - 1) // MOST_LEVELS)
        levels = Bins.of(edges[:-1:together] + edges[-1:])
        return Potential(self.setting.problem, levels, self._penalty(levels.low_s), points)

    def _penalty(self, standstill: Floats) -> Floats:
        """No session stands still for less than the least."""
        return self.setting.penalty(np.maximum(standstill, self.setting.least_s))

    def _bounds(self, width: int, potential: Potential) -> Floats:
        """For each bin the bound of the sessions that end in it, but for those that were dropped on the way."""
        self.searches += 1
        bins = Bins.of(self._edges)
        search = Search(self.setting.problem, bins, width, potential, self._target(DROP_SHARE), optimistic=True)
        self._dropped = search.dropped
        # A session's point may have ended in a lower bin than the session: waiting was rounded down.
        bounds: Floats = np.maximum.accumulate(search.most()) - self._penalty(bins.low_s)
        return bounds

    def _finer(self, bounds: Floats) -> list[float]:
        """Without the bins that no good session reaches; the best ones split, where that can make a change."""
        edges, target = self._edges, self._target()
        open_bins = np.flatnonzero(bounds > target)
        if not len(open_bins):
            return edges
        kept = edges[: open_bins[-1] + 2]
        if len(kept) < len(edges):
            self._cut = max(self._cut, self._dropped, float(bounds[open_bins[-1] + 1 :].max()))
        enough = (target - self._best.score * self.setting.count) / 4.0
        room = self._effort.bins - len(kept)
        parts = {}
        for index in open_bins[np.argsort(-bounds[open_bins], kind="stable")]:
            wanted = min(MOST_PARTS, ceil(self._penalty_between(kept[index], kept[index + 1]) / enough))
            if wanted > 1 and room > 0:
                parts[int(index)] = max(2, min(wanted, room + 1))
                room -= parts[int(index)] - 1
        return self._split(kept, parts)

    def _penalty_between(self, low_s: float, high_s: float) -> float:
        low, high = self._penalty(np.array([low_s, high_s]))
        return float(high - low)

    @staticmethod
    def _split(edges: list[float], parts: dict[int, int]) -> list[float]:
        """Bins in so many equal parts."""
        finer = edges[:1]
        for index, (low_s, high_s) in enumerate(pairwise(edges)):
            count = parts.get(index, 1)
            finer += [low_s + (high_s - low_s) * part / count for part in range(1, count)] + [high_s]
        return finer

    def _passed_through(self, edges: list[float]) -> dict[int, int]:
        """Halves for the bins that are coarse enough to matter to the sessions that pass through them."""
        coarse_s = self.setting.video.chunk_duration_s * min(0.5, 100.0 * self._effort.tolerance)
        coarse = {index: 2 for index, (low_s, high_s) in enumerate(pairwise(edges)) if high_s - low_s > coarse_s}
        return coarse if len(edges) < self._effort.bins else {}

    def _play_ends(self, best: int, width: int, potential: Potential) -> None:
        """Plans for the ends of the most promising bin, played: with one value of W nothing is rounded but points."""
        # A bin's low end is a shade below the start that it begins with.
        for end_s in (self._edges[best] + 4.0 * EPSILON_S, self._edges[best + 1]):
            if (end_s, width) not in self._tried:
                self._tried.add((end_s, width))
                self._play([end_s, end_s], width, potential)

    def _play(self, edges: list[float], width: int, potential: Potential) -> None:
        """The best plan for these bins that is better than the best one known, played."""
        self.searches += 1
        bins = Bins.of(edges)
        search = Search(self.setting.problem, bins, width, potential, self._target(0.0), optimistic=False)
        plan = search.plan(self.setting.penalty(bins.high_s))
        if plan:
            self._try(plan)

    def _try(self, plan: tuple[RungIndex, ...]) -> None:
        session = self.setting.play(plan)
        self._best.offer(self.setting.score_of(plan, session), plan, session)
