"""Which chunk next, and when: pure answers about the chunks that the output has and lacks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Has = Callable[[int], bool]
"""Is this chunk with the output?"""


@dataclass(frozen=True, slots=True)
class Grid:
    """The chunk grid of a title: `ends_s[k]` is the instant at which chunk k ends; chunk 0 begins at 0."""

    ends_s: tuple[float, ...]

    @classmethod
    def of_durations(cls, durations_s: Sequence[float]) -> Grid:
        ends, at = [], 0.0
        for duration in durations_s:
            at += duration
            ends.append(at)
        return cls(tuple(ends))

    def __len__(self) -> int:
        return len(self.ends_s)

    @property
    def duration_s(self) -> float:
        return self.ends_s[-1]

    @property
    def starts_s(self) -> tuple[float, ...]:
        """The instants at which the chunks begin."""
        return (0.0, *self.ends_s[:-1]) if self.ends_s else ()

    def start_s(self, index: int) -> float:
        return self.ends_s[index - 1] if index else 0.0

    def length_s(self, index: int) -> float:
        return self.ends_s[index] - self.ends_s[index - 1] if index else self.ends_s[0]

    def at(self, position_s: float) -> int:
        """The chunk that holds `position_s`, clamped to the title."""
        index = bisect_right(self.ends_s, position_s + 1e-6)
        return index if index < len(self.ends_s) else index - 1


def first_missing(grid: Grid, target: int, has: Has) -> int | None:
    """The first chunk from `target` on that the output lacks; None when it has all to the end."""
    for index in range(target, len(grid.ends_s)):
        if not has(index):
            return index
    return None


class Reach:
    """Where the feed begins, and how far on from there everything is known to be with the output.

    What is known is held against one question, about the last chunk of it: outputs forget at the ends, not inside.
    """

    __slots__ = ("_end", "target")

    def __init__(self, target: int) -> None:
        self.target = self._end = target

    def first_missing(self, index: int, grid: Grid, has: Has) -> int | None:
        """The first chunk from `index` on that the output lacks; None when it has all to the end."""
        end = self._end
        known = self.target <= index < end and has(end - 1)
        if known and end < len(grid.ends_s) and not has(end):
            return end  # as far as it was
        found = first_missing(grid, end if known else index, has)
        if known or index == self.target:
            self._end = len(grid.ends_s) if found is None else found
        return found


def contiguous_end_s(grid: Grid, position_s: float, has: Has) -> float:
    """Where the media that follows the playhead without a gap ends; `position_s` itself when there is none."""
    missing = first_missing(grid, grid.at(position_s), has)
    end = grid.duration_s if missing is None else grid.start_s(missing)
    return max(end, position_s)


def delay_until_room_s(buffer_s: float, chunk_s: float, cap_s: float, speed: float, moving: bool) -> float | None:
    """How long to hold the next request back so that its chunk fits under the cap.

    0 when it fits now; None when the playhead stands still and so will never make room by itself. A chunk longer than
    the cap is asked for once the buffer is dry: a cap must never stop a session.
    """
    excess = buffer_s + chunk_s - max(cap_s, chunk_s)
    if excess <= 1e-9:
        return 0.0
    return excess / speed if moving else None
