"""Numbers as people read them."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """`22:14`, `1:02:09`: a place on the time line."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def span(seconds: float) -> str:
    """`1 h 52 min`, `13 min`, `1 min 20 s`, `48 s`: how long something takes."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def left(position_s: float, duration_s: float) -> str:
    """`41 min left`."""
    return f"{span(max(0.0, duration_s - position_s))} left"


def rate(bits_per_s: float) -> str:
    """`4.3 Mbps`, `620 kbps`."""
    if bits_per_s >= 999_500:
        return f"{bits_per_s / 1e6:.1f} Mbps"
    return f"{bits_per_s / 1e3:.0f} kbps"


def size(count_bytes: float) -> str:
    """`18.2 MB`, decimal as networks count."""
    if count_bytes >= 1e9:
        return f"{count_bytes / 1e9:.2f} GB"
    if count_bytes >= 1e6:
        return f"{count_bytes / 1e6:.1f} MB"
    return f"{count_bytes / 1e3:.0f} kB"


def lines(height: int) -> str:
    """`1080p`."""
    return f"{height}p"


def speed(factor: float) -> str:
    """`1x`, `1.25x` with the proper multiplication sign."""
    return f"{factor:g}\u00d7"


def percent(fraction: float) -> str:
    """`40 %`, never 100 % before the end."""
    return f"{int(max(0.0, min(1.0, fraction)) * 100)} %"
