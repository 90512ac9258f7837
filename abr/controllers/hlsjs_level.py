"""hls.js's levels and its search for the best one, from the top down (`findBestLevel`; see `hlsjs`)."""

from __future__ import annotations

from abr.model import Ladder, Observation, RungIndex


class Levels:
    """A ladder with each rung's average and maximum bit rate.

    The maximum is the largest chunk's that has come in sight. `live`: the session was live at the last look.
    """

    __slots__ = ("_looked_up_to", "average_bps", "ladder", "live", "max_bps")

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.average_bps: tuple[int, ...] = ladder.bitrates_bps
        self.max_bps: list[float] = [float(rate) for rate in ladder.bitrates_bps]
        self.live = False
        self._looked_up_to = -1

    @property
    def top(self) -> RungIndex:
        return len(self.average_bps) - 1

    def look(self, seen: Observation) -> None:
        """Take in the sizes of the chunks that were not in sight before."""
        self.live = seen.live_delay_s is not None
        new = seen.chunk_index + len(seen.sizes_bytes) - 1 - self._looked_up_to
        if new <= 0:
            return
        self._looked_up_to += new
        per_byte = 8.0 / seen.chunk_duration_s
        for row in seen.sizes_bytes[-new:]:
            for rung, size in enumerate(row):
                if size * per_byte > self.max_bps[rung]:
                    self.max_bps[rung] = size * per_byte

    def best(
        self,
        *,
        bandwidth_bps: float,
        first_byte_s: float,
        base: RungIndex,
        top: RungIndex,
        starvation_s: float,
        stall_s: float,
        duration_s: float,
        factor: float = 1.0,
        up_factor: float = 1.0,
    ) -> RungIndex:
        """The highest level up to `top` that the rate carries and whose fetch ends in time; -1 when there is none.

        `base` is the last level loaded: above it the estimate counts `up_factor`, else `factor`. The time there is:
        `starvation_s` until the buffer is dry plus `stall_s`. `duration_s` is a fragment's, 0 when it is not known.
        """
        rates: list[float] | tuple[int, ...] = self.max_bps
        if duration_s and stall_s == 0.0 and starvation_s >= 2.0 * duration_s:
            rates = self.average_bps
        span_s, within_s = duration_s or 1.0, starvation_s + stall_s
        for level in range(top, -1, -1):
            carried_bps = bandwidth_bps * (up_factor if level > base else factor)
            rate_bps = rates[level]
            if carried_bps >= rate_bps and (self.live or first_byte_s + rate_bps * span_s / carried_bps < within_s):
                return level
        return -1
