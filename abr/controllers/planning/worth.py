"""What the coming chunks are worth at each rung: measured quality where the film has it, else the rungs' rates."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import Observation

MICRO = 1e6

DB_MOST = 60.0
"""Puffer clips SSIM in dB here, so a larger value is VMAF."""


@dataclass(frozen=True, slots=True)
class StallPrices:
    """What a second of standstill costs, in the quality's own unit: Puffer's 20 dB; VMAF in the same proportion.

    For a film without measured quality it is the top rung's rate, as in QoE_lin.
    """

    ssim_db: float = 20.0
    vmaf: float = 100.0


@dataclass(frozen=True, slots=True)
class Worth:
    """In millionths of dB, of a VMAF point, or of Mbit/s (which are bit/s): `rows[k][q]`, that of the chunk before
    (None when there is none), and the price of a second of standstill."""

    rows: tuple[tuple[int, ...], ...]
    before: int | None
    stall: int


class WorthMemory:
    """Remembers what the last chunk's rungs were worth: an observation tells only of the chunks to come."""

    def __init__(self, prices: StallPrices) -> None:
        self._prices = prices
        self._last: tuple[int, tuple[int, ...]] | None = None

    def __call__(self, observation: Observation, chunks: int) -> Worth:
        """Of the next `chunks` chunks."""
        told = observation.qualities[:chunks]
        if len(told) < chunks:
            rates = observation.ladder.bitrates_bps
            self._last = None
            return Worth((rates,) * chunks, self._before(observation, rates), rates[-1])
        rows = tuple([tuple([round(MICRO * it) for it in row]) for row in told])
        price = self._prices.ssim_db if max(map(max, told)) <= DB_MOST else self._prices.vmaf
        before = self._before(observation, rows[0])
        self._last = (observation.chunk_index, rows[0])
        return Worth(rows, before, round(MICRO * price))

    def _before(self, observation: Observation, coming: tuple[int, ...]) -> int | None:
        if observation.previous_rung is None:
            return None
        if self._last is not None and self._last[0] == observation.chunk_index - 1:
            coming = self._last[1]
        return coming[observation.previous_rung]
