"""BOLA-E, batched: `abr.controllers.bola_e` where nothing is given up, replaced or sought."""

from __future__ import annotations

import numpy as np

from abr.controllers.bola_e import Settings, curve_of
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.curves import Curves
from abr.simulate.batch.estimators import DualEwmas, LatencyEwmas
from abr.simulate.batch.ladder import highest_within
from abr.simulate.batch.seen import Choice, Film, Seen, Transfers


class BolaEs:
    """Buffer-based by utility; the throughput only starts it and holds it back."""

    def __init__(self, film: Film, sessions: int, settings: Settings | None = None) -> None:
        self._settings = settings = settings or Settings()
        self._film, self._rates_bps = film, film.rates_bps
        self._curve = Curves(curve_of(film.ladder, film.buffer_cap_s, settings))
        self._estimator = DualEwmas(sessions, settings.estimator)
        self._latency = LatencyEwmas(sessions, film.chunk_duration_s)
        self._placeholder_s: Floats = np.zeros(sessions)
        self._safety = settings.safety_first
        self._first: Ints = np.zeros(sessions, np.intp)
        self._starting = True

    def decide(self, seen: Seen) -> Choice:
        newest, previous = seen.newest, seen.previous
        if newest is None or previous is None:
            return Choice(self._first)
        estimate_bps, latency_s = self._estimator.update(newest), self._latency.update(newest)
        sustainable = self._sustainable(estimate_bps, latency_s)
        if self._starting:
            self._starting = False
            self._placeholder_s = np.maximum(0.0, self._curve.least_s.take(sustainable) - seen.buffer_s)
            return Choice(sustainable, estimate_bps)
        self._settle(seen, newest, previous)
        return self._steady(seen, np.maximum(previous, sustainable), estimate_bps, latency_s)

    def _sustainable(self, estimate_bps: Floats, latency_s: Floats) -> Ints:
        """The rung that the measured rate carries for ever."""
        chunk_s = self._film.chunk_duration_s
        return highest_within(self._rates_bps, estimate_bps * (chunk_s - latency_s) / chunk_s)

    def _settle(self, seen: Seen, newest: Transfers, previous: Ints) -> None:
        """What has happened since the last decision: a transfer, and idle time."""
        placeholder_s, was_s = self._placeholder_s, newest.finished_at_s - newest.requested_at_s
        idle_s = seen.now_s - newest.finished_at_s
        was_s += seen.buffer_s + idle_s
        most_s = self._curve.worths_s.take(previous)
        most_s -= was_s
        np.maximum(most_s, 0.0, out=most_s)
        np.minimum(placeholder_s, most_s, out=placeholder_s)
        least_s = self._curve.least_s.take(previous)
        least_s -= was_s
        np.maximum(placeholder_s, least_s, out=placeholder_s)
        placeholder_s += idle_s

    def _steady(self, seen: Seen, carried: Ints, estimate_bps: Floats, latency_s: Floats) -> Choice:
        """`carried` is the last rung, or the one that the rate carries where that is higher."""
        chosen = self._curve.choose(seen.buffer_s + self._placeholder_s)
        np.minimum(chosen, carried + 1 if self._settings.plus_one else carried, out=chosen)
        wait_s = self._wait(seen, chosen)
        limit = self._bearable(seen, estimate_bps, latency_s)
        refused = limit < chosen
        if refused.any():
            np.minimum(chosen, limit, out=chosen)
            wait_s[refused] = 0.0
            self._cut(np.flatnonzero(refused), chosen, seen.buffer_s)
        return Choice(chosen, estimate_bps, wait_s)

    def _wait(self, seen: Seen, chosen: Ints) -> Floats:
        """The wait above the level at which `chosen` is worth nothing, less what the placeholder pays."""
        over_s = seen.buffer_s + self._placeholder_s
        over_s -= self._curve.worths_s.take(chosen)
        np.maximum(over_s, 0.0, out=over_s)
        paid_s = np.minimum(over_s, self._placeholder_s)
        self._placeholder_s -= paid_s
        over_s -= paid_s
        over_s *= chosen < self._film.ladder.top
        return over_s

    def _bearable(self, seen: Seen, estimate_bps: Floats, latency_s: Floats) -> Ints:
        """The highest rung that arrives before the buffer runs dry, the lowest when none does."""
        bits = seen.buffer_s - latency_s
        bits *= self._safety
        bits *= estimate_bps
        bits /= self._film.chunk_duration_s
        self._safety = max(self._safety * self._settings.safety_decay, self._settings.safety_least)
        return highest_within(self._rates_bps, bits)

    def _cut(self, refused: Ints, chosen: Ints, buffer_s: Floats) -> None:
        """Where a choice was refused, the placeholder goes down to the level of what came in its place."""
        room_s = self._curve.least_s[chosen[refused]] - buffer_s[refused]
        np.maximum(room_s, 0.0, out=room_s)
        self._placeholder_s[refused] = np.minimum(self._placeholder_s[refused], room_s)
