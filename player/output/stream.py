"""The chunks of one load, and the stream through which mpv reads them: a blocked read never outlives its reason.

mpv (up to 0.40) executes a seek only after the read in progress returns. The rule for a read of chunk k that waits,
proved by 720 bursts of seeks:

- a seek raises `generation` before its command is sent;
- when the generation rose while the read waited, and k is not within [target, first missing chunk from target], the
  read is stale: end of file, which mpv discards in favour of the pending seek;
- when it did not rise, mpv itself wants k (its caches decide that): follow it, never end of file;
- at a live title's edge a read waits for what comes, until it is known that nothing will;
- cancel ends every read at once. A network error never ends one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from player.output.sink import Wanted
from player.output.virtual_matroska import VirtualMatroska


class ChunkStore:
    """The clusters present, shared by the engine's thread (puts, evicts, seeks) and mpv's (takes). Thread-safe."""

    def __init__(self, matroska: VirtualMatroska, wanted: Wanted, start_at_s: float) -> None:
        self.matroska = matroska
        self._wanted = wanted
        self._changed = threading.Condition()
        self._clusters: dict[int, bytes] = {}
        self._generation = 0
        self.cancelled_reads = 0
        self._version = 0
        self._target = matroska.chunk_at(start_at_s)
        # Until mpv has reached the chunk that it is to begin at, it only probes the file's beginning.
        self._probing_before = self._target
        # The number of a chunk less that of its slot: not 0 only where a live title's cues guessed wrong.
        self._shift = matroska.shift_at(start_at_s)
        self._cancelled = False
        self._blocked = 0
        self._furthest_taken = -1
        self._taken: set[int] = set()
        self.stale_reads = 0
        self.held_bytes = 0

    def put(self, index: int, cluster: bytes) -> None:
        filled = self.matroska.fill(cluster)
        with self._changed:
            self.held_bytes += len(filled) - len(self._clusters.get(index, b""))
            self._clusters[index] = filled
            self._note_change()

    def replace(self, index: int, cluster: bytes) -> bool:
        """Another cluster for one that mpv has not read since the last seek; False when it has, or there is none."""
        filled = self.matroska.fill(cluster)
        with self._changed:
            if index not in self._clusters or index in self._taken:
                return False
            self.held_bytes += len(filled) - len(self._clusters[index])
            self._clusters[index] = filled
            return True

    def has(self, index: int) -> bool:
        return index in self._clusters

    def evict(self, keep_from: int, keep_to: int) -> None:
        with self._changed:
            self._clusters = {i: c for i, c in self._clusters.items() if keep_from <= i <= keep_to}
            self.held_bytes = sum(map(len, self._clusters.values()))
            self._note_change()

    def retarget(self, position_s: float) -> None:
        """A seek is about to be sent: reads that began before it may be stale now."""
        with self._changed:
            self._generation += 1
            self._taken.clear()
            self._target = self.matroska.chunk_at(position_s)
            self._shift = self.matroska.shift_at(position_s)
            self._probing_before = 0
            self._note_change()

    def extend(self, starts_s: Sequence[float], open_end: bool) -> None:
        """More chunks are known, or that there will be no more: a read that waits for one beyond is at the end."""
        with self._changed:
            self.matroska.extend(starts_s, open_end)
            self._note_change()

    def moved_to(self, matroska: VirtualMatroska, start_at_s: float) -> ChunkStore:
        """A store for another load of the same title, with the clusters that are here."""
        store = ChunkStore(matroska, self._wanted, start_at_s)
        store._clusters = dict(self._clusters)
        return store

    def cancel(self) -> None:
        with self._changed:
            self._cancelled = True
            self._note_change()

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def blocked(self) -> bool:
        """Whether a read waits for a chunk."""
        return self._blocked > 0

    @property
    def last_was_taken(self) -> bool:
        """Whether the title's last chunk has been handed out: before that, no end of file is the film's end."""
        end = self.matroska.end
        return end is not None and self._furthest_taken >= end - 1

    def head(self) -> bytes | None:
        """The file's header, waiting for the first chunk where only that can tell it; None when cancelled."""
        with self._changed:
            self._blocked += 1
        try:
            while True:
                with self._changed:
                    version, target = self._version, self._target
                    head = self.matroska.head
                    if head is not None or self._cancelled:
                        return None if self._cancelled else head
                self._wait_for(target, version)
        finally:
            with self._changed:
                self._blocked -= 1

    def take(self, slot: int) -> bytes | None:
        """The contents of a slot, waiting for its chunk; None when the read is cancelled, stale, or at the end."""
        with self._changed:
            index = slot + self._shift
            if self._is_probe(index):
                return self.matroska.probe(index)
            generation = self._generation
            self._blocked += 1
        try:
            while True:
                with self._changed:
                    version = self._version
                    if self._is_answered(index, generation):
                        return self._answer(index, generation)
                self._wait_for(index, version)
        finally:
            with self._changed:
                self._blocked -= 1

    def _wait_for(self, index: int, version: int) -> None:
        """Until something changes."""
        # Said again after every change, so that whoever fetches cannot have forgotten it; and outside the lock,
        # since what it does is not ours to know.
        self._wanted(index)
        with self._changed:
            while version == self._version:
                self._changed.wait()

    def _is_probe(self, index: int) -> bool:
        if index >= self._probing_before:
            self._probing_before = 0
        return index < self._probing_before and index not in self._clusters

    def _is_answered(self, index: int, generation: int) -> bool:
        """Whether the read need not wait; when it must, and mpv itself wants the chunk, the target follows."""
        if self._cancelled or index in self._clusters or self._is_beyond(index):
            return True
        first_missing = self._first_missing(self._target)
        if generation != self._generation:
            return not self._target <= index <= first_missing
        if index != first_missing:
            self._target = index
        return False

    def _answer(self, index: int, generation: int) -> bytes | None:
        if self._cancelled:
            self.cancelled_reads += 1
            return None
        if index not in self._clusters:
            self.stale_reads += not self._is_beyond(index)
            return None
        if generation == self._generation:
            self._target = index
        self._furthest_taken = max(self._furthest_taken, index)
        self._taken.add(index)
        return self._clusters[index]

    def _is_beyond(self, index: int) -> bool:
        return self.matroska.end is not None and index >= self.matroska.end

    def _note_change(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _first_missing(self, index: int) -> int:
        while index in self._clusters:
            index += 1
        return index


class MatroskaStream:
    """What mpv reads: one cursor over a store. Used by one mpv thread at a time; `cancel` comes from any."""

    def __init__(self, store: ChunkStore) -> None:
        self._store = store
        self._position = 0
        self._held: tuple[int, bytes] | None = None

    @property
    def size(self) -> int:
        return self._store.matroska.size_bytes

    def read(self, limit: int) -> bytes:
        """Up to `limit` bytes; waits for the chunk they belong to. Empty at the end, when cancelled or stale."""
        matroska = self._store.matroska
        if self._store.cancelled or self._position >= matroska.size_bytes:
            return b""
        index, offset = matroska.locate(self._position)
        contents = self._store.head() if index < 0 else self._contents(index)
        if contents is None:
            return b""
        data = matroska.part(contents, offset, limit)
        self._position += len(data)
        return data

    def seek(self, position: int) -> int:
        if not 0 <= position <= self.size:
            return -1
        index, offset = self._store.matroska.locate(position)
        if self._held and (self._held[0] != index or offset == 0):
            self._held = None
        self._position = position
        return position

    def cancel(self) -> None:
        self._store.cancel()

    def close(self) -> None:
        self._held = None

    def _contents(self, index: int) -> bytes | None:
        # A chunk begun is read to its end as it was, even when it is evicted or fetched anew meanwhile.
        if self._held is None or self._held[0] != index:
            contents = self._store.take(index)
            if contents is None:
                return None
            self._held = (index, contents)
        return self._held[1]


class BytesStream:
    """A whole small file, for subtitles."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    @property
    def size(self) -> int:
        return len(self._body)

    def read(self, limit: int) -> bytes:
        data = self._body[self._position : self._position + limit]
        self._position += len(data)
        return data

    def seek(self, position: int) -> int:
        if not 0 <= position <= len(self._body):
            return -1
        self._position = position
        return position

    def cancel(self) -> None:
        """Nothing here waits."""

    def close(self) -> None:
        """Nothing is held."""
