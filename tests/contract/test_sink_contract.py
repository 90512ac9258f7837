"""What the engine relies on, held by every output: the ideal decoder and libmpv."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from player.output.mpv import MpvSink
from player.output.null import NullSink
from player.output.sink import MediaError, Origin


def _media_ladder() -> ModuleType:
    name = "media_ladder"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "output" / "media_ladder.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def ladder() -> Any:
    return _media_ladder().make_ladder()


@dataclass
class Stand:
    """A sink, what it has asked for, and a way to wait that looks at it as the engine does."""

    sink: Any
    asked: list[int] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wanted(self, index: int) -> None:
        with self.news:
            self.asked.append(index)
            self.news.notify_all()

    def until(self, condition: Callable[[], bool], limit_s: float = 15.0) -> None:
        end_s = time.monotonic() + limit_s
        with self.news:
            while not condition():
                assert time.monotonic() < end_s, f"it did not come to be: {self.sink.state()}, asked {self.asked}"
                self.news.wait(0.02)


@pytest.fixture(params=["null", pytest.param("mpv", marks=pytest.mark.needs_mpv)])
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    sink = NullSink(time.monotonic) if request.param == "null" else MpvSink(vo="null", ao="null", hwdec="no")
    yield Stand(sink)
    sink.close()


def test_it_asks_for_the_first_chunk_and_starts_when_it_comes(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.until(lambda: 0 in stand.asked)
    assert not stand.sink.state().started
    stand.sink.append(ladder.chunk(0, 0))
    stand.until(lambda: stand.sink.state().position_s > 0.2)
    assert stand.sink.state().started
    assert stand.sink.startup_s is not None


def test_it_holds_what_is_appended_until_it_is_evicted(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    for index in range(4):
        stand.sink.append(ladder.chunk(index, 1))
    stand.sink.evict(1, 2)
    assert [stand.sink.has(index) for index in range(5)] == [False, True, True, False, False]


def test_a_chunk_far_ahead_is_exchanged_and_one_that_is_missing_or_was_played_is_not(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    for index in range(8):
        stand.sink.append(ladder.chunk(index, 0))
    stand.until(lambda: stand.sink.state().position_s > 0.2)
    assert stand.sink.replace(ladder.chunk(7, 1))
    assert not stand.sink.replace(ladder.chunk(9, 1))
    assert not stand.sink.replace(ladder.chunk(0, 1))
    assert stand.sink.has(7)


def test_a_damaged_chunk_takes_no_other_ones_place(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.sink.append(ladder.chunk(5, 0))
    with pytest.raises(MediaError):
        stand.sink.replace(replace(ladder.chunk(5, 1), video=b"no media"))
    assert stand.sink.has(5)


def test_it_stalls_where_the_media_ends_and_goes_on_when_more_comes(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.sink.append(ladder.chunk(0, 0))
    stand.until(lambda: stand.sink.state().stalled and stand.sink.state().started)
    assert stand.sink.state().position_s == pytest.approx(2.0, abs=0.4)
    assert 1 in stand.asked
    for index in (1, 2):
        stand.sink.append(ladder.chunk(index, 1))
    stand.until(lambda: stand.sink.state().position_s > 2.5)
    assert not stand.sink.state().stalled
    (stall,) = stand.sink.stalls()
    assert stall.media_s == pytest.approx(2.0, abs=0.4)
    assert stall.duration_s > 0


def test_a_seek_asks_for_its_chunk_and_lands_there_without_counting_as_a_stall(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    for index in (0, 1):
        stand.sink.append(ladder.chunk(index, 0))
    stand.until(lambda: stand.sink.state().position_s > 0.1)
    stand.sink.seek(31.0)
    assert stand.sink.state().position_s == pytest.approx(31.0, abs=0.1)
    stand.until(lambda: 15 in stand.asked)
    for index in (15, 16):
        stand.sink.append(ladder.chunk(index, 2))
    stand.until(lambda: stand.sink.state().position_s > 31.2)
    assert stand.sink.stalls() == ()


def test_it_begins_in_the_middle_when_asked_to(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(start_at_s=41.0), stand.wanted)
    stand.until(lambda: 20 in stand.asked)
    assert 0 not in stand.asked
    for index in (20, 21):
        stand.sink.append(ladder.chunk(index, 0))
    stand.until(lambda: stand.sink.state().position_s > 41.2)


def test_a_pause_holds_the_playhead_and_is_no_stall(stand: Stand, ladder: Any) -> None:
    stand.sink.set_paused(True)
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.sink.append(ladder.chunk(0, 0))
    stand.until(lambda: stand.sink.state().started)
    state = stand.sink.state()
    assert state.paused
    assert not state.stalled
    assert state.position_s < 0.05
    stand.sink.set_paused(False)
    stand.until(lambda: stand.sink.state().position_s > 0.2)


def test_the_end_of_the_last_chunk_is_the_end(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(start_at_s=58.5), stand.wanted)
    stand.sink.set_speed(2.0)
    stand.sink.append(ladder.chunk(29, 0))
    stand.until(lambda: stand.sink.state().ended)
    assert stand.sink.state().position_s == pytest.approx(60.0, abs=0.1)
    assert stand.sink.stalls() == ()


def test_a_second_open_goes_on_where_it_is_told(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.sink.append(ladder.chunk(0, 0))
    stand.until(lambda: stand.sink.state().position_s > 0.3)
    stand.sink.open(ladder.timeline(start_at_s=10.5), stand.wanted)
    assert not stand.sink.has(0)
    assert stand.sink.state().position_s == pytest.approx(10.5, abs=0.1)
    for index in (5, 6):
        stand.sink.append(ladder.chunk(index, 1))
    stand.until(lambda: stand.sink.state().position_s > 10.8)
    assert stand.sink.state().position_s < 14


@pytest.mark.parametrize("harm", ["truncated", "empty", "text", "another chunk", "no keyframe"])
def test_a_chunk_that_is_not_what_it_claims_is_refused(stand: Stand, ladder: Any, harm: str) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    chunk = ladder.chunk(3, 0)
    harmed = {
        "truncated": chunk.video[:-100],
        "empty": b"",
        "text": b"<html>502 Bad Gateway</html>",
        "another chunk": ladder.chunk(4, 0).video,
        "no keyframe": _without_keyframe(chunk.video),
    }[harm]
    with pytest.raises(MediaError):
        stand.sink.append(replace(chunk, video=harmed))
    assert not stand.sink.has(3)


def test_it_closes_at_once_while_it_waits_for_media_and_twice_is_once(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    stand.until(lambda: 0 in stand.asked)
    begun_s = time.monotonic()
    stand.sink.close()
    stand.sink.close()
    # Milliseconds when nothing else runs; without the cancel callback it would hang for ever.
    assert time.monotonic() - begun_s < 2.0


def _without_keyframe(segment: bytes) -> bytes:
    """The first sample's flags say "not a sync sample"."""
    trun = segment.index(b"trun")
    flags = int.from_bytes(segment[trun + 4 : trun + 8], "big") & 0xFFFFFF
    assert flags & 0x4
    at = trun + 12 + (4 if flags & 0x1 else 0)
    return segment[:at] + (0x01010000).to_bytes(4, "big") + segment[at + 4 :]


def test_a_title_with_an_open_end_waits_at_its_edge_and_plays_on_when_it_is_extended(stand: Stand, ladder: Any) -> None:
    whole = ladder.timeline()
    opened = replace(whole, starts_s=whole.starts_s[:2], duration_s=4.0, open_end=True)
    stand.sink.set_speed(4.0)
    stand.sink.open(opened, stand.wanted)
    for index in range(2):
        stand.sink.append(ladder.chunk(index, 0))
    stand.until(lambda: stand.sink.state().position_s > 3.5 and stand.sink.state().stalled)
    assert not stand.sink.state().ended
    stand.sink.extend(whole.starts_s[:3], 6.0, True)
    stand.sink.append(ladder.chunk(2, 1))
    stand.until(lambda: stand.sink.state().position_s > 5.5)
    assert not stand.sink.state().ended
    stand.sink.extend(whole.starts_s[:3], 6.0, False)
    stand.until(lambda: stand.sink.state().ended)


def test_a_chunk_that_is_a_gap_holds_nothing_up(stand: Stand, ladder: Any) -> None:
    stand.sink.set_speed(4.0)
    stand.sink.open(ladder.timeline(), stand.wanted)
    gap = replace(ladder.chunk(1, 0), video=b"", video_init=b"", audio=(), gap=True)
    for chunk in (ladder.chunk(0, 0), gap, ladder.chunk(2, 0)):
        stand.sink.append(chunk)
    stand.until(lambda: stand.sink.state().position_s > 5.0)


def test_it_tells_what_the_times_of_a_discontinuity_need_added(stand: Stand, ladder: Any) -> None:
    stand.sink.open(ladder.timeline(), stand.wanted)
    assert stand.sink.shift_s(7) is None
    origin = Origin(2.0, discontinuity=7, init=ladder.video_inits[0])
    stand.sink.append(replace(ladder.chunk(1, 0), video=ladder.video[0][5], origin=origin))
    assert stand.sink.shift_s(7) == pytest.approx(-8.0)
