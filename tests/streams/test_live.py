"""Live titles through real HTTP, the engine and libmpv (vo=null): growing, sliding, stopping, and coming back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import corpus
import film_maker
import pytest
from broadcast import Broadcast, chunks
from origin import File, Origin
from stream_player import Playing

from player.compose import Order, headless
from player.engine.settings import EngineSettings

pytestmark = pytest.mark.timeout(120)
SECONDS = 12


@pytest.fixture(scope="module")
def video() -> film_maker.Track:
    return film_maker.video("h264", SECONDS, 1.0, b_frames=2)


@pytest.fixture(scope="module")
def files(video: film_maker.Track) -> dict[str, File]:
    return chunks(video, film_maker.sound("aac", SECONDS), seconds=SECONDS)


@pytest.fixture(scope="module")
def pictures(video: film_maker.Track) -> list[str]:
    return film_maker.pictures_of(video)


def until(holds: Callable[[], object], within_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come to pass"
        time.sleep(0.02)


@pytest.mark.needs_mpv
def test_an_event_is_played_from_its_beginning_to_its_last_picture(files: dict[str, File], pictures: list[str]) -> None:
    event = Broadcast(sorted(files))
    with Origin({**files, "v.m3u8": event.playlist}) as origin:
        seen = Playing(origin.uri("v.m3u8"), speed=1.0).to_the_end()
    assert seen.report["ended"] == "end"
    assert [checksum for _, checksum in seen.frames] == pictures
    assert seen.report["errors_recovered"] == []


@pytest.mark.needs_mpv
def test_a_live_title_begins_three_target_durations_before_its_edge_and_plays_to_its_end(
    files: dict[str, File], pictures: list[str]
) -> None:
    live = Broadcast(sorted(files), at_once=6, window=5, sequence=4711)
    with Origin({**files, "v.m3u8": live.playlist}) as origin:
        seen = Playing(origin.uri("v.m3u8"), speed=1.0).to_the_end()
    assert seen.report["ended"] == "end"
    shown = [checksum for _, checksum in seen.frames]
    assert shown == pictures[3 * 24 :]
    assert seen.report["stall_s"] < 1.0


@pytest.mark.needs_mpv
def test_sound_beside_a_live_title_follows_its_own_playlist(video: film_maker.Track, pictures: list[str]) -> None:
    made = chunks(video, seconds=SECONDS)
    tone = film_maker.sound("aac", SECONDS)
    sound = {
        f"a{k:02}.aac": film_maker.id3_time(1000.0 + float(tone.between(k, k + 1).packets[0].present_s))
        + film_maker.packed(tone.between(k, k + 1), "aac")
        for k in range(SECONDS)
    }
    pictures_live, sound_live = Broadcast(sorted(made), at_once=6, window=5), Broadcast(sorted(sound), 6, 5)
    served = {"v.m3u8": pictures_live.playlist, "a.m3u8": sound_live.playlist, **made, **sound}
    served["master.m3u8"] = corpus.master([("v.m3u8", "")], audio="a.m3u8")
    with Origin(served) as origin:
        seen = Playing(origin.uri("master.m3u8"), speed=1.0).to_the_end()
    assert seen.report["ended"] == "end"
    assert [checksum for _, checksum in seen.frames] == pictures[3 * 24 :]
    assert seen.snapshot is not None
    assert seen.snapshot.output["audio"]


@pytest.mark.needs_mpv
def test_a_live_title_that_uses_up_its_slots_is_loaded_again_in_place(
    files: dict[str, File], pictures: list[str]
) -> None:
    event = Broadcast(sorted(files), at_once=3)
    with Origin({**files, "v.m3u8": event.playlist}) as origin:
        seen = Playing(origin.uri("v.m3u8"), speed=1.0, live_reserve_s=1.0).to_the_end()
    assert seen.report["ended"] == "end"
    assert list(dict.fromkeys(checksum for _, checksum in seen.frames)) == pictures


@pytest.mark.needs_mpv
def test_the_rung_is_changed_while_live(files: dict[str, File], pictures: list[str]) -> None:
    one, two = Broadcast(sorted(files), at_once=6, window=5), Broadcast(sorted(files), at_once=6, window=5)
    served = {**files, "one.m3u8": one.playlist, "two.m3u8": two.playlist}
    served["master.m3u8"] = corpus.master([("one.m3u8", ""), ("two.m3u8", "")])
    with Origin(served) as origin:
        playing = Playing(origin.uri("master.m3u8"), speed=1.0, fixed_rung=0)
        until(lambda: playing.remote.snapshot().position_s > 3.5)
        playing.remote.fix_rung(1)
        seen = playing.to_the_end()
    assert seen.report["ended"] == "end"
    assert {chunk["rung"] for chunk in seen.report["chunks"]} == {0, 1}
    assert list(dict.fromkeys(checksum for _, checksum in seen.frames))[-24 * 5 :] == pictures[-24 * 5 :]


def test_a_broadcast_that_stops_coming_is_told_and_ends_where_nobody_waits(files: dict[str, File]) -> None:
    stopped = Broadcast(sorted(files), at_once=6, window=6, stops_at=7)
    with Origin({**files, "v.m3u8": stopped.playlist}) as origin:
        remote = headless(Order(origin.uri("v.m3u8"), settings=EngineSettings(give_up_s=6.0))).start()
        until(lambda: remote.snapshot().problem is not None)
        problem = remote.snapshot().problem
        assert problem is not None
        assert (problem.code, problem.fatal) == ("broadcast-stalled", False)
        assert "has not gone on for" in problem.message
        assert remote.join(30)
    assert remote.report()["ended"] == "broadcast-stalled"


def test_a_broadcast_that_comes_back_plays_on(files: dict[str, File]) -> None:
    live = Broadcast(sorted(files), at_once=6, window=6, stops_at=7)
    with Origin({**files, "v.m3u8": live.playlist}) as origin:
        remote = headless(Order(origin.uri("v.m3u8"), settings=EngineSettings())).start()
        until(lambda: remote.snapshot().problem is not None)
        live.stops_at = None
        assert remote.join(40)
    assert remote.report()["ended"] == "end"
    assert remote.snapshot().problem is None


def test_a_playlist_that_is_not_there_for_a_while_is_asked_for_again(files: dict[str, File]) -> None:
    live = Broadcast(sorted(files), at_once=6, window=6)
    asked = itertools.count()

    def playlist() -> bytes | None:
        return None if 2 <= next(asked) < 6 else live.playlist()

    with Origin({**files, "v.m3u8": playlist}) as origin:
        remote = headless(Order(origin.uri("v.m3u8"), settings=EngineSettings(give_up_s=20.0))).start()
        assert remote.join(40)
    assert remote.report()["ended"] == "end"
    assert "live-playlist" in [problem["code"] for problem in remote.report()["errors_recovered"]]


def test_what_slid_out_of_the_window_during_a_pause_is_passed_over(files: dict[str, File]) -> None:
    live = Broadcast(sorted(files), at_once=4, window=3)
    with Origin({**files, "v.m3u8": live.playlist}) as origin:
        settings = EngineSettings(give_up_s=20.0, buffer_cap_s=2.0)
        remote = headless(Order(origin.uri("v.m3u8"), settings=settings)).start()
        until(lambda: remote.snapshot().position_s > 1.2)
        remote.set_paused(True)
        until(lambda: live.there() >= 10)
        remote.set_paused(False)
        assert remote.join(40)
    document = remote.report()
    assert document["ended"] == "end"
    # What was here already is played first; what was lost is asked for by nobody meanwhile.
    assert len(origin.asked) < 80
    assert "live-window" in [problem["code"] for problem in document["errors_recovered"]]


def test_a_seek_stays_within_the_window_and_behind_the_edge(files: dict[str, File]) -> None:
    live = Broadcast(sorted(files), at_once=8, window=6)
    with Origin({**files, "v.m3u8": live.playlist}) as origin:
        remote = headless(Order(origin.uri("v.m3u8"), settings=EngineSettings(give_up_s=20.0))).start()
        until(lambda: remote.snapshot().position_s > 5.1)
        shown = remote.snapshot()
        assert shown.live
        assert shown.seekable_to_s == pytest.approx(shown.duration_s - 3.0)
        remote.seek(1000.0)
        until(lambda: remote.report()["seeks"])
        remote.seek(-5.0)
        until(lambda: len(remote.report()["seeks"]) == 2)
        remote.close()
    ahead, behind = (seek["to_s"] for seek in remote.report()["seeks"])
    assert shown.seekable_to_s <= ahead <= shown.seekable_to_s + 2.0
    assert shown.seekable_from_s <= behind <= shown.seekable_from_s + 2.0


def test_a_stream_that_is_started_again_is_opened_anew(files: dict[str, File], video: film_maker.Track) -> None:
    first = Broadcast(sorted(files), at_once=6, window=6, sequence=100)
    again = Broadcast(sorted(files), at_once=6, window=6, sequence=0)
    current = [first]
    with Origin({**files, "v.m3u8": lambda: current[0].playlist()}) as origin:
        remote = headless(Order(origin.uri("v.m3u8"), settings=EngineSettings(give_up_s=20.0))).start()
        until(lambda: remote.snapshot().position_s > 4.0)
        current[0] = again
        assert remote.join(60)
    assert remote.report()["ended"] == "end"
