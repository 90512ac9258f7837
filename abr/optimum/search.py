"""The standstill in ever finer bins, until the bound and the best plan known meet.

A run of `frontier` bounds, for each bin of the final standstill W, the utility of all sessions that end there; less
the penalty of the bin's low end, that bounds their score. Bins above the last one whose bound passes the best plan
known are cut off; those that pass it are halved, and the run is made again. The best plan known comes from runs for
one value of W, and is played to see what it really scores.

Proof of the bound. Take any session with these settings, and its W after every chunk. Its chunks arrive in order; each
request comes no sooner than the one before has arrived and (while playing) the buffer has room, that is not before
W + (k + 1) p - cap; a given-up attempt, a wait or a slower step of latency only makes it later. By induction the run
holds, after every chunk, a point with the session's rung, in a bin no higher than the session's, no later, and with no
less utility. So the most utility of all bins up to the session's own, less the penalty of that bin's low end, is never
below the session's score; and a bin may be cut off when that does not pass the best plan known.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from abr.model import RungIndex
from abr.optimum.frontier import EPSILON_S, Bins, Search
from abr.optimum.link import Floats
from abr.optimum.model import Effort, Optimum, OptimumError
from abr.optimum.setting import Setting, starting_chunks
from abr.qoe.score import qoe
from abr.simulate.model import SessionResult, SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

DEFAULT = Effort()
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
        return _Hunt(Setting(trace, video, settings, score), effort).run()
    found: Optimum | None = None
    for first in range(len(video.ladder) - 1, -1, -1):
        hunt = _Hunt(Setting(trace, video, settings, score, first), effort, found)
        found = hunt.run()
    assert found is not None, "a ladder is never empty"
    return found


class _Hunt:
    """One search; `before` is what was found with other first rungs, whose best plan is to be beaten."""

    def __init__(self, setting: Setting, effort: Effort, before: Optimum | None = None) -> None:
        self._setting, self._effort, self._before = setting, effort, before
        self._score = before.score if before else float("-inf")
        self._plan: tuple[RungIndex, ...] = before.plan if before else ()
        self._session: SessionResult | None = before.session if before else None
        self._tried: set[tuple[float, int]] = set()
        self._searches = before.searches if before else 0
        self._upper = float("inf")
        self._cut = float("-inf")
        """The highest bound of the bins that are no longer looked at."""

    def run(self) -> Optimum:
        setting = self._setting
        for plan in setting.simple_plans():
            self._try(plan)
        edges = self._first_edges()
        for width in self._effort.widths:
            edges = self._look(edges, width)
            if self._upper <= self._target():
                break
        assert self._session is not None
        upper = max(self._score, self._upper / setting.count)
        # The simulator adds up in another order than the search.
        upper += 1e-9 * (1.0 + abs(upper))
        upper = max(upper, self._before.upper) if self._before else upper
        return Optimum(setting.score.name, upper, self._score, self._plan, self._session, self._searches)

    def _target(self) -> float:
        """A bound (of the sum over the film) that is close enough."""
        total = self._score * self._setting.count
        return total + self._effort.tolerance * max(abs(total), 0.05 * self._setting.most_utility)

    def _first_edges(self) -> list[float]:
        """Fine where a session can end with little standstill, coarser beyond; every first rung's start is an edge."""
        setting, step_s = self._setting, self._setting.video.chunk_duration_s / 2.0
        # A shade below, so that a session that starts just then is in the bin that begins there.
        starts_s = [start_s - 3.0 * EPSILON_S for start_s in setting.startups_s if start_s < setting.most_s]
        passed = setting.least_s - starts_s[0] if starts_s else 0.0
        edges = {starts_s[0] + passed * share for share in (0.0, 0.25, 0.5, 0.75)} if passed > step_s else set()
        edges |= {*starts_s, min(setting.least_s, setting.most_s), setting.most_s}
        at_s = setting.least_s
        while (at_s := at_s + step_s) < setting.most_s:
            edges.add(at_s)
            step_s *= 2.0
        return sorted(edges) if len(edges) > 1 else [*edges, *edges]

    def _look(self, edges: list[float], width: int) -> list[float]:
        """Bins refined at this width until the bound is close enough or the bins are not what keeps it up."""
        for run in range(self._effort.searches):
            bounds = self._bounds(edges, width)
            self._upper = min(self._upper, max(float(bounds.max()), self._cut))
            if run % PLAN_EVERY == 0:
                self._play(edges, width)
            self._play_ends(edges, int(np.argmax(bounds)), width)
            if self._upper <= self._target():
                break
            finer = self._finer(edges, bounds)
            if finer == edges:
                finer = self._halved(edges, self._passed_through(edges))
            if finer == edges:
                break
            edges = finer
        return edges

    def _bounds(self, edges: list[float], width: int) -> Floats:
        """For each bin the bound of the sessions that end in it."""
        self._searches += 1
        bins = Bins.of(edges)
        # A session's point may have ended in a lower bin than the session: waiting was rounded down.
        most = np.maximum.accumulate(Search(self._setting.problem, bins, width, optimistic=True).most())
        bounds: Floats = most - self._setting.penalty(np.maximum(bins.low_s, self._setting.least_s))
        return bounds

    def _finer(self, edges: list[float], bounds: Floats) -> list[float]:
        """Without the bins that no good session reaches; the best ones halved, where that can make a change."""
        target = self._target()
        open_bins = np.flatnonzero(bounds > target)
        if not len(open_bins):
            return edges
        kept = edges[: open_bins[-1] + 2]
        self._cut = max(self._cut, float(bounds[open_bins[-1] + 1 :].max(initial=-np.inf)))
        enough = (target - self._score * self._setting.count) / 4.0
        room = max(1, self._effort.bins - len(kept))
        halved = {
            int(index)
            for index in open_bins[np.argsort(-bounds[open_bins], kind="stable")][:room]
            if self._penalty_between(kept[index], kept[index + 1]) > enough
        }
        return self._halved(kept, halved)

    def _penalty_between(self, low_s: float, high_s: float) -> float:
        low, high = self._setting.penalty(np.maximum([low_s, high_s], self._setting.least_s))
        return float(high - low)

    @staticmethod
    def _halved(edges: list[float], which: set[int]) -> list[float]:
        finer = [edges[0]]
        for index, (low_s, high_s) in enumerate(pairwise(edges)):
            finer += [(low_s + high_s) / 2.0, high_s] if index in which else [high_s]
        return finer

    def _passed_through(self, edges: list[float]) -> set[int]:
        """Bins that are coarse enough to matter to the sessions that pass through them."""
        coarse_s = self._setting.video.chunk_duration_s * min(0.5, 100.0 * self._effort.tolerance)
        coarse = {index for index, (low_s, high_s) in enumerate(pairwise(edges)) if high_s - low_s > coarse_s}
        return coarse if len(edges) < self._effort.bins else set()

    def _play_ends(self, edges: list[float], best: int, width: int) -> None:
        """Plans for the ends of the most promising bin, played: with one value of W nothing is rounded but points."""
        for end_s in (edges[best], edges[best + 1]):
            if (end_s, width) not in self._tried:
                self._tried.add((end_s, width))
                self._play([end_s, end_s], width)

    def _play(self, edges: list[float], width: int) -> None:
        """The best plan for these bins, played."""
        self._searches += 1
        bins = Bins.of(edges)
        plan = Search(self._setting.problem, bins, width, optimistic=False).plan(self._setting.penalty(bins.high_s))
        if plan:
            self._try(plan)

    def _try(self, plan: tuple[RungIndex, ...]) -> None:
        session = self._setting.play(plan)
        score = self._setting.score_of(plan, session)
        if score > self._score:
            self._score, self._plan, self._session = score, plan, session
