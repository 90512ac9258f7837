"""Fetch a buffered chunk again, at a higher rung?

A chunk that was fetched low in bad times can still be played high when times are better: the earliest buffered chunk
that is below the rung now chosen, far enough ahead to arrive before it is played. Source: Spiteri et al., "From Theory
to Practice" (MMSys 2018), fast switching; dash.js replaces segments on the same grounds. Sabre's version may start a
replacement that comes too late; here the time it needs is weighed against the time there is.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import Observation, RungIndex
from abr.values import value


@dataclass(frozen=True, slots=True)
class Settings:
    """`enough_share`: of the buffer's cap, which has to be there first; `safety`: of the time until it is played."""

    enough_share: float = 0.5
    safety: float = 0.6
    least_gain_rungs: int = 1


DEFAULT = Settings()


@value
class Buffered:
    """A chunk that waits to be played, in the order of playing; `plays_in_s` until its first frame."""

    index: int
    rung: RungIndex
    plays_in_s: float
    sizes_bytes: tuple[int, ...]


def choose(
    seen: Observation,
    wanted: RungIndex,
    estimate_bps: float | None,
    buffered: tuple[Buffered, ...],
    settings: Settings = DEFAULT,
) -> Buffered | None:
    """The chunk to fetch again at `wanted` instead of the next one, or None."""
    if not estimate_bps or not seen.playing or seen.buffer_s < settings.enough_share * seen.buffer_cap_s:
        return None
    for chunk in buffered:
        if chunk.rung + settings.least_gain_rungs > wanted:
            continue
        fetch_s = 8.0 * chunk.sizes_bytes[wanted] / estimate_bps
        # The next chunk's own time is left in the buffer as well: a replacement must not bring a stall.
        if fetch_s <= settings.safety * chunk.plays_in_s and fetch_s <= settings.safety * seen.buffer_s:
            return chunk
    return None
