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
    """`enough_share`: of the most that a decision can see buffered, which has to be there first; `safety`: of the time
    until it is played.

    `smooth`: only where the picture gains more than the steps to the neighbours grow by, in bit/s: one good chunk among
    bad ones is a flicker. Measured by tests/benchmarks/network.py: at half the cap and without it, a controller that
    plans ahead (evenflow) loses 2.5 % of QoE_lin; so set it gains 0.7 %, and the rate-based one 36 %.
    """

    enough_share: float = 0.85
    safety: float = 0.6
    least_gain_rungs: int = 1
    smooth: bool = True


DEFAULT = Settings()


@value
class Buffered:
    """A chunk that waits to be played, in the order of playing; `plays_in_s` until its first frame."""

    index: int
    rung: RungIndex
    plays_in_s: float
    sizes_bytes: tuple[int, ...]


def enough_buffer_s(cap_s: float, chunk_s: float, settings: Settings = DEFAULT) -> float:
    """What has to be buffered before anything is fetched again; a chunk is asked for when it fits under the cap."""
    return settings.enough_share * (cap_s - chunk_s)


def choose(
    seen: Observation,
    wanted: RungIndex,
    estimate_bps: float | None,
    buffered: tuple[Buffered, ...],
    settings: Settings = DEFAULT,
) -> Buffered | None:
    """The chunk to fetch again at `wanted` instead of the next one, or None."""
    enough_s = enough_buffer_s(seen.buffer_cap_s, seen.chunk_duration_s, settings)
    if not estimate_bps or not seen.playing or seen.buffer_s < enough_s:
        return None
    for place, chunk in enumerate(buffered):
        if chunk.rung + settings.least_gain_rungs > wanted:
            continue
        if settings.smooth and _steps_bps(seen, wanted, buffered, place) >= _gain_bps(seen, wanted, chunk):
            continue
        fetch_s = 8.0 * chunk.sizes_bytes[wanted] / estimate_bps
        # The next chunk's own time is left in the buffer as well: a replacement must not bring a stall.
        if fetch_s <= settings.safety * chunk.plays_in_s and fetch_s <= settings.safety * seen.buffer_s:
            return chunk
    return None


def _gain_bps(seen: Observation, wanted: RungIndex, chunk: Buffered) -> int:
    rates = seen.ladder.bitrates_bps
    return rates[wanted] - rates[chunk.rung]


def _steps_bps(seen: Observation, wanted: RungIndex, buffered: tuple[Buffered, ...], place: int) -> int:
    """What the steps to its neighbours grow by; the chunk to come is taken to be at `wanted`."""
    rates, own = seen.ladder.bitrates_bps, buffered[place].rung
    beside = [buffered[place - 1].rung] if place else []
    beside.append(buffered[place + 1].rung if place + 1 < len(buffered) else wanted)
    return sum(abs(rates[wanted] - rates[it]) - abs(rates[own] - rates[it]) for it in beside)
