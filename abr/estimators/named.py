"""Estimators by name, for the command line and for reports: `ewma`, `ewma-2-5`, `harmonic-8`, `percentile-30`, ...

A name is a kind, and numbers after hyphens: the half-lives in seconds of `ewma`, how many transfers `harmonic` looks
back on, the per cent of `percentile`. The players' own settings go by the players' names.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from abr.estimators.ewma import DASHJS, HLSJS, SABRE, SHAKA, DualEwma, DualEwmaSettings
from abr.estimators.harmonic import LAST, HarmonicMean
from abr.estimators.model import Estimator
from abr.estimators.percentile import MEDIA3, Percentile, PercentileSettings

NAMES = ("ewma", "harmonic", "percentile", "sabre", "dashjs", "hlsjs", "shaka", "media3")
"""The kinds, and the players."""

_PLAYERS: dict[str, Callable[[], Estimator]] = {
    "sabre": lambda: DualEwma(SABRE),
    "dashjs": lambda: DualEwma(DASHJS),
    "hlsjs": lambda: DualEwma(HLSJS),
    "shaka": lambda: DualEwma(SHAKA),
    "media3": lambda: Percentile(MEDIA3),
}


def estimator(name: str) -> Estimator:
    """A fresh estimator for one session. ValueError, which says what there is, for a name that means nothing."""
    kind, *rest = name.split("-")
    try:
        numbers = [float(text) for text in rest]
    except ValueError:
        numbers = [float("nan")]
    if not all(isfinite(number) for number in numbers):
        raise ValueError(f"{name!r} has something else than numbers after its hyphens; {_known()}")
    if kind in _PLAYERS and not numbers:
        return _PLAYERS[kind]()
    if kind == "ewma" and not numbers:
        return DualEwma()
    if kind == "ewma" and len(numbers) == 2:
        return DualEwma(DualEwmaSettings(numbers[0], numbers[1]))
    if kind == "harmonic" and len(numbers) <= 1:
        return HarmonicMean(_whole(numbers[0]) if numbers else LAST)
    if kind == "percentile" and len(numbers) <= 1:
        return Percentile(PercentileSettings(numbers[0] / 100.0 if numbers else 0.5))
    raise ValueError(f"there is no estimator {name!r}; {_known()}")


def _whole(number: float) -> int:
    if number != int(number):
        raise ValueError(f"a number of transfers is whole, not {number:g}")
    return int(number)


def _known() -> str:
    return f"there are {', '.join(NAMES)}, and ewma-FAST-SLOW (s), harmonic-COUNT, percentile-PERCENT"
