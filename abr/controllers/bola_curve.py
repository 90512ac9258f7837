"""BOLA's choice for one ladder: which rung makes the best use of a buffer level. Shared by every BOLA here.

Source: Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos", INFOCOM 2016. Rung q
scores (w_q - B) / b_q, where w_q = V (v_q + g) is what the rung is worth, in seconds of buffer, and b_q its nominal
bit rate. Over B these are straight lines, and the choice is their upper envelope: worked out once, then looked up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import log

from abr.model import Ladder, RungIndex


def log_utilities(ladder: Ladder) -> tuple[float, ...]:
    """ln(b_q / b_0) of every rung; the lowest has 0."""
    lowest = ladder.bitrates_bps[0]
    return tuple(log(rate / lowest) for rate in ladder.bitrates_bps)


def envelope(worths_s: Sequence[float], rates: Sequence[float]) -> tuple[list[float], list[RungIndex]]:
    """(levels, rungs): up to `levels[0]`, that level included, `rungs[0]` scores best; above it, `rungs[1]`; and so on.

    `rates` ascend. Where lines cross, the lowest rung through the point keeps it, and the highest one leaves it.
    """
    levels: list[float] = []
    rungs: list[RungIndex] = [0]
    while rungs[-1] + 1 < len(rates):
        last = rungs[-1]
        crossings = [crossing_s(worths_s, rates, last, above) for above in range(last + 1, len(rates))]
        nearest = min(crossings)
        levels.append(nearest)
        rungs.append(last + 1 + max(i for i, level in enumerate(crossings) if level == nearest))
    return levels, rungs


def crossing_s(worths_s: Sequence[float], rates: Sequence[float], low: RungIndex, high: RungIndex) -> float:
    """The buffer level in seconds above which rung `high` scores better than rung `low`."""
    return (rates[high] * worths_s[low] - rates[low] * worths_s[high]) / (rates[high] - rates[low])


class Curve:
    """The rungs' worths, and what follows from them. Levels are seconds of buffer.

    `worths_s[q]` is the level above which rung q scores below zero; `least_s[q]` the one above which it beats every
    lower rung (0 where it always does).
    """

    __slots__ = ("_caps", "least_s", "levels_s", "rates_bps", "rungs", "worths_s")

    def __init__(self, ladder: Ladder, worths_s: tuple[float, ...]) -> None:
        self.worths_s, self.rates_bps = worths_s, ladder.bitrates_bps
        self.levels_s, self.rungs = envelope(worths_s, self.rates_bps)
        self.least_s = tuple(
            max(0.0, *(crossing_s(worths_s, self.rates_bps, low, rung) for low in range(rung)), 0.0)
            for rung in range(len(worths_s))
        )
        self._caps: dict[RungIndex, tuple[list[float], list[RungIndex]]] = {}

    @classmethod
    def of(cls, ladder: Ladder, v_s: float, g: float) -> Curve:
        """w_q = V (ln(b_q / b_0) + g)."""
        return cls(ladder, tuple(v_s * (utility + g) for utility in log_utilities(ladder)))

    def choose(self, buffer_s: float, allowed: RungIndex) -> RungIndex:
        """The rung up to `allowed` with the best score at `buffer_s`; the lowest one on a tie."""
        rung = self.rungs[bisect_left(self.levels_s, buffer_s)]
        return rung if rung <= allowed else self._choose_below(buffer_s, allowed)

    def choose_up(self, buffer_s: float) -> RungIndex:
        """The rung with the best score at `buffer_s`; the highest one on a tie."""
        return self.rungs[bisect_right(self.levels_s, buffer_s)]

    def _choose_below(self, buffer_s: float, allowed: RungIndex) -> RungIndex:
        """Without the rungs above `allowed` one may be best that never is on the whole ladder."""
        if allowed not in self._caps:
            self._caps[allowed] = envelope(self.worths_s[: allowed + 1], self.rates_bps[: allowed + 1])
        levels, rungs = self._caps[allowed]
        return rungs[bisect_left(levels, buffer_s)]
