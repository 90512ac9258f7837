"""The best plan over the coming chunks, exactly, in whole numbers: what enumerating every plan would choose.

A plan q_1 .. q_N is worth (Yin, Jindal, Sekar, Sinopoli, SIGCOMM 2015)

    sum R(q_k) - w sum stall_k - sum |R(q_k) - R(q_{k-1})|,   stall_k = max(d_k - B_k, 0),
    B_{k+1} = min(max(B_k - d_k, 0) + p, ceiling)

with R in kbit/s, the transfer times d, the buffer B and the chunk's play time p in microseconds, and w in kbit/s for
each second of standstill. Everything is scaled by 10^6 and stays a Python integer, so no rounding decides, and plans
of equal worth are truly equal: among them the lower first rung is taken. The ceiling is the paper's: the request after
a full buffer waits until there is room for one chunk more.

Depth-first branch and bound. Whatever is planned, the r transfers that are left stand still for at least
sum d - B - (r - 1) p, so for any price 0 <= m <= w of download time the rest is worth at most

    max over q (sum (R(q_k) - m d_k) - sum |step|) + m (B + (r - 1) p),

whose first part no longer depends on the buffer: a table of N x rungs, made by two sweeps a chunk. The bound holds for
every m; the price only decides how many branches are cut. It is set where playing the top rung throughout and playing
nothing at all come out even, which is near the multiplier of the continuous problem, less a share for the one step up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from abr.model import RungIndex

SCALE = 1_000_000
"""Microseconds in a second: kbit/s times this is one chunk's worth in the plan's whole numbers."""

NOTHING = -(1 << 200)
"""Less than any plan is worth."""

PRICE_PERCENT = 105
"""Of the price at which the top rung breaks even. On thirteen families of recordings 90 to 120 cost about the same."""

Times = Sequence[Sequence[int]]
"""`times_us[k][q]`: the transfer of the k-th coming chunk at rung q, latency included."""


class Planner:
    """Plans for one ladder and one weight of stalls.

    `rates_kbps`: the rungs' rates, ascending. `stall_kbps`: what a second of standstill costs. `allowed`: the highest
    rung that a plan may use; the rung before the plan may be any. Worst case rungs^N steps, as for enumeration;
    usually some dozens.
    """

    __slots__ = ("_has_best_top", "_rows", "_stall", "_steps", "_worth")

    def __init__(self, rates_kbps: Sequence[int], stall_kbps: int, allowed: RungIndex | None = None) -> None:
        if stall_kbps < 0:
            raise ValueError(f"a second of standstill costs 0 kbit/s or more, not {stall_kbps}")
        every = [rate * SCALE for rate in rates_kbps]
        worth = every if allowed is None else every[: allowed + 1]
        self._worth, self._stall = worth, stall_kbps
        self._steps = [upper - lower for lower, upper in pairwise(worth)]
        self._rows = [[value - abs(value - before) for value in worth] for before in every]
        # Two rungs of one rate, after rounding, are alike to the plan: then the lower of them is the choice.
        self._has_best_top = len(worth) < 2 or worth[-1] > worth[-2]

    def first_rung(
        self, times_us: Times, buffer_us: int, chunk_us: int, ceiling_us: int, previous: RungIndex | None
    ) -> RungIndex:
        """The first rung of the best plan over `times_us`, the lowest of them where several plans are best."""
        first = self._worth if previous is None else self._rows[previous]
        if len(times_us) == 1:
            return self._last_rung(first, times_us[0], buffer_us)
        if self._has_best_top and self._is_smooth(times_us, buffer_us, chunk_us, ceiling_us):
            return len(self._worth) - 1
        return self._search(first, times_us, buffer_us, chunk_us, ceiling_us)

    def _last_rung(self, first: list[int], row: Sequence[int], buffer_us: int) -> RungIndex:
        weight = self._stall
        values = [value - weight * max(time - buffer_us, 0) for value, time in zip(first, row, strict=False)]
        return values.index(max(values))

    def _is_smooth(self, times_us: Times, buffer_us: int, chunk_us: int, ceiling_us: int) -> bool:
        """The top rung throughout plays without a stall; over two chunks or more nothing is worth as much."""
        top = len(self._worth) - 1
        for row in times_us:
            buffer_us -= row[top]
            if buffer_us < 0:
                return False
            buffer_us = min(buffer_us + chunk_us, ceiling_us)
        return True

    def _price(self, times_us: Times) -> int:
        top = len(self._worth) - 1
        spent_us = sum([row[top] for row in times_us])
        even = PRICE_PERCENT * (len(times_us) - 1) * self._worth[top] // (100 * max(spent_us, 1))
        return min(even, self._stall)

    def _bounds(self, times_us: Times, chunk_us: int, price: int) -> list[list[int]]:
        """`bounds[k][q]`: what follows the k-th chunk at rung q is worth at most this plus `price` x buffer."""
        worth, steps = self._worth, self._steps
        rest = [0] * len(worth)
        bounds = [rest]
        bonus = price * chunk_us
        for row in times_us[:0:-1]:
            rest = [value - price * time + more for value, time, more in zip(worth, row, rest, strict=False)]
            best = rest[0]
            for rung, step in enumerate(steps, 1):
                best -= step
                if rest[rung] > best:
                    best = rest[rung]
                else:
                    rest[rung] = best
            for rung in range(len(steps) - 1, -1, -1):
                best -= steps[rung]
                if rest[rung] > best:
                    best = rest[rung]
                else:
                    rest[rung] = best
            bounds.append([value + bonus * (len(bounds) - 1) for value in rest])
        bounds.reverse()
        return bounds

    def _search(self, first: list[int], times_us: Times, buffer_us: int, chunk_us: int, ceiling_us: int) -> RungIndex:
        """Branch and bound, the most promising branch first. One loop and plain locals: it is the hot path."""
        worth, rows, weight = self._worth, self._rows, self._stall
        price = self._price(times_us)
        bounds = self._bounds(times_us, chunk_us, price)
        last, top, rungs = len(times_us) - 1, worth[-1], range(len(worth))
        most, best = NOTHING, -1
        stack = [(0, 0, 0, buffer_us, 0, -1)]
        while stack:
            bound, minus_rung, value, buffer, depth, root = stack.pop()
            if depth:
                if bound < most or (bound == most and root >= best):
                    continue
                gains = rows[-minus_rung]
            else:
                bound, gains = NOTHING, first
            row = times_us[depth]
            if depth == last:
                value += self._closing(gains, -minus_rung, row, buffer)
                if value > most or (value == most and root < best):
                    most, best = value, root
                continue
            depth += 1
            free = top * (last - depth)
            branches = []
            for rung, time, gain, own, rest in zip(rungs, row, gains, worth, bounds[depth - 1], strict=False):
                left = buffer - time
                got = value + gain
                if left < 0:
                    got += weight * left
                    left = chunk_us
                else:
                    left += chunk_us
                if left > ceiling_us:
                    left = ceiling_us
                bound = got + rest + price * left
                if bound > got + free + own:
                    bound = got + free + own
                if bound >= most:
                    branches.append((bound, -rung, got, left, depth, root if root >= 0 else rung))
            branches.sort()
            stack += branches
        return best

    def _closing(self, gains: list[int], rung: RungIndex, row: Sequence[int], buffer_us: int) -> int:
        """What the last chunk adds: nothing beats the same rung if that comes in time."""
        if row[rung] <= buffer_us:
            return self._worth[rung]
        weight = self._stall
        return max([gain - weight * max(time - buffer_us, 0) for gain, time in zip(gains, row, strict=False)])
