"""What the engine keeps: initialisation sections, audio segments shared by neighbouring chunks, chunks as fetched."""

from __future__ import annotations

from player.output.sink import ChunkMedia
from player.presentation.model import Rendition, Resource, Segment

MOST_INITS = 256


def overlapping(rendition: Rendition, start_s: float, end_s: float) -> tuple[Segment, ...]:
    """The segments that sound within [start_s, end_s), in order."""
    slack = 1e-6
    return tuple(s for s in rendition.segments if s.end_s > start_s + slack and s.start_s < end_s - slack)


class Shelf:
    """Bounded by the buffer: what lies outside the kept window is forgotten."""

    def __init__(self) -> None:
        self.inits: dict[Resource, bytes] = {}
        self.chunks: dict[int, ChunkMedia] = {}
        self.audio: dict[tuple[str, int], bytes] = {}

    def put_init(self, resource: Resource, body: bytes) -> None:
        """Keep an initialisation section; a live title may bring new ones for ever."""
        while len(self.inits) >= MOST_INITS:
            del self.inits[next(iter(self.inits))]
        self.inits[resource] = body

    def keep(self, first: int, last: int, start_s: float, audio: Rendition | None) -> None:
        """Forget chunks outside [first, last], and audio that ended before `start_s`."""
        for index in [k for k in self.chunks if k < first or k > last]:
            del self.chunks[index]
        if audio is None:
            return
        live = {s.index for s in audio.segments if s.end_s > start_s}
        for key in [key for key in self.audio if key[0] != audio.id or key[1] not in live]:
            del self.audio[key]
