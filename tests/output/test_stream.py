"""The rule for reads that wait, without mpv: two threads and a store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import media_ladder
import pytest

from player.output.remux import ChunkMuxer
from player.output.stream import ChunkStore, MatroskaStream
from player.output.virtual_matroska import SLOT_BYTES, VirtualMatroska


class Desk:
    """A store, and the news that a read has begun to wait for a chunk."""

    def __init__(self, ladder: media_ladder.Ladder, start_at_s: float = 0.0) -> None:
        timeline = ladder.timeline(start_at_s)
        self.asked: list[int] = []
        self._waits = threading.Semaphore(0)
        self.store = ChunkStore(VirtualMatroska(timeline, ChunkMuxer(timeline)), self._wanted, start_at_s)

    def _wanted(self, index: int) -> None:
        self.asked.append(index)
        self._waits.release()

    def take(self, index: int) -> Future[bytes | None]:
        """A read on a thread of its own, begun: it waits, or has its answer."""
        missing = not self.store.has(index)
        future = in_thread(lambda: self.store.take(index))
        if missing:
            self.waits_again()
        return future

    def waits_again(self) -> None:
        assert self._waits.acquire(timeout=5)


def in_thread(work: Callable[[], bytes | None]) -> Future[bytes | None]:
    future: Future[bytes | None] = Future()
    threading.Thread(target=lambda: future.set_result(work()), daemon=True).start()
    return future


@pytest.fixture
def desk(ladder: media_ladder.Ladder) -> Desk:
    return Desk(ladder)


def test_a_read_waits_for_its_chunk_and_asks_again_when_something_else_came(desk: Desk) -> None:
    read = desk.take(3)
    desk.store.put(2, b"two")
    desk.waits_again()
    desk.store.put(3, b"three")
    assert (read.result(5) or b"").startswith(b"three")
    assert desk.asked == [3, 3]


def test_a_seek_ends_a_read_that_is_far_from_its_target(desk: Desk) -> None:
    read = desk.take(3)
    desk.store.retarget(40.0)
    assert read.result(5) is None
    assert desk.store.stale_reads == 1


def test_a_seek_to_where_a_read_waits_leaves_it_waiting(desk: Desk) -> None:
    for index in (20, 21):
        desk.store.put(index, b"present")
    read = desk.take(22)
    desk.store.retarget(40.5)
    assert not read.done()
    desk.store.put(22, b"late")
    assert (read.result(5) or b"").startswith(b"late")


def test_a_read_that_began_after_the_seek_is_followed_wherever_it_goes(desk: Desk) -> None:
    desk.store.retarget(40.0)
    read = desk.take(5)
    assert not read.done()
    desk.store.put(5, b"five")
    assert (read.result(5) or b"").startswith(b"five")


def test_cancel_ends_every_read(desk: Desk) -> None:
    reads = [desk.take(index) for index in (1, 9)]
    desk.store.cancel()
    assert [read.result(5) for read in reads] == [None, None]


def test_before_the_start_chunk_a_probe_gets_a_stand_in(ladder: media_ladder.Ladder) -> None:
    desk = Desk(ladder, start_at_s=40.5)
    assert desk.store.take(0) is not None
    assert desk.asked == []
    desk.store.put(20, b"start")
    desk.store.take(20)
    assert not desk.take(0).done()
    assert desk.asked == [0]
    desk.store.cancel()


def test_a_chunk_begun_is_read_to_its_end_though_it_is_replaced_and_evicted(desk: Desk) -> None:
    desk.store.put(0, b"first edition")
    stream = MatroskaStream(desk.store)
    stream.seek(SLOT_BYTES)
    assert stream.read(5) == b"first"
    desk.store.put(0, b"second edition")
    desk.store.evict(5, 6)
    assert stream.read(8) == b" edition"
    assert stream.read(1) == b"\xec"


def test_the_file_has_its_full_size_from_the_beginning_and_ends_there(desk: Desk) -> None:
    stream = MatroskaStream(desk.store)
    assert stream.size == (media_ladder.CHUNKS + 1) * SLOT_BYTES
    assert stream.read(4) == b"\x1a\x45\xdf\xa3"
    assert stream.seek(stream.size) == stream.size
    assert stream.read(10) == b""
    assert stream.seek(stream.size + 1) == -1
