"""The highest rung whose chunk arrives before the buffer runs dry.

Source: dash.js InsufficientBufferRule (bit rate <= 0.7 T B / p, not for the first two chunks) and Sabre's BOLA-E
(bits <= s (B - L) T). The chunk's own size is used where the manifest tells it, as in Sabre.
"""

from __future__ import annotations

from abr.estimators import latency_s
from abr.model import Observation, RungIndex

SKIPPED_CHUNKS = 2
"""After a start or a seek the buffer is short by nature."""


def insufficient_buffer_limit(observation: Observation, estimate_bps: float, safety: float) -> RungIndex:
    """The limit; the highest allowed rung while the rule does not apply."""
    allowed = observation.highest_allowed
    if observation.chunk_index < SKIPPED_CHUNKS or observation.previous_rung is None:
        return allowed
    time_s = max(0.0, observation.buffer_s / max(observation.speed, 0.01) - latency_s(observation.samples))
    bearable_bytes = safety * estimate_bps * time_s / 8.0
    for rung in range(allowed, 0, -1):
        if observation.size_of(rung) <= bearable_bytes:
            return rung
    return 0
