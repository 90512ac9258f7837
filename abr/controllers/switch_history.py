"""No second try soon after a drop.

Source: dash.js 5.1.1, SwitchHistoryRule and SwitchRequestHistory. The last 8 decisions are kept, each under the rung
that was current when it was made, as a drop (to a lower rung) or not. Going up the ladder drops and others are summed;
once 8 of them are in and drops / others is above 0.075, the rung reached is the limit, or the one below it when that
rung itself had a drop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from abr.model import RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """`sample_size`: decisions looked back on; `drop_share`: drops per other decision that are borne."""

    sample_size: int = 8
    drop_share: float = 0.075

    def is_too_many(self, drops: int) -> bool:
        """Are `drops` among the decisions looked back on more than is borne?"""
        others = self.sample_size - drops
        return drops > 0 and (others == 0 or drops / others > self.drop_share)


class SwitchHistory:
    """The decisions of one session, the newest `sample_size`."""

    __slots__ = ("_kept", "_settings", "_total")

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._kept: deque[tuple[RungIndex, bool]] = deque(maxlen=self._settings.sample_size)
        self._total = 0
        """Drops among the kept ones."""

    def push(self, current: RungIndex, chosen: RungIndex) -> None:
        """A decision for `chosen` while `current` was the rung."""
        if len(self._kept) == self._kept.maxlen:
            self._total -= self._kept[0][1]
        dropped = chosen < current
        self._kept.append((current, dropped))
        self._total += dropped

    def clear(self) -> None:
        """A chunk was given up: the history starts anew."""
        self._kept.clear()
        self._total = 0

    def limit(self) -> RungIndex | None:
        """The highest rung to choose; None while the rule has nothing to say."""
        if len(self._kept) < self._settings.sample_size or not self._settings.is_too_many(self._total):
            return None
        # As many as are kept are needed, so the sum gets there at the highest rung among them.
        highest = max(rung for rung, _ in self._kept)
        return highest - 1 if highest and (highest, True) in self._kept else highest
