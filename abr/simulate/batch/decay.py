"""`abr.estimators.decay.halved` for arrays: the same operations in the same order, hence the same last bit."""

from __future__ import annotations

import numpy as np

from abr.estimators.decay import FIRST, HALVINGS, PART_TABLE, PARTS, SECOND, THIRD, WHOLE
from abr.simulate.batch.arrays import Floats

_PART_TABLE: Floats = np.array(PART_TABLE)
_HALVINGS: Floats = np.array((*HALVINGS, 0.0))
"""What counts as whole is the entry behind the last."""


def halved(times: Floats) -> Floats:
    """0.5 to the power of each of `times`, 0 or more; 0 from `WHOLE` on."""
    times = np.minimum(times, WHOLE)
    parts = (times * PARTS).astype(np.intp)
    rest = times
    rest -= parts / PARTS
    series: Floats = rest * THIRD
    series += SECOND
    series *= rest
    series += FIRST
    series *= rest
    series += 1.0
    series *= _PART_TABLE.take(parts % PARTS) * _HALVINGS.take(parts // PARTS)
    return series
