"""How often and how soon a session asks again: a budget of retries, and waits that are spread at random.

Sources: a retry budget as in Finagle and gRPC (gRFC A6, retry throttling): retries are a share of the requests, over a
small reserve, and a slow drip so that a session never ends for want of a token. Waits are drawn evenly from nothing to
the bound ("full jitter", AWS Architecture Blog, 2015), so that the viewers of an edge that comes back come one by one.
"""

from __future__ import annotations

from random import Random

BACKOFF_S = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
RESERVE = 10.0
SHARE = 0.1
PER_S = 0.5
MOST_DEBT = 16.0


class RetryBudget:
    """Tokens for one session: each retry takes one, each request that succeeds earns `share` of one.

    `per_s` come with time, up to `reserve` in all. In an outage a session therefore asks `reserve` times at once and
    then `per_s` times a second, however many pieces it wants and however many edges there are.
    """

    def __init__(self, reserve: float = RESERVE, share: float = SHARE, per_s: float = PER_S) -> None:
        if reserve < 1.0 or share < 0.0 or per_s <= 0.0:
            raise ValueError(
                f"a budget has a reserve of 1 or more, and grows with time, not {reserve}, {share}, {per_s}"
            )
        self._reserve, self._share, self._per_s = reserve, share, per_s
        self._tokens = reserve
        self._at_s: float | None = None

    def earn(self) -> None:
        """A request was answered."""
        self._tokens = min(self._tokens + self._share, self._reserve)

    def take_s(self, now_s: float) -> float:
        """Take a token for a retry: how long to wait until it is there, 0 when it is there now."""
        if self._at_s is not None:
            self._tokens = min(self._tokens + self._per_s * (now_s - self._at_s), self._reserve)
        self._at_s = now_s
        self._tokens = max(self._tokens - 1.0, -MOST_DEBT)
        return max(0.0, -self._tokens / self._per_s)


class Backoff:
    """Waits between rounds over all edges; `seed` is the session's own, so that a session can be played again."""

    def __init__(self, seed: str) -> None:
        self._chance = Random(seed)

    def after_s(self, rounds: int) -> float:
        """The wait after so many rounds (1 is the first) that brought nothing."""
        return self._chance.uniform(0.0, BACKOFF_S[min(rounds, len(BACKOFF_S)) - 1])
