"""Many traces as flat arrays, and the end of a transfer over each of them: `Trace.transfer`, session by session.

Every number is worked out by the operations of `Trace`, in their order, so that the last bit agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abr.simulate.batch.arrays import Flags, Floats, Ints
from abr.simulate.batch.search import Grid
from abr.trace.model import Trace


class TraceTables:
    """The steps of all traces, each trace once however many sessions play over it.

    Two searches, two sets of columns: by time over all steps, by bits over those steps only that carry any, since the
    first instant at which so many bits are through lies in none of the others.
    """

    def __init__(self, traces: Sequence[Trace]) -> None:
        rows = [_Columns(trace) for trace in traces]
        self.by_time = Grid([row.ends_s for row in rows])
        self.by_bits = Grid([row.bits[row.rising] for row in rows])
        self.ends_s = self.by_time.values
        self.rates_bps = _flat([row.rates_bps for row in rows])
        self.latencies_s = _flat([row.latencies_s for row in rows])
        self.carried = _flat([row.bits for row in rows])
        self.before_bits = _flat([row.shifted(row.bits) for row in rows])
        self.starts_s = _flat([row.shifted(row.ends_s) for row in rows])
        self.stops_s = _flat([row.ends_s[row.rising] for row in rows])
        # Nothing through means no time needed, as in `Trace`; a division by an endless rate says the same.
        self.rising_bps = _flat([np.where(row.rates_bps > 0.0, row.rates_bps, np.inf)[row.rising] for row in rows])
        self.durations_s: Floats = np.array([row.ends_s[-1] for row in rows])
        self.total_bits: Floats = np.array([row.bits[-1] for row in rows])
        self.latency_s: Floats = np.array([row.latencies_s[0] for row in rows])
        self.has_one_latency = all(bool((row.latencies_s == row.latencies_s[0]).all()) for row in rows)


class _Columns:
    """One trace's steps, column by column."""

    def __init__(self, trace: Trace) -> None:
        self.ends_s, self.bits, self.rates_bps, self.latencies_s = (np.array(column) for column in trace.columns)
        self.rising: Flags = np.ones(len(self.bits), np.bool_)
        np.greater(self.bits[1:], self.bits[:-1], out=self.rising[1:])

    def shifted(self, column: Floats) -> Floats:
        """What held before each rising step."""
        before = np.zeros_like(column)
        before[1:] = column[:-1]
        return before[self.rising]


def _flat(rows: Sequence[Floats]) -> Floats:
    """Rows one after the other, each with a place behind it, as in `Grid.values`."""
    return np.concatenate([part for row in rows for part in (row, (0.0,))])


class Links:
    """The traces of a row of sessions."""

    def __init__(self, tables: TraceTables, trace_of: Ints, round_trip_s: float | None) -> None:
        self._tables, self._round_trip_s = tables, round_trip_s
        self._by_time, self._by_bits = tables.by_time.lookup(trace_of), tables.by_bits.lookup(trace_of)
        self._duration_s, self._total_bits = tables.durations_s[trace_of], tables.total_bits[trace_of]
        self._latency_s = tables.latency_s[trace_of]

    def transfer(self, requested_s: Floats, bits: Floats) -> tuple[Floats, Floats]:
        """First byte and last byte of `bits` asked for at `requested_s`."""
        first_byte_s = requested_s + self._latency(requested_s)
        return first_byte_s, self._when_done(first_byte_s, bits)

    def _latency(self, requested_s: Floats) -> Floats | float:
        if self._round_trip_s is not None:
            return self._round_trip_s
        if self._tables.has_one_latency:
            return self._latency_s
        within_s, _ = self._turn(requested_s)
        return self._tables.latencies_s.take(self._by_time.right(within_s))

    def _when_done(self, start_s: Floats, bits: Floats) -> Floats:
        tables = self._tables
        within_s, turn = self._turn(start_s)
        at = self._by_time.right(within_s)
        rate_bps = tables.rates_bps.take(at)
        left_bits = (tables.ends_s.take(at) - within_s) * rate_bps
        target = tables.carried.take(at)
        target -= left_bits
        target += bits
        turn = self._wrap(target, turn)
        done_s = self._time_of(target)
        if turn is not None:
            turn *= self._duration_s
            done_s += turn
        np.maximum(start_s, done_s, out=done_s)
        return np.where(bits <= left_bits, start_s + bits / rate_bps, done_s)

    def _time_of(self, target: Floats) -> Floats:
        """The first instant within a turn at which `target` bits have been carried."""
        tables = self._tables
        at = self._by_bits.left(target)
        done_s = target - tables.before_bits.take(at)
        done_s /= tables.rising_bps.take(at)
        done_s += tables.starts_s.take(at)
        return np.minimum(done_s, tables.stops_s.take(at), out=done_s)

    def _turn(self, at_s: Floats) -> tuple[Floats, Floats | None]:
        """The instants within a turn, and the turns before them; None where all are in the first."""
        over = np.flatnonzero(at_s >= self._duration_s)
        if not over.size:
            return at_s, None
        within_s, turn = at_s.copy(), np.zeros_like(at_s)
        turn[over], within_s[over] = _divmod(at_s[over], self._duration_s[over])
        return within_s, turn

    def _wrap(self, target: Floats, turn: Floats | None) -> Floats | None:
        """Take whole turns off `target`, in place, and add them to `turn`."""
        over = np.flatnonzero(target > self._total_bits)
        if not over.size:
            return turn
        total_bits = self._total_bits[over]
        turns, rest = _divmod(target[over], total_bits)
        # A whole number of turns ends with the last bit of one, not before the first of the next.
        whole = rest == 0.0
        turns[whole] -= 1.0
        rest[whole] = total_bits[whole]
        target[over] = rest
        turn = np.zeros_like(target) if turn is None else turn
        turn[over] += turns
        return turn


def _divmod(numbers: Floats, by: Floats) -> tuple[Floats, Floats]:
    """Python's `divmod` of floats that are not negative, to the last bit; numpy's own differs on some systems."""
    rest = np.fmod(numbers, by)
    quotient = (numbers - rest) / by
    whole = np.floor(quotient)
    whole += quotient - whole > 0.5
    return whole, rest
