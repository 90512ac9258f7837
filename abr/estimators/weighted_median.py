"""A percentile over a window of weighted values: the meter that one outlier does not move.

Source: media3 1.11 SlidingPercentile: the window holds a total weight, the oldest value is shortened or dropped when
that is exceeded, and the percentile is the lowest value at which the weights, added up in ascending order of value,
reach the wanted share. Ties: a sum that equals the share reaches it, so a median between two equal halves is the lower
one. There is no interpolation.
"""

from __future__ import annotations

from collections import deque


class SlidingPercentile:
    """Values by age, up to `max_weight` in all; weights are whole numbers."""

    __slots__ = ("_max_weight", "_total", "_values", "_weights")

    def __init__(self, max_weight: int) -> None:
        if max_weight <= 0:
            raise ValueError(f"a window holds a positive weight, not {max_weight}")
        self._max_weight = max_weight
        self._total = 0
        self._values: deque[float] = deque()
        self._weights: deque[int] = deque()

    def add(self, weight: int, value: float) -> None:
        """Take in `value`; the oldest ones make room."""
        self._values.append(value)
        self._weights.append(weight)
        self._total += weight
        while self._total > self._max_weight:
            excess = self._total - self._max_weight
            if self._weights[0] > excess:
                self._weights[0] -= excess
                self._total -= excess
            else:
                self._total -= self._weights.popleft()
                self._values.popleft()

    def percentile(self, share: float) -> float | None:
        """The value at `share` (0, 1] of the weight; None while there is none."""
        wanted, reached = share * self._total, 0
        ascending = sorted(zip(self._values, self._weights, strict=True))
        for value, weight in ascending:
            reached += weight
            if reached >= wanted:
                return value
        return ascending[-1][0] if ascending else None
