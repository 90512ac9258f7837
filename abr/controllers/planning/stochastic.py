"""Value iteration over a buffer grid and distributions of transfer times, in whole numbers.

Source: Puffer's controller (puffer.cc, puffer.hh; Yan et al., "Learning in situ", NSDI 2020): 21 bins of time, the
first half as wide and the last without an end, a buffer in the same unit, and for every chunk, level and last rung

    V(B, q) = max over q' of [ U(q') - |U(q') - U(q)| + sum_t P(t | q') (V'(min(max(B - t, 0) + p, cap), q')
              - w max(t - B, 0)) ].

Probabilities are counts of `WEIGHT`, worths and prices whole numbers, so the answer is the same on every machine, and
ties are ties: the lower rung is taken, as in Puffer. A rung of which less than half the transfers end within the bins
is banned; when all are, the smallest chunk is taken as one that ends in the last bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

BINS = 21
WEIGHT_BITS = 12
WEIGHT = 1 << WEIGHT_BITS
"""The counts of a distribution sum to this."""

LEVELS_MOST = (BINS - 1) * 5
"""A fuller buffer outlasts five transfers of the last bin."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Time in bins of `bin_s`: a chunk plays `chunk` of them, and the buffer holds `cap`."""

    bin_s: float
    chunk: int
    cap: int

    @classmethod
    def of(cls, chunk_s: float, cap_s: float) -> Grid:
        """Half a second as in Puffer, stretched so that a chunk is 1 to 8 whole bins."""
        chunk = min(max(round(chunk_s / 0.5), 1), 8)
        bin_s = chunk_s / chunk
        cap = min(int(cap_s / bin_s + 0.5), LEVELS_MOST)
        return cls(bin_s, chunk, max(cap, chunk))

    def level(self, buffer_s: float) -> int:
        """The buffer's place on the grid, to the nearest."""
        return min(int(buffer_s / self.bin_s + 0.5), self.cap)


class StochasticPlanner:
    """Plans on one grid."""

    def __init__(self, grid: Grid) -> None:
        import numpy as np

        self.grid = grid
        left = np.arange(grid.cap + 1)[:, None] - np.arange(BINS)[None, :]
        self._next = np.minimum(np.maximum(left, 0) + grid.chunk, grid.cap)
        """`[B, t]`: the level after a transfer of t bins."""
        self._late = np.maximum(-left, 0)
        """`[B, t]`: bins of standstill."""

    def values(
        self, worths: Integers, weights: Integers, sizes: Integers, stall: int, level: int, before: int | None
    ) -> list[int]:
        """What each first rung is worth in expectation, times `WEIGHT`; the least number stands for a banned one.

        `worths[k, q]`: U; `weights[k, q, t]`: counts; `sizes[k, q]`: bytes, for the case that all rungs are banned;
        `stall`: the price of a bin of standstill; `before`: U of the chunk before, None when there is none.
        """
        import numpy as np

        chances, banned = admitted(weights, sizes)
        late = -stall * self._late
        following: Any = np.zeros((len(self._next), worths.shape[1]), dtype=np.int64)
        for k in range(len(worths) - 1, 0, -1):
            own = worths[k] + (self._expected(following, late, chances[k]) >> WEIGHT_BITS)
            own[:, banned[k]] = np.iinfo(np.int64).min // 2
            steps = np.abs(worths[k][None, :] - worths[k - 1][:, None])
            following = (own[:, None, :] - steps[None, :, :]).max(axis=2)
        first = worths[0] if before is None else worths[0] - np.abs(worths[0] - before)
        ahead = following[self._next[level]] + late[level][:, None]
        value = first * WEIGHT + (ahead.T * chances[0]).sum(axis=1)
        value[banned[0]] = np.iinfo(np.int64).min
        answer: list[int] = value.tolist()
        return answer

    def _expected(self, following: Any, late: Any, chances: Any) -> Any:
        """`[B, q]`: sum over t of count x (value at the next level - price)."""
        import numpy as np

        # Levels by rungs by bins, then one product a level and rung: exact, since all are whole numbers.
        ahead = following.T[:, self._next]
        return np.einsum("qbt,qt->bq", ahead, chances) + late @ chances.T


def admitted(weights: Any, sizes: Any) -> tuple[Any, Any]:
    """The counts to plan with, and which rungs are banned, `[k, q]`."""
    import numpy as np

    banned = 2 * weights[:, :, :-1].sum(axis=2) < WEIGHT
    hopeless = np.flatnonzero(banned.all(axis=1))
    if len(hopeless):
        weights = weights.copy()
        smallest = sizes[hopeless].argmin(axis=1)
        banned[hopeless, smallest] = False
        weights[hopeless, smallest] = 0
        weights[hopeless, smallest, -1] = WEIGHT
    return weights, banned
