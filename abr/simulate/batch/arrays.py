"""The array types of the batch: one entry a session."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]
"""Indices as numpy itself wants them: a narrower type is widened again in every gather."""
Flags: TypeAlias = NDArray[np.bool_]
