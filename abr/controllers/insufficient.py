"""The highest rung whose chunk arrives before the buffer runs dry.

Source: dash.js 5.1 InsufficientBufferRule: bit rate <= 0.7 T B / p over nominal bit rates and the whole estimate; the
lowest rung when the buffer is empty; not for the first two chunks after a start or a seek.
"""

from __future__ import annotations

from bisect import bisect_right

from abr.model import Observation, RungIndex


def insufficient_buffer_limit(seen: Observation, estimate_bps: float, safety: float, empty_s: float = 0.0) -> RungIndex:
    """The limit; the lowest rung with `empty_s` or less buffered. The caller knows the first two chunks."""
    if seen.buffer_s <= empty_s:
        return 0
    bearable_bps = safety * estimate_bps * seen.buffer_s / (seen.chunk_duration_s * seen.speed)
    return max(0, bisect_right(seen.ladder.bitrates_bps, bearable_bps) - 1)
