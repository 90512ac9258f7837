"""A recorded or generated link: rate and latency over time, looping for ever."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from pathlib import Path


class TraceError(ValueError):
    """A trace that cannot be read or used. The message names the file, the line, and the way out."""

    def __init__(self, problem: str, *, source: str | Path = "", line: int | None = None) -> None:
        where = f"{source}:{line}" if line is not None else str(source)
        super().__init__(f"{where}: {problem}" if where else problem)


@dataclass(frozen=True, slots=True)
class Step:
    """For `duration_s` the link carries `rate_bps`; a request made in it waits `latency_s` for its first byte."""

    duration_s: float
    rate_bps: float
    latency_s: float = 0.0


class Trace:
    """Steps one after the other; after the last comes the first again. Immutable.

    A trace without any bit is refused, since no download would ever end on it. Zero-length steps are left out.
    `notes` says what a reader had to assume.
    """

    __slots__ = ("_bits", "_ends_s", "_latencies_s", "_rates_bps", "family", "name", "notes", "steps")

    def __init__(
        self, steps: Iterable[Step], *, name: str = "trace", family: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        self.steps = tuple(step for step in steps if step.duration_s != 0)
        self.name, self.family, self.notes = name, family, notes
        self._check()
        self._ends_s = tuple(accumulate(step.duration_s for step in self.steps))
        self._bits = tuple(accumulate(step.duration_s * step.rate_bps for step in self.steps))
        self._rates_bps = tuple(step.rate_bps for step in self.steps)
        self._latencies_s = tuple(step.latency_s for step in self.steps)
        if not (isfinite(self.duration_s) and isfinite(self.total_bits) and self.total_bits > 0):
            problem = "adds up to no bits or to endless ones; its times or rates are beyond what can be reckoned with"
            raise TraceError(problem, source=name)

    def __repr__(self) -> str:
        return f"Trace({self.name!r}, {len(self.steps)} steps, {self.duration_s:g} s, {self.mean_bps:.0f} bit/s)"

    @property
    def duration_s(self) -> float:
        """One turn of the loop."""
        return self._ends_s[-1]

    @property
    def total_bits(self) -> float:
        """Bits in one turn of the loop."""
        return self._bits[-1]

    @property
    def mean_bps(self) -> float:
        """The mean rate, weighted by time."""
        return self.total_bits / self.duration_s

    @property
    def columns(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """(end in s, bits carried until then, rate in bit/s, latency in s), each a tuple with an entry a step."""
        return self._ends_s, self._bits, self._rates_bps, self._latencies_s

    def step_at(self, at_s: float) -> Step:
        """The step in force at `at_s`; a step holds from its start up to, not at, its end."""
        return self.steps[self._index(self._turn(at_s)[1])]

    def rate_at(self, at_s: float) -> float:
        """Bits per second at `at_s`."""
        return self.step_at(at_s).rate_bps

    def latency_at(self, at_s: float) -> float:
        """Seconds to the first byte for a request made at `at_s`."""
        return self.step_at(at_s).latency_s

    def bits_between(self, start_s: float, end_s: float) -> float:
        """Bits that the link can carry from `start_s` to `end_s`."""
        return self._bits_until(end_s) - self._bits_until(start_s)

    def transfer(self, requested_s: float, bits: float) -> tuple[float, float]:
        """First byte and last byte of `bits` asked for at `requested_s`: the latency of that instant, then the link."""
        ends_s = self._ends_s
        within_s = requested_s if requested_s < ends_s[-1] else requested_s % ends_s[-1]
        index = bisect_right(ends_s, within_s)
        latency_s = self._latencies_s[index if index < len(ends_s) else -1]
        first_byte_s = requested_s + latency_s
        return first_byte_s, self.when_done(first_byte_s, bits)

    def lowest_rate_bps(self, start_s: float, end_s: float) -> float:
        """The lowest rate between the two instants; 0 when they span a whole turn (a bound, not a measurement)."""
        ends_s = self._ends_s
        turn, within_s = self._turn(start_s)
        until_s = end_s - turn * ends_s[-1]
        if until_s > ends_s[-1]:
            return 0.0
        first, last = bisect_right(ends_s, within_s), bisect_right(ends_s, until_s)
        return min(self._rates_bps[first : last + 1])

    def when_done(self, start_s: float, bits: float) -> float:
        """The instant at which `bits` sent from `start_s` on have arrived."""
        if bits <= 0:
            return start_s
        ends_s, carried = self._ends_s, self._bits
        turn, within_s = (0, start_s) if 0.0 <= start_s < ends_s[-1] else self._turn(start_s)
        index = bisect_right(ends_s, within_s)
        rate_bps = self._rates_bps[index]
        left_s = ends_s[index] - within_s
        # Most transfers end in the step they started in; this also keeps long sessions free of cancellation.
        if bits <= rate_bps * left_s:
            return start_s + bits / rate_bps
        target = carried[index] - left_s * rate_bps + bits
        turns = 0.0
        if target > carried[-1]:
            turns, target = divmod(target, carried[-1])
            if target == 0.0:
                turns, target = turns - 1, carried[-1]
        done_s = self._time_of(target)
        return max(start_s, (turn + turns) * ends_s[-1] + done_s)

    def _time_of(self, target_bits: float) -> float:
        """The first instant within a turn at which `target_bits` have been carried."""
        index = min(bisect_left(self._bits, target_bits), len(self._bits) - 1)
        before_bits = self._bits[index - 1] if index else 0.0
        start_s = self._ends_s[index - 1] if index else 0.0
        rate_bps = self._rates_bps[index]
        needed_s = (target_bits - before_bits) / rate_bps if rate_bps else 0.0
        return min(start_s + needed_s, self._ends_s[index])

    def _turn(self, at_s: float) -> tuple[int, float]:
        if 0.0 <= at_s < self._ends_s[-1]:
            return 0, at_s
        if at_s < 0 or not isfinite(at_s):
            raise ValueError(f"a trace starts at 0 s; there is no {at_s} s")
        turns, within_s = divmod(at_s, self._ends_s[-1])
        # A remainder can round up to the whole turn; it is then the start of the next.
        return (int(turns), within_s) if within_s < self._ends_s[-1] else (int(turns) + 1, 0.0)

    def _index(self, within_s: float) -> int:
        index = bisect_right(self._ends_s, within_s)
        return index if index < len(self.steps) else index - 1

    def _bits_within(self, within_s: float) -> float:
        index = self._index(within_s)
        if not index:
            return within_s * self._rates_bps[0]
        return self._bits[index - 1] + (within_s - self._ends_s[index - 1]) * self._rates_bps[index]

    def _bits_until(self, at_s: float) -> float:
        if 0.0 <= at_s < self._ends_s[-1]:
            return self._bits_within(at_s)
        turn, within_s = self._turn(at_s)
        return turn * self._bits[-1] + self._bits_within(within_s)

    def _check(self) -> None:
        if not self.steps:
            raise TraceError("holds no step that takes time", source=self.name)
        for number, step in enumerate(self.steps, 1):
            values = (step.duration_s, step.rate_bps, step.latency_s)
            if not all(isfinite(value) and value >= 0 for value in values):
                raise TraceError(f"step {number} has a negative or endless value: {step}", source=self.name)
        if not any(step.rate_bps > 0 for step in self.steps):
            problem = "carries no bit at all, so no download would ever end; give a trace with some rate above 0"
            raise TraceError(problem, source=self.name)
