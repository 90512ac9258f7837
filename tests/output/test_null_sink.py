"""The ideal decoder's arithmetic, to the last digit, on a clock that a test turns."""

from __future__ import annotations

import pytest

from player.output.null import NullSink
from player.output.sink import ChunkMedia, Timeline
from player.output.stalls import Stall


class Bench:
    def __init__(self, start_at_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.asked: list[int] = []
        self.sink = NullSink(lambda: self.now_s, check_media=False)
        self.sink.open(Timeline((0.0, 2.0, 4.0, 6.0), 8.0, b"", None, 0, 0, start_at_s), self.asked.append)

    def bring(self, *indices: int) -> None:
        for index in indices:
            self.sink.append(ChunkMedia(index, 2.0 * index, 2.0 * index + 2.0, 0, b"", b"12345"))


def test_a_stall_is_dated_by_arithmetic_and_not_by_who_looked_when() -> None:
    bench = Bench()
    bench.now_s = 101.5
    bench.bring(0)
    assert bench.sink.startup_s == 1.5
    assert bench.sink.dry_at_s() == 103.5
    bench.now_s = 110.0
    assert bench.sink.state().stalled
    bench.bring(1)
    assert bench.sink.stalls() == (Stall(103.5, 2.0, 6.5),)
    bench.now_s = 111.0
    assert bench.sink.state().position_s == 3.0


def test_a_seek_and_the_wait_after_it_are_no_stall() -> None:
    bench = Bench()
    bench.bring(0)
    bench.now_s = 101.0
    bench.sink.seek(6.5)
    bench.now_s = 105.0
    assert bench.sink.state().seeking
    assert bench.sink.state().stalled
    bench.bring(3)
    bench.now_s = 106.0
    assert bench.sink.state().position_s == 7.5
    assert bench.sink.stalls() == ()
    assert bench.asked == [0, 3]


def test_speed_bends_the_playhead_from_now_on() -> None:
    bench = Bench()
    bench.bring(0, 1)
    bench.now_s = 101.0
    bench.sink.set_speed(2.0)
    bench.now_s = 102.0
    assert bench.sink.state().position_s == 3.0
    assert bench.sink.dry_at_s() == 102.5


def test_a_pause_ends_a_stall_and_going_on_without_media_begins_another() -> None:
    bench = Bench()
    bench.bring(0)
    bench.now_s = 103.0
    bench.sink.set_paused(True)
    bench.now_s = 200.0
    assert not bench.sink.state().stalled
    bench.sink.set_paused(False)
    bench.now_s = 201.0
    bench.bring(1)
    assert bench.sink.stalls() == (Stall(102.0, 2.0, 1.0), Stall(200.0, 2.0, 1.0))


def test_taking_away_the_chunk_that_plays_stops_the_playhead() -> None:
    bench = Bench()
    bench.bring(0, 1)
    bench.now_s = 101.0
    bench.sink.evict(1, 3)
    bench.now_s = 105.0
    assert bench.sink.state().position_s == 1.0
    assert bench.sink.state().stalled


def test_the_end_is_the_end_and_a_seek_leads_back_from_it() -> None:
    bench = Bench(start_at_s=7.0)
    bench.bring(3)
    bench.now_s = 110.0
    assert bench.sink.state().ended
    assert bench.sink.dry_at_s() is None
    bench.sink.seek(6.0)
    assert not bench.sink.state().ended


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Bench().sink.set_speed(0.0)
