"""Traces to text, in the formats that other tools read."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import ceil

from abr.trace.model import Trace, TraceError
from abr.trace.readers.mahimahi import PACKET_BITS

LONGEST_ROW_S = 5.0


def to_sabre(trace: Trace) -> str:
    """Sabre's network JSON: the only one that keeps latency."""
    rows = [
        {
            "duration_ms": _short(step.duration_s * 1e3),
            "bandwidth_kbps": _short(step.rate_bps / 1e3),
            "latency_ms": _short(step.latency_s * 1e3),
        }
        for step in trace.steps
    ]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


def to_cooked(trace: Trace) -> str:
    """Pensieve's text; a row's rate holds until its time, so the first row only says 0."""
    lines, at_s = [f"0.0\t{trace.steps[0].rate_bps / 1e6:.6f}"], 0.0
    for step in trace.steps:
        # Readers take a long span between two rows for a gap in the recording.
        pieces = max(1, ceil(step.duration_s / LONGEST_ROW_S))
        for _ in range(pieces):
            at_s += step.duration_s / pieces
            lines.append(f"{at_s:.6f}\t{step.rate_bps / 1e6:.6f}")
    return "\n".join(lines) + "\n"


def to_mahimahi(trace: Trace) -> str:
    """One line per 1500-byte packet, at the millisecond at which its last bit would be through."""
    end_ms = max(1, round(trace.duration_s * 1e3))
    lines, done_bits = [], PACKET_BITS
    while done_bits <= trace.total_bits:
        lines.append(min(end_ms, round(trace.when_done(0.0, done_bits) * 1e3)))
        done_bits += PACKET_BITS
    if not lines:
        raise TraceError("carries less than one packet in a turn; mahimahi cannot hold it", source=trace.name)
    # The last line is the loop's length, and costs one packet where the trace ends in silence.
    return "\n".join(map(str, [*lines, *([end_ms] if lines[-1] < end_ms else [])])) + "\n"


def to_csv(trace: Trace) -> str:
    """Named columns with their units; like Sabre's JSON it keeps everything."""
    lines, at_s = ["start_s,duration_s,rate_kbps,latency_ms"], 0.0
    for step in trace.steps:
        numbers = (at_s, step.duration_s, step.rate_bps / 1e3, step.latency_s * 1e3)
        lines.append(",".join(str(_short(number)) for number in numbers))
        at_s += step.duration_s
    return "\n".join(lines) + "\n"


def _short(value: float) -> float | int:
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


WRITERS: dict[str, Callable[[Trace], str]] = {
    "sabre": to_sabre,
    "cooked": to_cooked,
    "mahimahi": to_mahimahi,
    "csv": to_csv,
}
