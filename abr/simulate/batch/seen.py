"""What a batched rule sees and answers: `Observation` and `Decision`, with arrays for the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from abr.model import Ladder
from abr.simulate.batch.arrays import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Film:
    """What is the same for every session and chunk."""

    ladder: Ladder
    chunk_duration_s: float
    buffer_cap_s: float

    @property
    def rates_bps(self) -> Floats:
        """The ladder's bit rates."""
        return np.array(self.ladder.bitrates_bps, np.float64)


@dataclass(frozen=True, slots=True)
class Transfers:
    """`ThroughputSample`, one a session: all of one chunk's."""

    size_bytes: Floats
    requested_at_s: Floats
    first_byte_at_s: Floats
    finished_at_s: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """All sessions before the choice of chunk `chunk_index`. The arrays are the simulator's own: look, do not touch.

    `sizes_bytes[q]` is that chunk's size at rung q; `previous` and `newest` are None before the first chunk.
    """

    chunk_index: int
    now_s: Floats
    buffer_s: Floats
    playing: Flags
    sizes_bytes: tuple[int, ...]
    previous: Ints | None
    newest: Transfers | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A rung for every session; the estimates behind them, and how long to wait, where the rule has such."""

    rungs: Ints
    estimate_bps: Floats | None = None
    wait_s: Floats | None = None


class BatchRule(Protocol):
    """One rule's memory of a row of sessions."""

    def decide(self, seen: Seen) -> Choice:
        """Asked once a chunk, in order, for all sessions."""
        ...


Maker = Callable[[Film, int], BatchRule]
"""From the film and the number of sessions to the rule's memory of them."""
