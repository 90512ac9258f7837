"""The address space of a title as one seekable Matroska file whose chunks may not exist yet.

Slot 0 holds the header and the cues, slot k + 1 the clusters of chunk k; a slot is 2^40 bytes, and a Void element
fills what its contents leave. So every chunk has its address before it has a size, and its rung is decided when it is
fetched.
"""

from __future__ import annotations

from player.output.remux import ChunkMuxer
from player.output.remux.matroska import VOID_HEAD_BYTES, Cue, header, probe_cluster, void
from player.output.sink import Timeline

SLOT_BYTES = 1 << 40
_ZEROS = bytes(1 << 16)


class VirtualMatroska:
    """Where things are. Pure arithmetic; knows the header, and takes clusters from outside."""

    def __init__(self, timeline: Timeline, muxer: ChunkMuxer) -> None:
        self._starts_s = timeline.starts_s
        self._codec = muxer.video.codec
        self.chunk_count = len(timeline.starts_s)
        self.size_bytes = (self.chunk_count + 1) * SLOT_BYTES
        cues = [Cue(start_s, (index + 1) * SLOT_BYTES) for index, start_s in enumerate(timeline.starts_s)]
        size = (timeline.width or muxer.video.width, timeline.height or muxer.video.height)
        head = header(muxer.video, muxer.audio, size, timeline.duration_s, cues, self.size_bytes)
        # mpv reads (and for H.264 decodes) the file's first picture before it seeks to where it is to begin. This one
        # costs nothing and is never shown: every load begins with a seek, and no cue leads here.
        self.head = self.fill(head + probe_cluster(0.0, self._codec))

    def locate(self, position: int) -> tuple[int, int]:
        """(chunk index, offset in its slot); index -1 is the header."""
        slot, offset = divmod(position, SLOT_BYTES)
        return slot - 1, offset

    def chunk_at(self, position_s: float) -> int:
        return max((i for i, start_s in enumerate(self._starts_s) if start_s <= position_s + 1e-9), default=0)

    def probe(self, index: int) -> bytes:
        """A stand-in for a chunk that is only probed, never shown."""
        return self.fill(probe_cluster(self._starts_s[index], self._codec))

    @staticmethod
    def fill(contents: bytes) -> bytes:
        """Contents and the head of the Void that makes them a whole slot."""
        assert len(contents) + VOID_HEAD_BYTES <= SLOT_BYTES
        return contents + void(SLOT_BYTES - len(contents))

    @staticmethod
    def part(contents: bytes, offset: int, limit: int) -> bytes:
        """Up to `limit` bytes of a filled slot; inside the Void they are zeros (mpv seeks over it)."""
        if offset < len(contents):
            return contents[offset : offset + limit]
        return _ZEROS[: min(limit, SLOT_BYTES - offset)]
