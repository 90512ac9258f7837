"""Request to first byte, kept apart from the transfer rate."""

from __future__ import annotations

from abr.model import ThroughputSample


def latency_s(samples: tuple[ThroughputSample, ...], last: int = 5) -> float:
    """The median over the `last` transfers, so that one lost packet does not count; 0 when there is none."""
    spans_s = sorted([sample.first_byte_at_s - sample.requested_at_s for sample in samples[-last:]])
    if not spans_s:
        return 0.0
    middle = len(spans_s) // 2
    median_s = spans_s[middle] if len(spans_s) % 2 else (spans_s[middle - 1] + spans_s[middle]) / 2.0
    return max(0.0, median_s)
