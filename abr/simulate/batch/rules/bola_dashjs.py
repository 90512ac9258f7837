"""dash.js's BOLA, batched: `abr.controllers.bola_dashjs`, one half of `dynamic`."""

from __future__ import annotations

import numpy as np

from abr.controllers.bola_dashjs import Settings, curves_of
from abr.simulate.batch.arrays import Flags, Floats, Ints
from abr.simulate.batch.curves import Curves
from abr.simulate.batch.seen import Film, Seen, Transfers


class DashBolas:
    """The rule and its placeholders. `settle` sees every decision, `choose` those that the rule is asked for."""

    def __init__(self, film: Film, sessions: int, settings: Settings) -> None:
        self._settings, self._film = settings, film
        self._score, self._levels = map(Curves, curves_of(film.ladder, settings))
        self._placeholder_s, self._idle_since_s = np.zeros(sessions), np.zeros(sessions)
        self._steady: Flags = np.zeros(sessions, np.bool_)
        self._asked: Flags = np.zeros(sessions, np.bool_)
        """Those that have been asked for a choice before; nothing happens to the others."""

    def settle(self, seen: Seen, newest: Transfers, previous: Ints) -> None:
        """What has happened since the last decision: a transfer, a stall."""
        if not self._asked.any():
            return
        level_s = seen.now_s - newest.finished_at_s
        self._idle_since_s = seen.now_s - level_s
        level_s += seen.buffer_s
        level_s -= self._film.chunk_duration_s
        np.maximum(level_s, 0.0, out=level_s)
        self._placeholder_s[self._steady & (level_s < self._settings.stall_s)] = 0.0
        most_s = self._levels.worths_s.take(previous)
        most_s -= level_s
        most_s -= newest.finished_at_s - newest.requested_at_s
        np.maximum(most_s, 0.0, out=most_s)
        self._placeholder_s *= self._settings.placeholder_decay
        np.minimum(self._placeholder_s, most_s, out=self._placeholder_s)

    def choose(self, seen: Seen, asks: Flags, sustainable: Ints, carried: Ints) -> tuple[Ints, Floats]:
        """The choices and waits of those that ask, anything for the others.

        `carried` is the last rung, or the one that the rate carries where that is higher.
        """
        starting = np.flatnonzero(asks & ~self._steady)
        goes_on = asks & self._steady
        idle_s = seen.now_s - self._idle_since_s
        idle_s *= goes_on
        self._placeholder_s += idle_s
        chosen = self._score.choose_up(seen.buffer_s + self._placeholder_s)
        np.minimum(chosen, carried, out=chosen)
        wait_s = self._wait(seen, chosen, goes_on)
        if starting.size:
            self._start(seen, starting, sustainable)
            chosen[starting] = sustainable[starting]
        np.copyto(self._idle_since_s, seen.now_s, where=asks)
        return chosen, wait_s

    def _start(self, seen: Seen, starting: Ints, sustainable: Ints) -> None:
        buffer_s = seen.buffer_s[starting]
        self._placeholder_s[starting] = np.maximum(self._levels.least_s[sustainable[starting]] - buffer_s, 0.0)
        # From the second time on a chunk has been loaded in between.
        self._steady[starting] = self._asked[starting] & (buffer_s >= self._film.chunk_duration_s)
        self._asked[starting] = True

    def _wait(self, seen: Seen, chosen: Ints, goes_on: Flags) -> Floats:
        """The wait above the level at which `chosen` is worth nothing, less what the placeholder pays."""
        over_s = seen.buffer_s + self._placeholder_s
        over_s -= self._levels.worths_s.take(chosen)
        np.maximum(over_s, 0.0, out=over_s)
        over_s *= goes_on
        paid_s = np.minimum(over_s, self._placeholder_s)
        self._placeholder_s -= paid_s
        over_s -= paid_s
        over_s *= chosen < self._film.ladder.top
        return over_s
