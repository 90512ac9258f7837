"""One half to a power, from a table and a short series: the same last bit in every place that works it out.

A system's own `pow`, its C library's and numpy's differ in a last bit now and then; a rate at the very edge of a rung
would then be one rung here and another there. Multiplications and additions are the same everywhere.
"""

from __future__ import annotations

from math import log

PARTS = 4096
"""Parts of a halving in the table. Within one of them the series' next term is below 4e-17."""

WHOLE = 64.0
"""So many halvings leave less than a float adds to 1."""

PART_TABLE: tuple[float, ...] = tuple(0.5 ** (part / PARTS) for part in range(PARTS))
HALVINGS: tuple[float, ...] = tuple(0.5**whole for whole in range(int(WHOLE)))
FIRST, SECOND, THIRD = -log(2.0), log(2.0) ** 2 / 2.0, -(log(2.0) ** 3) / 6.0
"""2 to the minus r is 1 + r (FIRST + r (SECOND + r THIRD)) for a small r."""


def halved(times: float) -> float:
    """0.5 to the power of `times`, 0 or more; 0 from `WHOLE` on. `abr.simulate.batch.decay` is its twin for arrays."""
    if times >= WHOLE:
        return 0.0
    parts = int(times * 4096.0)
    rest = times - parts / 4096.0
    series = 1.0 + rest * (FIRST + rest * (SECOND + rest * THIRD))
    return PART_TABLE[parts & 4095] * HALVINGS[parts >> 12] * series
