"""Units of rate, by the names a person types."""

from __future__ import annotations

from abr.trace.model import TraceError

RATE_UNITS = {
    "bit/s": 1.0,
    "kbit/s": 1e3,
    "Mbit/s": 1e6,
    "Gbit/s": 1e9,
    "Byte/s": 8.0,
    "kByte/s": 8e3,
    "MByte/s": 8e6,
}
"""Bits per second in one of each; k and M are thousands and millions."""


def bits_per(unit: str) -> float:
    """Bits per second in one `unit`."""
    if unit not in RATE_UNITS:
        raise TraceError(f"there is no unit {unit!r}; there are: {', '.join(RATE_UNITS)}")
    return RATE_UNITS[unit]
