"""No second try soon after a drop, batched: `abr.controllers.switch_history`."""

from __future__ import annotations

import numpy as np

from abr.controllers.switch_history import Settings
from abr.simulate.batch.arrays import Flags, Ints


class SwitchHistories:
    """The newest decisions of every session, row by row; each session decides once a chunk."""

    def __init__(self, sessions: int, settings: Settings) -> None:
        size = settings.sample_size
        self._currents: Ints = np.zeros((size, sessions), np.intp)
        self._dropped: Flags = np.zeros((size, sessions), np.bool_)
        self._drops: Ints = np.zeros(sessions, np.intp)
        self._pushed = 0
        self._too_many: Flags = np.array([settings.is_too_many(drops) for drops in range(size + 1)])

    def push(self, current: Ints, chosen: Ints) -> None:
        """A decision for `chosen` while `current` was the rung."""
        row = self._pushed % len(self._currents)
        self._pushed += 1
        self._drops -= self._dropped[row]
        np.less(chosen, current, out=self._dropped[row])
        self._drops += self._dropped[row]
        self._currents[row] = current

    def limit(self, chosen: Ints) -> None:
        """Take what is above the rule's limit down to it, in place."""
        if self._pushed < len(self._currents):
            return
        speaks = np.flatnonzero(self._too_many.take(self._drops))
        if not speaks.size:
            return
        currents = self._currents[:, speaks]
        highest = currents.max(axis=0)
        failed = (self._dropped[:, speaks] & (currents == highest)).any(axis=0)
        limit = np.maximum(highest - failed, 0)
        chosen[speaks] = np.minimum(chosen[speaks], limit)
