"""Variable-bit-rate films from a seed, by name: `builtin:film` and its kin, `vbr:chunks=300,chunk_s=4,...`.

Sizes and, where asked for, qualities are a model's, not measurements; the table's notes say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log10
from random import Random

from abr.model import Ladder, Rung
from abr.video.model import VideoError, VideoTable

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
LADDER_4K = Ladder(
    (
        Rung(400_000, 640, 360),
        Rung(900_000, 960, 540),
        Rung(2_000_000, 1280, 720),
        Rung(4_500_000, 1920, 1080),
        Rung(9_000_000, 2560, 1440),
        Rung(16_000_000, 3840, 2160),
        Rung(25_000_000, 3840, 2160, "2160p high"),
    )
)
MOST_CHUNKS = 100_000
MOST_RUNGS = 50


def vbr(
    ladder: Ladder,
    chunk_count: int,
    chunk_duration_s: float,
    seed: int,
    *,
    spread: float = 0.3,
    name: str = "vbr",
    quality: str = "",
) -> VideoTable:
    """Scenes of 3 to 12 chunks, each with a weight of its own, and some roughness from chunk to chunk.

    The rungs of a chunk rise and fall together, less so at the bottom; every rung's mean is its bit rate. `quality`:
    `ssim_db` or `vmaf` by the models below, "" for none.
    """
    rng = Random(seed)
    weights: list[float] = []
    while len(weights) < chunk_count:
        scene = rng.uniform(-1.0, 1.0)
        weights += [scene + rng.uniform(-0.35, 0.35) for _ in range(rng.randint(3, 12))]
    del weights[chunk_count:]
    columns = []
    for rung, bitrate_bps in enumerate(ladder.bitrates_bps):
        give = spread * (0.6 + 0.4 * rung / max(1, ladder.top))
        factors = [exp(give * weight) for weight in weights]
        scale = bitrate_bps * chunk_duration_s / 8.0 * chunk_count / sum(factors)
        columns.append([max(1, round(scale * factor)) for factor in factors])
    sizes = tuple(zip(*columns, strict=True))
    if not quality:
        return VideoTable(name, chunk_duration_s, ladder, sizes)
    of = QUALITIES[quality]
    rows = tuple(tuple(of(rate, weight) for rate in ladder.bitrates_bps) for weight in weights)
    note = f"{quality} is a model's, not measured"
    return VideoTable(name, chunk_duration_s, ladder, sizes, rows, quality, (note,))


def ssim_db(bitrate_bps: float, weight: float) -> float:
    """SSIM in dB, -10 log10(1 - SSIM) as in Puffer (NSDI 2020), of a chunk of complexity `weight` (-1.35 to 1.35).

    16 + 5.5 log10(rate / 4 Mbit/s) - 1.5 weight. The error 1 - SSIM falls with a power of the rate, the law of
    transform coding at low rates (Mallat and Falzon, IEEE Trans. Signal Processing 46(4), 1998); the power 0.55 and
    the other constants are ours, chosen so that the demo ladder spans about 9 to 17 dB.
    """
    return round(16.0 + 5.5 * log10(bitrate_bps / 4e6) - 1.5 * weight, 4)


def vmaf(bitrate_bps: float, weight: float) -> float:
    """A score of 0 to 100 that saturates; shape and constants are ours: 100 (1 - exp(-(rate / r)^0.6)).

    With r = 0.9 Mbit/s 2^weight, a chunk of middling complexity has 33 at 200 kbit/s and 95 at 5.8 Mbit/s.
    """
    return round(100.0 * (1.0 - exp(-((bitrate_bps / (9e5 * 2.0**weight)) ** 0.6))), 4)


QUALITIES: dict[str, Callable[[float, float], float]] = {"ssim_db": ssim_db, "vmaf": vmaf}


def builtin_film(seed: int = 1) -> VideoTable:
    """Five minutes in chunks of 2 s on the demo films' ladder."""
    return vbr(FILM_LADDER, 150, 2.0, seed, name="builtin:film")


_BUILTIN: dict[str, Callable[[int], VideoTable]] = {
    "film": builtin_film,
    "film-4k": lambda seed: vbr(LADDER_4K, 300, 2.0, seed, name="builtin:film-4k"),
    "film-long": lambda seed: vbr(FILM_LADDER, 2700, 2.0, seed, name="builtin:film-long"),
}
"""Five minutes; ten minutes up to 2160p; an hour and a half."""


def builtin_names() -> tuple[str, ...]:
    """The films that need no file, without their prefix."""
    return tuple(_BUILTIN)


def builtin_video(name: str, seed: int = 1) -> VideoTable:
    """A film by its name. VideoError: there is none."""
    if name not in _BUILTIN:
        known = ", ".join(f"builtin:{it}" for it in _BUILTIN)
        raise VideoError(f"there is no built-in film {name[:40]!r}; there are {known}, and vbr:chunks=...,ladder=...")
    return _BUILTIN[name](seed)


@dataclass(frozen=True, slots=True)
class VbrName:
    """What `vbr:` may be told, and what it is otherwise: `builtin:film`."""

    chunks: int = 150
    chunk_s: float = 2.0
    ladder: Ladder = FILM_LADDER
    seed: int = 1
    spread: float = 0.3
    quality: str = ""


def vbr_video(text: str, seed: int = 1) -> VideoTable:
    """The film of `vbr:TEXT`, with TEXT as `chunks=300,chunk_s=4,ladder=300-750-1200,seed=3,quality=ssim`.

    The ladder is in kbit/s, or `film` or `4k`; `spread` is that of the sizes, `quality` one of none, ssim, vmaf.
    VideoError: a parameter is unknown or out of bounds.
    """
    told: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if key not in VbrName.__dataclass_fields__ or not equals:
            known = ", ".join(VbrName.__dataclass_fields__)
            raise VideoError(f"vbr:{text[:60]}: {part[:40]!r} is no parameter; there are: {known}, as in chunks=300")
        told[key] = value
    usual = VbrName()
    it = VbrName(
        int(_number(told.get("chunks", str(usual.chunks)), "chunks", 1, MOST_CHUNKS)),
        _number(told.get("chunk_s", str(usual.chunk_s)), "chunk_s", 0.1, 60.0),
        _ladder(told.get("ladder", "film")),
        int(_number(told.get("seed", str(seed)), "seed", 0, 2**31)),
        _number(told.get("spread", str(usual.spread)), "spread", 0.0, 2.0),
        _quality(told.get("quality", "none")),
    )
    return vbr(it.ladder, it.chunks, it.chunk_s, it.seed, spread=it.spread, name=f"vbr:{text}", quality=it.quality)


def _number(text: str, name: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise VideoError(f"vbr: {name}={text[:20]} is no number from {low:g} to {high:g}")
    return value


def _ladder(text: str) -> Ladder:
    named = {"film": FILM_LADDER, "4k": LADDER_4K}
    if text in named:
        return named[text]
    parts: Sequence[str] = text.split("-")
    rates = [_number(part, "ladder", 1, 1e6) for part in parts[: MOST_RUNGS + 1]]
    if len(rates) > MOST_RUNGS or sorted(set(rates)) != rates:
        raise VideoError(f"vbr: ladder={text[:60]} ascends in kbit/s, at most {MOST_RUNGS} of them, as 300-750-1200")
    return Ladder(tuple(Rung(round(rate * 1000)) for rate in rates))


def _quality(text: str) -> str:
    known = {"none": "", "": "", "ssim": "ssim_db", "ssim_db": "ssim_db", "vmaf": "vmaf"}
    if text not in known:
        raise VideoError(f"vbr: quality={text[:20]} is none of: none, ssim, vmaf")
    return known[text]
