"""A trace laid out once, so that thousands of transfers are looked up at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abr.trace.model import Trace

Floats = NDArray[np.float64]


class Link:
    """The trace from 0 to at least `until_s`, its loop unrolled. A transfer that ends later ends at infinity."""

    def __init__(self, trace: Trace, until_s: float, round_trip_s: float | None) -> None:
        turns = int(until_s // trace.duration_s) + 2
        one = np.array([(step.duration_s, step.rate_bps, step.latency_s) for step in trace.steps], dtype=np.float64)
        kept = min(turns * len(one), self._needed(one[:, 0], turns, until_s))
        steps = np.tile(one, (turns, 1))[:kept]
        self._at_s = np.concatenate(([0.0], np.cumsum(steps[:, 0])))
        self._bits = np.concatenate(([0.0], np.cumsum(steps[:, 0] * steps[:, 1])))
        self._rates_bps = steps[:, 1]
        self._latencies_s = steps[:, 2] if round_trip_s is None else np.full(len(steps), round_trip_s)
        # Who may wait asks at the best instant: a step with a shorter latency may answer sooner than this one.
        answers_s = self._at_s[:-1] + self._latencies_s
        self._later_s = np.append(np.minimum.accumulate(answers_s[::-1])[::-1][1:], np.inf)
        self._until_s = float(self._at_s[-1])

    @staticmethod
    def _needed(durations_s: Floats, turns: int, until_s: float) -> int:
        ends_s = np.cumsum(np.tile(durations_s, turns))
        return int(np.searchsorted(ends_s, until_s)) + 1

    def bits_between(self, start_s: float, end_s: float) -> float:
        """What the link carries from `start_s` to `end_s`."""
        before, after = np.interp([start_s, end_s], self._at_s, self._bits)
        return float(after - before)

    def carried_bits(self, requested_s: Floats, *, may_wait: bool = True) -> Floats:
        """Bits that had passed when the first byte of a request made at `requested_s` comes.

        Whoever may wait makes it when the first byte comes soonest. Before play begins nobody waits.
        """
        inside_s = np.minimum(requested_s, self._until_s)
        index = np.minimum(np.searchsorted(self._at_s, inside_s, side="right") - 1, len(self._rates_bps) - 1)
        first_byte_s = inside_s + self._latencies_s[index]
        if may_wait:
            first_byte_s = np.minimum(first_byte_s, self._later_s[index])
        bits: Floats = np.interp(first_byte_s, self._at_s, self._bits)
        return bits

    def finished_s(self, carried_bits: Floats, bits: Floats) -> Floats:
        """The instants at which `bits` more than `carried_bits` have passed."""
        target = carried_bits + bits
        index = np.searchsorted(self._bits, target, side="left")
        over = index >= len(self._bits)
        before = np.clip(index - 1, 0, len(self._rates_bps) - 1)
        # The first step end at or beyond the target lies behind a step that carries: its rate is above 0.
        rate_bps = np.where(self._rates_bps[before] > 0.0, self._rates_bps[before], 1.0)
        done_s = self._at_s[before] + (target - self._bits[before]) / rate_bps
        return np.where(over, np.inf, done_s)
