"""One session as the search sees it: arrays, limits of the standstill, and what standing still costs."""

from __future__ import annotations

from math import ceil, fsum

import numpy as np
from numpy.typing import NDArray

from abr.model import RungIndex
from abr.optimum.link import Floats, Link
from abr.optimum.plan import Plan
from abr.optimum.problem import EPSILON_S, Problem
from abr.qoe.score import Film, Qoe
from abr.simulate.fast import simulate
from abr.simulate.model import SessionResult, SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

PRICES = 48
"""Prices of a bit that are tried; the best of them bounds the utility."""


class Setting:
    """Trace, film, settings and score, worked out once.

    `first` looks only at sessions whose first chunk is at that rung. Their start-up is then known, and a penalty that
    is not in proportion to the stall time is charged as it is rather than by its slope.
    """

    def __init__(
        self, trace: Trace, video: VideoTable, settings: SessionSettings, score: Qoe, first: RungIndex | None = None
    ) -> None:
        self.trace, self.video, self.score = trace, video, score
        self.film = Film.of(video)
        self.count = len(video.sizes_bytes)
        # Whatever a rule of abandonment or replacement does to a session, the plan itself needs neither.
        self.plain = SessionSettings(
            buffer_cap_s=settings.buffer_cap_s,
            start_buffer_s=settings.start_buffer_s,
            start_at_s=settings.start_at_s,
            round_trip_s=settings.round_trip_s,
            horizon_chunks=0,
        )
        self._sizes = np.array(video.sizes_bytes, dtype=np.float64)
        longest = self.play(self._plan_of(np.argmax(self._sizes, axis=1)))
        self.most_s = standstill_s(longest)
        """With more standstill than this every chunk can be the largest there is."""
        # Whoever gives up attempts may start later than with the largest chunks.
        self._most_startup_s = np.inf if settings.abandonment else longest.startup_s
        until_s = settings.start_at_s + self.most_s + video.duration_s + 60.0
        # A replaced chunk is fetched out of order; in order it needs no more bits, but other waits: none are charged.
        link = Link(trace, until_s, 0.0 if settings.replacement else settings.round_trip_s)
        utilities = np.array(score.utilities(self.film), dtype=np.float64)
        self.most_utility = float(np.abs(utilities).max(axis=1).sum())
        self.problem = Problem(
            link,
            8.0 * self._sizes,
            utilities,
            score.step_weight,
            score.switch_weight(self.film),
            0.0 if first is not None else score.stall_slope(self.film) * (1.0 - score.startup_share),
            video.chunk_duration_s,
            settings.buffer_cap_s,
            settings.start_at_s,
            starting_chunks(video, settings),
            first,
        )
        longest_bits = float(self.problem.bits.max(axis=1).sum())
        self._prices = np.concatenate(([0.0], np.geomspace(1e-3, 10.0, PRICES))) * self.most_utility / longest_bits
        """Of a bit, from far too little to far too much."""
        offers = utilities[..., None] - self._prices * self.problem.bits[..., None]
        self._worth = offers.max(axis=1).sum(axis=0)
        """The most utility less what its bits cost, at each price."""
        self.least_s = min(self._least_s(), self.most_s)
        """No session stands still for less in all."""
        self.startups_s = self._startups_s()
        """The soonest start with each first rung, ascending."""

    def penalty(self, standstill: Floats) -> Floats:
        """What a standstill costs, before what `startup_credit` gives back: never more than the score takes.

        A penalty is concave in the stall time, so taking its first slope off for the start-up's part takes off no less
        than the start-up was charged.
        """
        startup_s = 0.0 * standstill
        if self.problem.first is not None:
            startup_s = np.minimum(standstill, self.startups_s[0])
        return np.asarray(self.score.penalty(self.film, standstill - startup_s, startup_s), dtype=np.float64)

    def most_score(self, low_s: float, high_s: float) -> float:
        """What a session with a standstill of `low_s` to `high_s` gets at most, as a sum over the film."""
        # Its bits have to pass the link before its last chunk is played. A price on bits bounds what they can buy.
        end_s = self.problem.played_s(self.count - 1) + high_s + EPSILON_S
        bought = (self._worth + self._prices * self.problem.link.bits_between(self.problem.start_s, end_s)).min()
        given_back = self.problem.startup_credit * self._most_startup_s if self.problem.startup_credit else 0.0
        return float(bought) + given_back - float(self.penalty(np.array([low_s]))[0])

    def play(self, plan: tuple[RungIndex, ...]) -> SessionResult:
        """The plan as a session."""
        return simulate(Plan(plan), self.trace, self.video, self.plain)

    def score_of(self, plan: tuple[RungIndex, ...], session: SessionResult) -> float:
        """The score of a plan that was played."""
        stall_s = fsum(stall.duration_s for stall in session.stalls)
        return self.score.score(self.film, plan, stall_s, session.startup_s)

    def simple_plans(self) -> list[tuple[RungIndex, ...]]:
        """Something to beat: every rung held all through, and the smallest chunks."""
        held = [(rung,) * self.count for rung in range(len(self.video.ladder))]
        plans = [*held, self._plan_of(np.argmin(self._sizes, axis=1))]
        first = self.problem.first
        return plans if first is None else [(first, *plan[1:]) for plan in plans]

    @staticmethod
    def _plan_of(rungs: NDArray[np.int64]) -> tuple[RungIndex, ...]:
        return tuple(int(rung) for rung in rungs)

    def _least_s(self) -> float:
        """The standstill of the smallest chunks, one straight after the other."""
        problem, bits = self.problem, self.problem.bits.min(axis=1)
        least_s, at_s, begins = 0.0, problem.start_s, self.problem.starting_chunks - 1
        for chunk in range(self.count):
            if chunk > begins:
                at_s = max(at_s, problem.room_s(chunk) + least_s)
            at_s = problem.finished_s(chunk, at_s, bits[chunk])
            if chunk >= begins:
                least_s = max(least_s, at_s - problem.played_s(chunk))
        return least_s

    def _startups_s(self) -> list[float]:
        bits = self.problem.bits
        starts_s = []
        for first in bits[0] if self.problem.first is None else bits[0, self.problem.first : self.problem.first + 1]:
            at_s = self.problem.finished_s(0, self.problem.start_s, first)
            for chunk in range(1, self.problem.starting_chunks):
                at_s = self.problem.finished_s(chunk, at_s, bits[chunk].min())
            starts_s.append(at_s - self.problem.start_s)
        return sorted(starts_s)


def starting_chunks(video: VideoTable, settings: SessionSettings) -> int:
    """How many chunks it takes until play begins."""
    needed = ceil(settings.start_buffer_s / video.chunk_duration_s - 1e-9)
    return max(1, min(len(video.sizes_bytes), needed))


def standstill_s(session: SessionResult) -> float:
    """Start-up and stalls together."""
    return session.startup_s + fsum(stall.duration_s for stall in session.stalls)
