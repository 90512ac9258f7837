"""Request to first byte, kept apart from the transfer rate."""

from __future__ import annotations

from statistics import median

from abr.model import ThroughputSample


def latency_s(samples: tuple[ThroughputSample, ...], last: int = 5) -> float:
    """The median over the `last` transfers, so that one lost packet does not count; 0 when there is none."""
    recent = samples[-last:]
    return max(0.0, median(sample.latency_s for sample in recent)) if recent else 0.0
