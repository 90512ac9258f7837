"""Which colour and line a controller has: the same in every report, so that eyes learn it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

COLOURS = 8
"""Hues in page.js that colour-blind people tell apart (after Okabe and Ito, 2008); lines and marks tell the rest."""
LINES = 4

_KNOWN = (
    *("evenflow", "dynamic", "bola-e", "bba-0", "robust-mpc", "soda", "hlsjs", "fixed"),
    *("throughput", "bola-basic", "bba-2", "mpc", "fugu", "media3", "shaka", "l2a"),
    "lolp",
)


def styles(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """A colour and a line for every name. Unknown names take a place by their hash, the next free one if it is gone."""
    taken: dict[int, str] = {}
    for name in sorted(names, key=lambda it: (it not in _KNOWN, it)):
        place = _KNOWN.index(name) if name in _KNOWN else _hashed(name)
        while place in taken and len(taken) < COLOURS * LINES:
            place = (place + 1) % (COLOURS * LINES)
        taken[place] = name
    by_name = {name: place for place, name in taken.items()}
    return {name: {"colour": by_name.get(name, 0) % COLOURS, "line": by_name.get(name, 0) // COLOURS} for name in names}


def _hashed(name: str) -> int:
    return len(_KNOWN) + int(sha256(name.encode()).hexdigest()[:8], 16) % (COLOURS * LINES - len(_KNOWN))
