"""What a search is about: the chunks, the link, the buffer's limit, and the bins of standstill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abr.optimum.link import Floats, Link

EPSILON_S = 1e-9
"""The simulator and this search add up times in different orders."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not change during a search. `bits` and `utilities` are [chunks, rungs].

    `startup_credit` is what the score gives back for each second of W that was start-up.
    """

    link: Link
    bits: Floats
    utilities: Floats
    step_weight: float
    switch_weight: float
    startup_credit: float
    chunk_s: float
    cap_s: float
    start_s: float
    starting_chunks: int
    """Play begins once this many chunks are there."""
    first: int | None = None
    """The first chunk's rung; None leaves it open."""

    def move_cost(self, chunk: int) -> Floats:
        """What going from a rung of the chunk before (rows) to one of `chunk` (columns) costs."""
        before, after = self.utilities[chunk - 1][:, None], self.utilities[chunk][None, :]
        rungs = np.arange(self.bits.shape[1])
        switched = (rungs[:, None] != rungs).astype(np.float64)
        cost: Floats = self.step_weight * np.abs(after - before) + self.switch_weight * switched
        return cost

    def played_s(self, chunk: int) -> float:
        """When `chunk` would be played without any standstill; the chunk that play begins with, at the start."""
        return self.start_s + (chunk * self.chunk_s if chunk >= self.starting_chunks else 0.0)

    def room_s(self, chunk: int) -> float:
        """From when on there is room for `chunk`; every second of standstill makes it a second later."""
        return self.start_s - self.cap_s + (chunk + 1) * self.chunk_s

    def soonest_s(self, stood_s: float) -> Floats:
        """When each chunk can come at best: all the smallest there are, with the room that `stood_s` leaves."""
        at_s, soonest_s = self.start_s, []
        for chunk, bits in enumerate(self.bits.min(axis=1)):
            if chunk >= self.starting_chunks:
                at_s = max(at_s, self.room_s(chunk) + stood_s)
            at_s = self.finished_s(chunk, at_s, bits)
            soonest_s.append(at_s)
        return np.array(soonest_s)

    def finished_s(self, chunk: int, requested_s: float, bits: float) -> float:
        """When `chunk`, of `bits` and asked for at `requested_s`, has come at best."""
        carried = self.link.carried_bits(np.array([requested_s]), may_wait=chunk > 0)
        return float(self.link.finished_s(carried, np.array([bits]))[0])


@dataclass(frozen=True, slots=True)
class Bins:
    """Intervals of W, ascending, without a gap between them."""

    low_s: Floats
    high_s: Floats

    @classmethod
    def of(cls, edges_s: list[float]) -> Bins:
        """From the edges, one more than there are bins; two equal edges are a bin of no width."""
        return cls(np.array(edges_s[:-1]), np.array(edges_s[1:]))
