"""BOLA-basic, batched: `abr.controllers.bola_basic` in its plain form."""

from __future__ import annotations

from abr.controllers.bola_basic import Settings, curve_of
from abr.simulate.batch.curves import Curves
from abr.simulate.batch.seen import Choice, Film, Maker, Seen


class BolaBasics:
    """A function of the buffer level."""

    def __init__(self, film: Film, sessions: int, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        bmax_s = film.buffer_cap_s if settings.buffer_s is None else settings.buffer_s
        self._curve = Curves(curve_of(film.ladder, bmax_s, film.chunk_duration_s, settings.gamma_p))

    @staticmethod
    def from_argument(argument: str) -> Maker:
        """`bola-basic:25` by name: Bmax in seconds."""
        settings = Settings(buffer_s=float(argument))
        return lambda film, sessions: BolaBasics(film, sessions, settings)

    def decide(self, seen: Seen) -> Choice:
        return Choice(self._curve.choose(seen.buffer_s))
