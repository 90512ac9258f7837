"""What the servers say of themselves (CMSD), and what the session makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from abr.model import Decision, Reason
from player.engine.snapshot import Problem
from player.engine.teller import Teller
from player.fetch.transport import Fetched
from player.steering.pathway import Edge
from player.telemetry import cmsd

if TYPE_CHECKING:
    from player.engine.session import Session

CAP_HOLDS_S = 60.0
"""A bit rate that was suggested is kept to for so long after it was said last."""
DURESS_S = 10.0
"""A server under duress is left alone for so long, where there is another."""
LEAST_DELAY_S = 0.5
"""A shorter delay is part of what every request costs there; a longer one says that an answer was not ready yet."""
TRUST = 0.8
"""Of the rate that a server takes the way to the player to have."""


class Hints:
    """One session's ear for its servers. Called with every answer that has headers."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._most: dict[Edge, tuple[float, float]] = {}
        self._said = ""
        self.throughput_bps: float | None = None
        self.round_trip_s: float | None = None

    def __call__(self, fetched: Fetched, edge: Edge) -> Fetched:
        """Take in what came with an answer; the answer, without the time for which it was held back in its sample."""
        if cmsd.DYNAMIC not in fetched.headers and cmsd.STATIC not in fetched.headers:
            return fetched
        said, now_s = cmsd.read(fetched.headers), asyncio.get_running_loop().time()
        if said.throughput_bps is not None:
            self.throughput_bps = said.throughput_bps
        if said.round_trip_s is not None:
            self.round_trip_s = said.round_trip_s
        if said.most_bps is not None:
            self._most[edge] = said.most_bps, now_s
        elif edge in self._most and now_s - self._most[edge][1] > CAP_HOLDS_S:
            del self._most[edge]
        if said.duress and len(self._session.wire.steering.edges) > 1:
            self._session.wire.steering.wait(edge, now_s + DURESS_S)
            self._tell(Problem("duress", f"{edge.authority} says that it is under duress", "Asking another."), edge)
        delay_s = said.delay_s or 0.0
        return _without(fetched, max(said.held_s or 0.0, delay_s if delay_s >= LEAST_DELAY_S else 0.0))

    def rung_cap(self) -> int | None:
        """The highest rung within what the servers in use suggest; the lowest when none is; None without a word."""
        if not self._most:
            return None
        most = [bps for bps, at_s in self._most.values() if asyncio.get_running_loop().time() - at_s <= CAP_HOLDS_S]
        return self._session.opened_now.ladder.highest_within(min(most)) if most else None

    def first_guess_bps(self) -> float | None:
        """What a server takes the way to the player to carry."""
        return None if self.throughput_bps is None else TRUST * self.throughput_bps

    def explained(self, decision: Decision) -> Decision:
        """The decision, with a word about the cap where a server set it and it was met."""
        cap = self.rung_cap() if self._most else None
        if cap is None or decision.rung != cap or cap == self._session.opened_now.ladder.top:
            return decision
        words = f"{decision.reason.text}; the server suggests no higher rung"
        return replace(decision, reason=Reason(decision.reason.code, words))

    def _tell(self, problem: Problem, edge: Edge) -> None:
        if self._said != problem.message:
            self._said = problem.message
            self._session.record(problem, edge.pathway_id)


def talk(session: Session) -> Hints:
    """Let the session's wire tell the servers of the session, and hear what they say, as the settings want it."""
    settings, hints = session.settings, Hints(session)
    session.wire.annotate = None if settings.cmcd == "off" else Teller(session, settings.cmcd, settings.cmcd_version)
    session.wire.hear = hints if settings.cmsd else None
    return hints


def _without(fetched: Fetched, held_s: float) -> Fetched:
    sample = fetched.sample
    held_s = min(held_s, max(sample.latency_s, 0.0))
    if held_s <= 0.0:
        return fetched
    return replace(fetched, sample=replace(sample, requested_at_s=sample.requested_at_s + held_s))
