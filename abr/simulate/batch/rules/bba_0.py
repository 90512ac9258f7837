"""BBA-0, batched: `abr.controllers.bba_0`, with its tie rules."""

from __future__ import annotations

import numpy as np

from abr.controllers.bba_0 import Bba0
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.ladder import count_below, count_within
from abr.simulate.batch.seen import Choice, Film, Seen


class Bba0s:
    """The buffer alone decides."""

    def __init__(self, film: Film, sessions: int) -> None:
        self._rates_bps, self._top = film.rates_bps, film.ladder.top
        self._reservoir_s, self._cushion_s = Bba0().room_s(film.buffer_cap_s, film.chunk_duration_s)
        self._first: Ints = np.zeros(sessions, np.intp)

    def decide(self, seen: Seen) -> Choice:
        buffer_s = seen.buffer_s
        target_bps = (buffer_s - self._reservoir_s) / self._cushion_s
        target_bps *= self._rates_bps[-1] - self._rates_bps[0]
        target_bps += self._rates_bps[0]
        rungs = self._step(self._first if seen.previous is None else seen.previous, target_bps)
        rungs[buffer_s >= self._reservoir_s + self._cushion_s] = self._top
        rungs[buffer_s <= self._reservoir_s] = 0
        return Choice(rungs)

    def _step(self, previous: Ints, target_bps: Floats) -> Ints:
        """Leave `previous` only when the map has passed a neighbour."""
        rates = self._rates_bps
        above_bps = np.append(rates[1:], np.inf).take(previous)
        below_bps = np.append(-np.inf, rates[:-1]).take(previous)
        up = np.maximum(previous, count_below(rates, target_bps) - 1)
        down = np.minimum(previous, count_within(rates, target_bps))
        return np.where(target_bps >= above_bps, up, np.where(target_bps <= below_bps, down, previous))
