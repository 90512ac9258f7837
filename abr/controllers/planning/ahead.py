"""The coming chunks as a plan sees them: sizes and instants in whole microseconds of the viewer's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abr.model import Observation
from abr.values import value

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Objective:
    """What a plan is judged by: `horizon` chunks, and the price of a second of standstill in kbit/s.

    `stall_kbps` None: the top rung's rate, as in QoE_lin; Pensieve's 4.3 is that of its ladder.
    """

    horizon: int = 5
    stall_kbps: int | None = None

    def __post_init__(self) -> None:
        if self.horizon < 1:
            raise ValueError(f"a plan covers one chunk or more, not {self.horizon}")
        if self.stall_kbps is not None and self.stall_kbps < 0:
            raise ValueError(f"a second of standstill costs 0 kbit/s or more, not {self.stall_kbps}")


@value
class Ahead:
    """`sizes_bytes[k][q]` of the chunks in the plan; what is buffered, a chunk's play time, and the most that may be
    buffered when a chunk is asked for, all in microseconds at the session's speed."""

    sizes_bytes: tuple[Sequence[float], ...]
    buffer_us: int
    chunk_us: int
    ceiling_us: int

    def times_us(self, rate_bps: float) -> list[list[int]]:
        """`[k][q]`: transfer times at `rate_bps`, each rounded to the nearest microsecond."""
        us_per_byte = 8.0 * MICRO / rate_bps
        return [[int(size * us_per_byte + 0.5) for size in row] for row in self.sizes_bytes]

    def stall_us(self, rung: int, rate_bps: float) -> int:
        """The standstill of staying at `rung` throughout."""
        buffer_us, total_us = self.buffer_us, 0
        for row in self.times_us(rate_bps):
            left_us = buffer_us - row[rung]
            total_us += max(-left_us, 0)
            buffer_us = min(max(left_us, 0) + self.chunk_us, self.ceiling_us)
        return total_us


def look_ahead(observation: Observation, horizon: int) -> Ahead:
    """Up to `horizon` chunks, fewer at the end of the film; nominal sizes where the manifest tells none."""
    left = observation.chunks_left
    chunks = horizon if left is None else max(1, min(horizon, left))
    sizes: tuple[Sequence[float], ...] = observation.sizes_bytes[:chunks]
    if len(sizes) < chunks:
        sizes += (nominal_bytes(observation),) * (chunks - len(sizes))
    micro = MICRO / max(observation.speed, 0.01)
    chunk_s = observation.chunk_duration_s
    return Ahead(
        sizes,
        int(observation.buffer_s * micro + 0.5),
        int(chunk_s * micro + 0.5),
        int(max(observation.buffer_cap_s - chunk_s, 0.0) * micro + 0.5),
    )


def nominal_bytes(observation: Observation) -> tuple[float, ...]:
    """A chunk's size at each rung by the rungs' bit rates."""
    return tuple([rate * observation.chunk_duration_s / 8.0 for rate in observation.ladder.bitrates_bps])
