"""Which transfers are new since the last look: every player's estimator takes in each of them once."""

from __future__ import annotations

from abr.estimators.model import unseen
from abr.model import ThroughputSample


class Unseen:
    """Remembers the newest transfer it has handed out."""

    __slots__ = ("_newest",)

    def __init__(self) -> None:
        self._newest: ThroughputSample | None = None

    def take(self, samples: tuple[ThroughputSample, ...]) -> tuple[ThroughputSample, ...]:
        """What is new at the end of `samples`, oldest first; all of them when the last look's are gone."""
        if not samples or samples[-1] is self._newest:
            return ()
        newest, self._newest = self._newest, samples[-1]
        return unseen(samples, newest)
