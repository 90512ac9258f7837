"""dash.js's Dynamic, batched: `abr.controllers.dynamic` where nothing is given up."""

from __future__ import annotations

import numpy as np

from abr.controllers.dynamic import Settings, on_level_s
from abr.simulate.batch.arrays import Flags, Floats, Ints
from abr.simulate.batch.estimators import DualEwmas
from abr.simulate.batch.ladder import highest_within
from abr.simulate.batch.rules.bola_dashjs import DashBolas
from abr.simulate.batch.rules.switch_history import SwitchHistories
from abr.simulate.batch.seen import Choice, Film, Seen


class Dynamics:
    """Four rules, of which the lowest wins."""

    def __init__(self, film: Film, sessions: int) -> None:
        self._settings = settings = Settings()
        self._film, self._rates_bps = film, film.rates_bps
        self._estimator = DualEwmas(sessions, settings.estimator)
        self._bola = DashBolas(film, sessions, settings.bola)
        self._history = SwitchHistories(sessions, settings.history)
        self._on_s = on_level_s(settings, film.buffer_cap_s, film.chunk_duration_s)
        self._by_utility: Flags = np.zeros(sessions, np.bool_)
        self._first: Ints = np.zeros(sessions, np.intp)

    def decide(self, seen: Seen) -> Choice:
        if seen.newest is None or seen.previous is None:
            return Choice(self._first)
        estimate_bps = self._estimator.update(seen.newest)
        self._bola.settle(seen, seen.newest, seen.previous)
        chosen, wait_s = self._asked(seen, seen.previous, estimate_bps)
        if seen.chunk_index >= self._settings.insufficient_skips:
            np.minimum(chosen, self._bearable(seen, estimate_bps), out=chosen)
        self._history.limit(chosen)
        self._history.push(seen.previous, chosen)
        return Choice(chosen, estimate_bps, wait_s)

    def _asked(self, seen: Seen, previous: Ints, estimate_bps: Floats) -> tuple[Ints, Floats | None]:
        """The throughput rule or BOLA, whichever the buffer says."""
        level_s = np.where(self._by_utility, self._on_s * self._settings.off_share, self._on_s)
        self._by_utility = seen.buffer_s >= level_s
        sustainable = highest_within(self._rates_bps, self._settings.safety * estimate_bps)
        if not self._by_utility.any():
            return sustainable, None
        carried = np.maximum(previous, sustainable)
        chosen, wait_s = self._bola.choose(seen, self._by_utility, sustainable, carried)
        return np.where(self._by_utility, chosen, sustainable), wait_s

    def _bearable(self, seen: Seen, estimate_bps: Floats) -> Ints:
        """The highest rung that arrives before the buffer runs dry; the lowest with nothing buffered."""
        bearable_bps = self._settings.insufficient_safety * estimate_bps
        bearable_bps *= seen.buffer_s
        bearable_bps /= self._film.chunk_duration_s
        return highest_within(self._rates_bps, bearable_bps)
