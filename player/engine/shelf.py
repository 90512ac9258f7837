"""What the engine keeps: initialisation sections, audio segments shared by neighbouring chunks, chunks as fetched."""

from __future__ import annotations

from collections.abc import Iterable

from player.output.sink import ChunkMedia
from player.presentation.model import Rendition, Resource, Segment

MOST_INITS = 256


def overlapping(rendition: Rendition, start_s: float, end_s: float) -> tuple[Segment, ...]:
    """The segments that sound within [start_s, end_s), in order."""
    slack = 1e-6
    return tuple(s for s in rendition.segments if s.end_s > start_s + slack and s.start_s < end_s - slack)


class Shelf:
    """Bounded by the buffer and by bytes: what lies outside the kept window is forgotten. `held_bytes` counts it."""

    def __init__(self) -> None:
        self.inits: dict[Resource, bytes] = {}
        self.chunks: dict[int, ChunkMedia] = {}
        self.audio: dict[tuple[str, int], bytes] = {}
        self.held_bytes = 0
        self.final: set[int] = set()
        """Chunks that the output would not exchange any more."""

    def put(self, media: ChunkMedia) -> int:
        """Keep a chunk; the bytes of pictures that it took the place of."""
        old_bytes = self.take(media.index)
        self.chunks[media.index] = media
        self.held_bytes += len(media.video)
        return old_bytes

    def take(self, index: int) -> int:
        """Forget a chunk; the bytes of pictures that it had."""
        old = self.chunks.pop(index, None)
        self.final.discard(index)
        if old is None:
            return 0
        self.held_bytes -= len(old.video)
        return len(old.video)

    def take_all(self) -> dict[int, ChunkMedia]:
        """Every chunk, forgotten here."""
        taken, self.chunks = self.chunks, {}
        self.final.clear()
        self.held_bytes -= sum(len(media.video) for media in taken.values())
        return taken

    def put_audio(self, key: tuple[str, int], body: bytes) -> None:
        """Keep an audio segment for the chunks that it sounds with."""
        self.held_bytes += len(body) - len(self.audio.get(key, b""))
        self.audio[key] = body

    def take_audio(self, key: tuple[str, int]) -> None:
        self.held_bytes -= len(self.audio.pop(key, b""))

    def spoilt(self, audio: Iterable[tuple[str, int]]) -> None:
        """A damaged chunk: what came with it may be to blame."""
        for key in audio:
            self.take_audio(key)
        self.inits.clear()

    def put_init(self, resource: Resource, body: bytes) -> None:
        """Keep an initialisation section; a live title may bring new ones for ever."""
        while len(self.inits) >= MOST_INITS:
            del self.inits[next(iter(self.inits))]
        self.inits[resource] = body

    def keep(self, first: int, last: int, start_s: float, audio: Rendition | None) -> None:
        """Forget chunks outside [first, last], and audio that ended before `start_s`."""
        for index in [k for k in self.chunks if k < first or k > last]:
            self.take(index)
        if audio is None:
            return
        live = {s.index for s in audio.segments if s.end_s > start_s}
        for key in [key for key in self.audio if key[0] != audio.id or key[1] not in live]:
            self.take_audio(key)
