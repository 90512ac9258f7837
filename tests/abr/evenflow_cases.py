"""What the Evenflow controller's tests show it: a ladder, transfers, and observations with everything usual."""

from __future__ import annotations

from typing import Any

from abr.model import Ladder, Observation, Rung, ThroughputSample

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))


def samples(*rates_bps: float) -> tuple[ThroughputSample, ...]:
    return tuple(
        ThroughputSample(round(rate / 8), 2.0 * i, 2.0 * i + 0.05, 2.0 * i + 1.05) for i, rate in enumerate(rates_bps)
    )


def seen(buffer_s: float = 10.0, rates_bps: tuple[float, ...] = (3e6,) * 12, **fields: Any) -> Observation:
    values: dict[str, Any] = {
        "now_s": 30.0,
        "chunk_index": 12,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": 1,
        "samples": samples(*rates_bps),
    }
    return Observation(**{**values, **fields})
