"""Bytes for the engine: one resource from whichever edge can bring it, and what happened on the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from abr.model import ThroughputSample
from abr.values import value
from player.engine.errors import ContentUnreadable, NetworkGone, NotAuthorised, SessionError
from player.engine.patience import Backoff, RetryBudget
from player.engine.snapshot import Problem
from player.fetch.transport import BadStatus, Fetched, FetchError, OnProgress, Request, TooLarge, Transport
from player.steering.pathway import Edge
from player.steering.steering import Steering

MISSING_ROUNDS = 2
SHORT_WAIT_S = 5.0
"""An edge that asks for no more than this is waited for; one that asks for more is left alone for that long."""
LONGEST_WAIT_S = 30.0
"""When every edge asks for patience, so much of it is shown at most."""
PASSING = frozenset({408, 425, 429})


Renew = Callable[[], Awaitable[bool]]
"""Renew the authorisation; False when it can't be."""

Annotate = Callable[[Request], Request]
"""The request as it is sent: with what the servers are told."""

Hear = Callable[[Fetched, Edge], Fetched]
"""Take in what a server says of itself; the answer as it counts."""

Tell = Callable[[Problem, Edge], None]
"""A problem and the edge it happened on."""


@value
class Brought:
    """A body, where it came from, and what it took."""

    fetched: Fetched
    edge: Edge
    attempts: int
    wasted_bytes: int


_HOLD = re.compile(r"(?:^|,)\s*hold\s*;\s*dur=([0-9]{1,6}(?:\.[0-9]{1,6})?)")


def network_part(fetched: Fetched) -> ThroughputSample:
    """The sample without the time for which the edge says it held the answer back (Server-Timing: hold;dur=ms).

    A chunk that is still being encoded says nothing about the network; counted in, it would pull every estimate down.
    """
    sample = fetched.sample
    held = _HOLD.search(fetched.headers.get("server-timing", "")[:1000])
    if held is None:
        return sample
    held_s = min(float(held[1]) / 1000.0, max(sample.latency_s, 0.0))
    return replace(sample, requested_at_s=sample.requested_at_s + held_s)


def describe(error: FetchError) -> Problem:
    """A fetch error in words for a viewer."""
    if isinstance(error, BadStatus):
        code = {403: "expired", 404: "not-found", 410: "gone", 429: "busy", 503: "busy"}.get(error.status, "edge-error")
        return Problem(code, str(error), "Trying another edge.")
    code = {
        "ConnectFailed": "edge-down",
        "TimedOut": "edge-silent",
        "Truncated": "truncated",
        "TooLarge": "too-large",
        "RedirectRefused": "redirect-refused",
    }.get(type(error).__name__, "edge-error")
    return Problem(code, str(error), "Trying another edge.")


class Wire:
    """Fetches through a `Transport` over the edges that steering offers.

    Every failure moves on to another edge at once; when all have failed it waits, longer each round, and begins again.
    It ends with a `SessionError` when a resource is missing everywhere, when the authorisation can't be renewed, or
    when nothing was reached for `give_up_s`. Retries come out of a budget, and their waits are drawn from `seed`.
    """

    def __init__(
        self, transport: Transport, steering: Steering, tell: Tell, give_up_s: float | None, seed: str = ""
    ) -> None:
        self.transport = transport
        self.steering = steering
        self._tell = tell
        self._give_up_s = give_up_s
        self._last_success_s: float | None = None
        self.renew: Renew | None = None
        self.annotate: Annotate | None = None
        self.hear: Hear | None = None
        self.bytes_fetched = 0
        self._budget = RetryBudget()
        self._backoff = Backoff(seed)

    def marked(self, request: Request) -> Request:
        """The request with what the servers are told."""
        return request if self.annotate is None else self.annotate(request)

    async def bring(self, request: Request, on_progress: OnProgress | None = None) -> Brought:
        """The whole body of `request`, whose URI is mapped to the chosen edge."""
        trial: _Trial | None = None
        attempts = 0
        loop = asyncio.get_running_loop()
        if self._last_success_s is None:
            self._last_success_s = loop.time()
        while True:
            if attempts and (wait_s := self._budget.take_s(loop.time())) > 0.0:
                await asyncio.sleep(wait_s)
            edge = self.steering.choose(loop.time(), trial.failed if trial else ())
            self.steering.tried(edge, loop.time())
            attempts += 1
            try:
                uri = self.steering.map(request.uri, edge)
                asked = request if uri == request.uri else replace(request, uri=uri)
                fetched = await self.transport.fetch(self.marked(asked), on_progress)
            except FetchError as error:
                trial = trial or _Trial(self.steering)
                trial.attempts = attempts
                await self._settle(error, edge, trial)
            else:
                self._last_success_s = loop.time()
                self._budget.earn()
                self.steering.succeeded(edge, fetched.sample.latency_s, fetched.sample.goodput_bps)
                self.bytes_fetched += len(fetched.body)
                if fetched.headers:
                    fetched = self._heard(fetched, edge)
                return Brought(fetched, edge, attempts, trial.wasted_bytes if trial else 0)

    def _heard(self, fetched: Fetched, edge: Edge) -> Fetched:
        if "server-timing" in fetched.headers:
            fetched = replace(fetched, sample=network_part(fetched))
            # The same time told twice is taken off once.
            return fetched if self.hear is None else replace(self.hear(fetched, edge), sample=fetched.sample)
        return fetched if self.hear is None else self.hear(fetched, edge)

    async def _settle(self, error: FetchError, edge: Edge, trial: _Trial) -> None:
        """Decide what a failure means: return to try again, raise to end."""
        trial.wasted_bytes += error.received_bytes
        self.bytes_fetched += error.received_bytes
        now_s = asyncio.get_running_loop().time()
        problem = replace(describe(error), attempt=trial.attempts)
        if isinstance(error, BadStatus) and error.status in (401, 403, 410) and await self._renewed(trial, error):
            self._tell(replace(problem, advice="The authorisation was renewed."), edge)
            return
        self._tell(problem, edge)
        patience_s = error.retry_after_s if isinstance(error, BadStatus) else None
        if patience_s is not None and patience_s <= SHORT_WAIT_S:
            # The edge is well and asks for patience (a chunk still being encoded): leaving it would not help.
            await asyncio.sleep(max(patience_s, 0.1))
        elif patience_s is not None:
            trial.asked_until_s[edge] = now_s + patience_s
            self.steering.wait(edge, now_s + patience_s)
            trial.failed.add(edge)
        else:
            self.steering.failed(edge, now_s)
            trial.failed.add(edge)
        if _lasts(error):
            trial.refused.add(edge)
        if trial.exhausted:
            await self._next_round(error, trial)

    async def _renewed(self, trial: _Trial, error: BadStatus) -> bool:
        if self.renew is None or trial.renewals >= 2:
            raise NotAuthorised(
                f"The authorisation to play this title ran out ({error.status}).", "Open the title again."
            ) from error
        trial.renewals += 1
        return await self.renew()

    async def _next_round(self, error: FetchError, trial: _Trial) -> None:
        trial.rounds += 1
        everywhere = trial.refused >= trial.failed
        if everywhere and _lasts(error) and trial.rounds >= MISSING_ROUNDS:
            raise _content_error(error)
        silent_s = asyncio.get_running_loop().time() - (self._last_success_s or 0.0)
        if self._give_up_s is not None and silent_s > self._give_up_s:
            raise NetworkGone(
                f"No edge was reached for {silent_s:.0f} s: {error}.", "Check the network, then play again."
            ) from error
        now_s = asyncio.get_running_loop().time()
        patience_s = min(trial.asked_until_s.get(edge, now_s) for edge in self.steering.edges) - now_s
        await asyncio.sleep(max(self._backoff.after_s(trial.rounds), min(patience_s, LONGEST_WAIT_S)))
        trial.failed.clear()


def _lasts(error: FetchError) -> bool:
    """Asking again would not help: the title is not there. A server in trouble (5xx) or busy (429) is a while later."""
    return isinstance(error, TooLarge) or (
        isinstance(error, BadStatus) and error.status not in PASSING and error.status < 500
    )


def _content_error(error: FetchError) -> SessionError:
    return ContentUnreadable(f"{error}, on every edge.", "The title may have been removed or is damaged; try another.")


class _Trial:
    """What was tried for one resource so far; there is one only once something has failed."""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self.failed: set[Edge] = set()
        self.refused: set[Edge] = set()
        self.asked_until_s: dict[Edge, float] = {}
        self.attempts = 0
        self.rounds = 0
        self.renewals = 0
        self.wasted_bytes = 0

    @property
    def exhausted(self) -> bool:
        return self.failed.issuperset(self._steering.edges)
