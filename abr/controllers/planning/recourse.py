"""Plans that are made anew after every transfer: value iteration over what is buffered, the link's rate, and the rung.

The state before chunk k is (b, z, q): seconds buffered, the logarithm z of the last transfer's rate beside today's, and
the last chunk's rung. With t = latency + size / rate and T the chances of going from one rate to the next,

    V_k(b, z, q) = max_q' [ U_k(q') - C(q, q') + sum_z' T(z, z') (g V_{k+1}(b', z', q') - w (t - b)^+) ],
    b' = min((b - t)^+ + p, cap - p),    t at the rate of z'.

A plan over a distribution of rates that does not know that the next decision will know more is too careful; here the
rate is part of the state, so every later rung is chosen knowing it (a plan "with recourse"). The first chunks have the
manifest's own sizes. What comes after them, to the film's end or as far as the plan reaches, has mean sizes; its worths
are kept from decision to decision, moved along with the rate, and some are reckoned anew each time, from the end on.

Between the grid's points values are linear. Rates are spaced closely around today's and widely far away, buffer levels
closely near zero. Single precision is more than such a grid needs, and twice as quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log1p
from typing import Any

from abr.estimators.distribution import Law


@dataclass(frozen=True, slots=True)
class Fineness:
    """`rates` from `slowest` to `quickest` (ln of the factor to today's rate), `levels` of buffer.

    `ahead`: chunks with their own sizes; after them come up to `reach` chunks of mean size, of whose worths `steps` are
    reckoned anew at each decision and `first` at the first one. What comes `patience_s` later weighs 1 / e.
    """

    rates: int = 13
    levels: int = 24
    slowest: float = -2.0
    quickest: float = 2.0
    bend: float = 3.0
    level_s: float = 1.5
    ahead: int = 4
    reach: int = 24
    steps: int = 4
    first: int = 24
    patience_s: float = 180.0

    def __post_init__(self) -> None:
        if self.rates < 3 or self.levels < 3 or min(self.ahead, self.first, self.reach) < 1 or self.steps < 0:
            raise ValueError(f"a plan needs 3 rates and levels, a chunk ahead and a first sweep, not {self}")
        if not self.slowest < 0 < self.quickest or self.patience_s <= 0:
            raise ValueError(f"rates lie on both sides of today's, a patience above 0, not {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be planned, times in seconds of the viewer's clock.

    `sizes[k, q]` bytes and `worths[k, q]` of the coming chunks, `mean_sizes[q]` and `mean_worths[q]` of the film;
    `stall`: price of a second of standstill; `step` and `switch`: prices of a change, by the step and by the count;
    `before` and `previous`: worth and rung of the chunk before, None when there is none; `left`: chunks to come, None
    when unknown; `free_start`: the wait for the first chunk is no stall.
    """

    sizes: Any
    worths: Any
    mean_sizes: Any
    mean_worths: Any
    stall: float
    step: float
    switch: float
    before: float | None
    previous: int | None
    buffer_s: float
    latency_s: float
    left: int | None
    free_start: bool

    def costs(self, earlier: Any, later: Any) -> Any:
        """`[q, q']`: the cost of going from rung q of one chunk to rung q' of the next."""
        import numpy as np

        cost = self.step * np.abs(later[None, :] - earlier[:, None])
        if self.switch:
            cost += self.switch * (1.0 - np.eye(len(earlier)))
        return cost.astype(np.float32)


class Planner:
    """Plans for one ladder, chunk length and buffer cap; remembers what the rest of the film is worth."""

    def __init__(self, chunk_s: float, cap_s: float, rungs: int, fineness: Fineness) -> None:
        import numpy as np

        self.key = (chunk_s, cap_s, rungs)
        self._chunk_s, self._top_s, self._it = chunk_s, max(cap_s - chunk_s, 0.0), fineness
        self._rungs = rungs
        self._discount = exp(-chunk_s / fineness.patience_s)
        self._z = rates_beside(fineness.rates, fineness.slowest, fineness.quickest, fineness.bend)
        self._dz = np.diff(self._z)
        most_s = max(self._top_s, 1.0001 * chunk_s)
        self._bend_s = fineness.level_s
        self._step = log1p(most_s / self._bend_s) / (fineness.levels - 1)
        self._levels = (self._bend_s * np.expm1(self._step * np.arange(fineness.levels))).astype(np.float32)
        self._gaps = np.diff(self._levels)
        self._rows = (np.arange(rungs * fineness.rates) * fineness.levels).reshape(rungs, fineness.rates, 1)
        nothing = np.zeros((rungs, fineness.rates, fineness.levels), dtype=np.float32)
        self._rest: list[tuple[Any, float]] = [(nothing, 0.0)]
        """By the number of chunks to come: their worth, and ln of the rate that it was reckoned for."""
        self._next = 1
        self.steps = 0
        """Backward steps so far: the work that was done."""
        self._latest: tuple[Any, float, Task]
        """What follows the next chunk, ln of the rate that it was reckoned for, and what was planned for."""

    def values(self, law: Law, task: Task) -> Any:
        """`[q]`: what each rung for the next chunk is worth, the film's rest included."""
        import numpy as np

        chances = self._chances(law)
        us_per_byte = 8.0 * np.exp(-(law.last + self._z))
        mean = self._transfer(task.mean_sizes, task.mean_worths, us_per_byte, task)
        ahead = len(task.sizes)
        value = self._film_after(law.last, ahead, mean, chances, task)
        for k in range(ahead - 1, 0, -1):
            step = self._transfer(task.sizes[k], task.worths[k], us_per_byte, task)
            value = self._back(value, step, chances, task.costs(task.worths[k - 1], task.worths[k]), self._discount)
        self._latest = value, law.last, task
        found = self._from_here(law, task.sizes[0], task.latency_s, task.buffer_s)
        return found if task.before is None else found - task.switch * (np.arange(self._rungs) != task.previous)

    def instead(self, law: Law, sizes: Any, rest_bytes: float, buffer_s: float) -> Any:
        """`[q]`: what it is worth to let the chunk in flight go on (the last), or to fetch it anew at a lower rung.

        `sizes[q]` bytes up to the rung in flight, of which `rest_bytes` are to come; after `values`, whose chunk it is.
        """
        import numpy as np

        latency_s = np.full((len(sizes), 1), self._latest[2].latency_s)
        sizes, latency_s[-1] = sizes.copy(), 0.0
        sizes[-1] = rest_bytes
        return self._from_here(law, sizes, latency_s, buffer_s)

    def _chances(self, law: Law) -> Any:
        """`[z, z']`: T, each of the law's points shared between its neighbours on the grid."""
        import numpy as np

        if law.parts:
            return sum([np.float32(chance) * self._chances(part) for chance, part in law.parts])
        errors, weights = np.array((law.errors, law.weights))
        gone = law.last - law.mean
        to = (law.keep * (gone + self._z) - gone)[:, None] + errors
        at, part = self._place_rate(to)
        at += (np.arange(len(self._z)) * len(self._z))[:, None]
        cells = len(self._z) ** 2
        low = np.bincount(at.ravel(), ((1.0 - part) * weights).ravel(), cells)
        high = np.bincount(at.ravel() + 1, (part * weights).ravel(), cells)
        return (low + high).reshape(len(self._z), -1).astype(np.float32)

    def _film_after(self, now: float, ahead: int, mean: Any, chances: Any, task: Task) -> Any:
        """The worth of what follows the chunks ahead; some of the rest's steps are made anew on the way."""
        reach = self._it.reach
        needed = reach if task.left is None else min(task.left - ahead, reach)
        costs = task.costs(task.mean_worths, task.mean_worths)
        value, fresh = None, -1
        for _ in range(self._it.first if len(self._rest) == 1 else self._it.steps):
            if self._next > needed:
                self._next = 1
            if needed < 1:
                break
            before = value if fresh == self._next - 1 else self._remembered(self._next - 1, now)
            value, fresh = self._back(before, mean, chances, costs, self._discount), self._next
            self._rest[fresh : fresh + 1] = [(value, now)]
            self._next += 1
        return self._remembered(min(needed, len(self._rest) - 1), now)

    def _remembered(self, left: int, now: float) -> Any:
        """The worth of the last `left` chunks as it was reckoned last, moved to today's rate."""
        import numpy as np

        value, then = self._rest[left]
        if left == 0 or then == now:
            return value
        at, part = self._place_rate(self._z + (now - then))
        low, high = value[:, at, :], value[:, at + 1, :]
        return low + part.astype(np.float32)[None, :, None] * (high - low)

    def _transfer(self, sizes: Any, worths: Any, us_per_byte: Any, task: Task) -> Any:
        """`[q, z', b]`: a chunk's worth less the stall, and where b' lies on the grid."""
        import numpy as np

        times = (task.latency_s + sizes[:, None] * us_per_byte[None, :]).astype(np.float32)
        rest = self._levels[None, None, :] - times[:, :, None]
        gain = task.stall * np.minimum(rest, 0.0)
        gain += worths[:, None, None].astype(np.float32)
        np.maximum(rest, 0.0, out=rest)
        rest += self._chunk_s
        np.minimum(rest, self._top_s, out=rest)
        at, part = self._place_level(rest)
        at += self._rows
        return gain, at, at + 1, part

    def _back(self, value: Any, transfer: Any, chances: Any, costs: Any, discount: float) -> Any:
        """One chunk earlier."""
        import numpy as np

        self.steps += 1
        gain, at, above, part = transfer
        flat = value.reshape(-1)
        low = flat.take(at)
        then = flat.take(above)
        then -= low
        then *= part
        then += low
        then *= discount
        then += gain
        mixed = np.matmul(chances, then)
        return (mixed[None] - costs[:, :, None, None]).max(axis=1)

    def _from_here(self, law: Law, sizes: Any, latency_s: Any, buffer_s: float) -> Any:
        """A chunk of these sizes at each rung: from the very buffer, over the law's own points."""
        import numpy as np

        value, now, task = self._latest
        errors, weights = np.array((law.errors, law.weights))
        beside = np.clip(law.middle - now + errors, self._z[0], self._z[-1])
        times = latency_s + sizes[:, None] * (8.0 * np.exp(-(now + beside)))
        rest = buffer_s - times
        late = np.zeros_like(rest) if task.free_start else np.maximum(-rest, 0.0)
        level, level_part = self._place_level(np.minimum(np.maximum(rest, 0.0) + self._chunk_s, self._top_s))
        rate, rate_part = self._place_rate(beside)
        rung = np.arange(len(sizes))[:, None]

        def at(row: Any) -> Any:
            low, high = value[rung, row, level], value[rung, row, level + 1]
            return low + level_part * (high - low)

        then = (1.0 - rate_part) * at(rate) + rate_part * at(rate + 1)
        worths = task.worths[0][: len(sizes)]
        found = worths + (self._discount * then - task.stall * late) @ weights
        return found if task.before is None else found - task.step * np.abs(worths - task.before)

    def _place_level(self, buffer_s: Any) -> Any:
        """The level below and how far it is to the next."""
        import numpy as np

        at = (np.log1p(buffer_s / self._bend_s) / self._step).astype(np.int64)
        np.minimum(at, len(self._levels) - 2, out=at)
        return at, (buffer_s - self._levels.take(at)) / self._gaps.take(at)

    def _place_rate(self, beside: Any) -> Any:
        import numpy as np

        at = np.searchsorted(self._z, beside, side="right") - 1
        at = np.clip(at, 0, len(self._z) - 2)
        return at, np.clip((beside - self._z[at]) / self._dz[at], 0.0, 1.0)


@lru_cache(8)
def rates_beside(count: int, slowest: float, quickest: float, bend: float) -> Any:
    """ln of the grid's rates beside today's, ascending, 0 among them when `count` is odd."""
    import numpy as np

    place = np.linspace(-1.0, 1.0, count)
    bent = np.sinh(bend * place) / np.sinh(bend)
    rates = np.where(bent < 0.0, -slowest * bent, quickest * bent)
    rates.flags.writeable = False
    return rates
