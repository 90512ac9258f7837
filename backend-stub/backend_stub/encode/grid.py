"""The clocks of a title: ticks of the picture, AAC frames of the sound, and where chunks begin on both. No codecs."""

from __future__ import annotations

from fractions import Fraction

from backend_stub.encode.model import TitlePlan

SAMPLE_RATE_HZ = 48_000
AAC_FRAME = 1024
AUDIO_BPS = 128_000


def timescale(fps: Fraction) -> int:
    """Ticks per second of the picture's clock, a whole number of which makes a frame."""
    return fps.numerator * (1000 if fps.denominator == 1 else 1)


def frame_ticks(fps: Fraction) -> int:
    """Ticks per frame."""
    return int(timescale(fps) / fps)


def chunk_seconds(plan: TitlePlan) -> Fraction:
    """Length of a full chunk, exact."""
    return plan.chunk_frames / plan.fps


def title_seconds(plan: TitlePlan) -> Fraction:
    """Length of the picture, exact."""
    return plan.frame_count / plan.fps


def audio_grid(chunk_count: int, chunk_s: Fraction, duration_s: Fraction) -> list[range]:
    """Which AAC frames make up each sound segment: those that start inside the chunk; together all of the title."""
    total = int(-(-duration_s * SAMPLE_RATE_HZ // AAC_FRAME))
    starts = [int(-(-k * chunk_s * SAMPLE_RATE_HZ // AAC_FRAME)) for k in range(chunk_count)]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], total], strict=True)]
