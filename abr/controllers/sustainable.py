"""The rung that the measured rate carries for ever, as Sabre works it out."""

from __future__ import annotations

from bisect import bisect_right

from abr.model import Observation, RungIndex


def sustainable_rung(seen: Observation, estimate_bps: float, latency_s: float) -> RungIndex:
    """The highest allowed rung q with L + p b_q / T <= p (at the session's speed, p / speed); the lowest when none is.

    Source: Sabre's `quality_from_throughput`. Nominal bit rates; a rung that just fits is taken.
    """
    chunk_s = seen.chunk_duration_s
    rate_bps = estimate_bps * (chunk_s / seen.speed - latency_s) / chunk_s
    rung = bisect_right(seen.ladder.bitrates_bps, rate_bps) - 1
    cap = seen.rung_cap
    if cap is not None and rung > cap:
        rung = cap
    return max(0, rung)
