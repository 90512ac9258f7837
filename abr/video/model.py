"""A film as the simulator sees it."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import Ladder


class VideoError(ValueError):
    """A size table that cannot be read or used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class VideoTable:
    """`sizes_bytes[k][q]` is the size of chunk k at rung q."""

    name: str
    chunk_duration_s: float
    ladder: Ladder
    sizes_bytes: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not 0 < self.chunk_duration_s < 3600:
            raise VideoError(f"{self.name}: a chunk lasts longer than 0 s, not {self.chunk_duration_s} s")
        if not self.sizes_bytes:
            raise VideoError(f"{self.name}: holds no chunk")
        for index, row in enumerate(self.sizes_bytes):
            if len(row) != len(self.ladder):
                raise VideoError(f"{self.name}: chunk {index} has {len(row)} sizes for {len(self.ladder)} rungs")
            if min(row) <= 0:
                raise VideoError(f"{self.name}: chunk {index} has a size of {min(row)} bytes")

    @property
    def duration_s(self) -> float:
        """Play time of the whole film."""
        return self.chunk_duration_s * len(self.sizes_bytes)
