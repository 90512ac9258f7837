"""The address space of a title as one seekable Matroska file whose chunks may not exist yet.

Slot 0 holds the header and the cues, slot k + 1 the clusters of chunk k; a slot is 2^40 bytes, and a Void element
fills what its contents leave. So every chunk has its address before it has a size, and its rung is decided when it is
fetched. A title that goes on (live) has slots in reserve, with cues at the times that their chunks will have if they
are as long as those known; where a chunk really begins is learned later, and a seek asks here, not the cues.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from player.output.remux import ChunkMuxer
from player.output.remux.matroska import VOID_HEAD_BYTES, Cue, header, probe_cluster, void
from player.output.sink import Timeline

SLOT_BYTES = 1 << 40
RESERVE_S = 43_200.0
MOST_RESERVED = 20_000
"""Half a day of chunks; a title that goes on for longer is loaded again before its slots run out."""
_ZEROS = bytes(1 << 16)


class VirtualMatroska:
    """Where things are. Pure arithmetic; the header is built once it is known how the title is coded."""

    def __init__(self, timeline: Timeline, muxer: ChunkMuxer, reserve_s: float = RESERVE_S) -> None:
        self._timeline = timeline
        self._muxer = muxer
        self._head: bytes | None = None
        self._starts_s = list(timeline.starts_s)
        reserved = _reserved(timeline, reserve_s) if timeline.open_end else []
        self._cues_s = [*timeline.starts_s, *reserved]
        self._cues_end_s = self._cues_s[-1] if reserved else timeline.duration_s
        self.end: int | None = None if timeline.open_end else len(self._starts_s)
        self.size_bytes = (len(self._cues_s) + 1) * SLOT_BYTES

    @property
    def head(self) -> bytes | None:
        """The filled slot 0; None while no chunk has told how the title is coded."""
        formats, timeline = self._muxer.formats, self._timeline
        if self._head is None and formats is not None:
            cues = [Cue(start_s, (index + 1) * SLOT_BYTES) for index, start_s in enumerate(self._cues_s)]
            size = (timeline.width or formats.video.width, timeline.height or formats.video.height)
            head = header(formats.video, formats.audio, size, self._cues_end_s, cues, self.size_bytes)
            # mpv reads (and for H.264 decodes) the file's first picture before it seeks to where it is to begin. This
            # one costs nothing and is never shown: every load begins with a seek, and no cue leads here.
            self._head = self.fill(head + probe_cluster(0.0, formats.video.codec))
        return self._head

    @property
    def slot_count(self) -> int:
        return len(self._cues_s)

    def extend(self, starts_s: Sequence[float], open_end: bool) -> None:
        """More chunks are known; with `open_end` False the last of them is the title's last."""
        self._starts_s = list(starts_s)
        self.end = None if open_end else len(self._starts_s)

    def locate(self, position: int) -> tuple[int, int]:
        """(slot of a chunk, offset in it); slot -1 is the header."""
        slot, offset = divmod(position, SLOT_BYTES)
        return slot - 1, offset

    def chunk_at(self, position_s: float) -> int:
        """The chunk that holds `position_s`."""
        return _last_at(self._starts_s, position_s)

    def shift_at(self, position_s: float) -> int:
        """The number of the chunk that holds `position_s` less that of the slot where a seek by cues would look."""
        return self.chunk_at(position_s) - _last_at(self._cues_s, position_s)

    def probe(self, index: int) -> bytes:
        """A stand-in for a chunk that is only probed, never shown."""
        return self.fill(probe_cluster(self._starts_s[index], self._muxer.video.codec))

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


def _last_at(starts_s: Sequence[float], position_s: float) -> int:
    return max(bisect_right(starts_s, position_s + 1e-9) - 1, 0)


def _reserved(timeline: Timeline, reserve_s: float) -> list[float]:
    """Where the chunks to come will begin, if they are as long as the mean of those known."""
    first_s = timeline.starts_s[0] if timeline.starts_s else 0.0
    mean_s = max((timeline.duration_s - first_s) / max(len(timeline.starts_s), 1), 0.1)
    count = min(max(round(reserve_s / mean_s), 1), MOST_RESERVED)
    return [timeline.duration_s + mean_s * number for number in range(count)]
