"""Numbers as a person reads them; every reason's sentence is put together from these."""

from __future__ import annotations

from abr.model import Ladder, RungIndex


def rate(bps: float) -> str:
    """`5.2 Mbit/s`, or `640 kbit/s` below one Mbit/s."""
    return f"{bps / 1e6:.1f} Mbit/s" if bps >= 999_500 else f"{bps / 1e3:.0f} kbit/s"


def seconds(span_s: float) -> str:
    """`18 s`, or `2.4 s` below ten."""
    return f"{span_s:.0f} s" if span_s >= 9.95 else f"{span_s:.1f} s"


def rung(ladder: Ladder, index: RungIndex) -> str:
    """The rung's own name, else its height as `1080p`, else its bit rate."""
    it = ladder[index]
    if it.name:
        return it.name
    return f"{it.height}p" if it.height else rate(it.bitrate_bps)
