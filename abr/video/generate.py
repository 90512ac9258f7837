"""Variable-bit-rate films from a seed."""

from __future__ import annotations

from math import exp
from random import Random

from abr.model import Ladder, Rung
from abr.video.model import VideoTable

FILM_LADDER = Ladder(
    (
        Rung(200_000, 320, 180),
        Rung(450_000, 480, 270),
        Rung(900_000, 640, 360),
        Rung(1_800_000, 960, 540),
        Rung(3_200_000, 1280, 720),
        Rung(5_800_000, 1920, 1080),
    )
)
"""The ladder of the demo films."""


def vbr(
    ladder: Ladder, chunk_count: int, chunk_duration_s: float, seed: int, *, spread: float = 0.3, name: str = "vbr"
) -> VideoTable:
    """Scenes of 3 to 12 chunks, each with a weight of its own, and some roughness from chunk to chunk.

    The rungs of a chunk rise and fall together, less so at the bottom; every rung's mean is its bit rate.
    """
    rng = Random(seed)
    weights: list[float] = []
    while len(weights) < chunk_count:
        scene = rng.uniform(-1.0, 1.0)
        weights += [scene + rng.uniform(-0.35, 0.35) for _ in range(rng.randint(3, 12))]
    columns = []
    for rung, bitrate_bps in enumerate(ladder.bitrates_bps):
        give = spread * (0.6 + 0.4 * rung / max(1, ladder.top))
        factors = [exp(give * weight) for weight in weights[:chunk_count]]
        scale = bitrate_bps * chunk_duration_s / 8.0 * chunk_count / sum(factors)
        columns.append([max(1, round(scale * factor)) for factor in factors])
    return VideoTable(name, chunk_duration_s, ladder, tuple(zip(*columns, strict=True)))


def builtin_film(seed: int = 1) -> VideoTable:
    """Five minutes in chunks of 2 s on the demo films' ladder."""
    return vbr(FILM_LADDER, 150, 2.0, seed, name="builtin:film")
