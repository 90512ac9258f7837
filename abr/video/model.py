"""A film as the simulator sees it."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import Ladder


class VideoError(ValueError):
    """A size table that cannot be read or used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class VideoTable:
    """`sizes_bytes[k][q]` is the size of chunk k at rung q; `qualities[k][q]` its measured quality, where there is one.

    `quality_name` says which: `ssim_db`, `vmaf`; "" when none was measured. `notes` says what a reader had to assume.
    """

    name: str
    chunk_duration_s: float
    ladder: Ladder
    sizes_bytes: tuple[tuple[int, ...], ...]
    qualities: tuple[tuple[float, ...], ...] = ()
    quality_name: str = ""
    notes: tuple[str, ...] = ()

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
        if self.qualities and [len(row) for row in self.qualities] != [len(self.ladder)] * len(self.sizes_bytes):
            raise VideoError(f"{self.name}: qualities and sizes are not of one shape")

    @property
    def duration_s(self) -> float:
        """Play time of the whole film."""
        return self.chunk_duration_s * len(self.sizes_bytes)
