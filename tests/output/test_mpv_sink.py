"""The real output beside the contract: subtitles, a reload, the picture, closing, and a machine without libmpv."""

from __future__ import annotations

import subprocess
import sys
import time

import media_ladder
import pytest
from mpv_rig import BLACK, Rig

from player.output.mpv import MpvSink
from player.output.sink import MediaError, SubtitleFile

pytestmark = pytest.mark.needs_mpv

ENGLISH = SubtitleFile("en", "en", "English", b"WEBVTT\n\n00:00.000 --> 01:00.000\nThe river is up.\n")
FRENCH = SubtitleFile(
    "fr", "fr", "Fran\u00e7ais", "WEBVTT\n\n00:00.000 --> 01:00.000\nLa rivi\u00e8re monte.\n".encode()
)


def _play(rig: Rig, ladder: media_ladder.Ladder, start_at_s: float = 0.0, chunks: range = range(4)) -> None:
    rig.sink.open(ladder.timeline(start_at_s), lambda _index: None)
    for index in chunks:
        rig.sink.append(ladder.chunk(index, index % media_ladder.RUNGS))


def test_subtitles_chosen_before_and_after_the_load_are_shown_and_go_away(ladder: media_ladder.Ladder) -> None:
    with Rig() as rig:
        rig.sink.show_subtitles(ENGLISH)
        _play(rig, ladder)
        assert rig.wait(lambda: rig.sink.player.sub_text == "The river is up.")
        rig.sink.show_subtitles(FRENCH)
        assert rig.wait(lambda: rig.sink.player.sub_text == "La rivi\u00e8re monte.")
        rig.sink.show_subtitles(None)
        assert rig.wait(lambda: not rig.sink.player.sub_text)


def test_a_reload_keeps_the_place_the_pause_the_subtitles_and_shows_no_black(ladder: media_ladder.Ladder) -> None:
    with Rig() as rig:
        rig.sink.show_subtitles(ENGLISH)
        _play(rig, ladder, 20.5, range(10, 14))
        assert rig.wait(lambda: rig.sink.state().position_s > 21.0)
        rig.sink.set_paused(True)
        place_s, since = rig.sink.state().position_s, len(rig.presented)
        _play(rig, ladder, place_s, range(10, 14))
        assert rig.wait(lambda: rig.shown(round(place_s * media_ladder.FPS), since))
        assert rig.wait(lambda: rig.sink.player.sub_text == "The river is up.")
        assert rig.sink.state().position_s == pytest.approx(place_s, abs=0.05)
        assert rig.sink.state().paused
        assert all(frame.number != BLACK for frame in rig.presented[since:])


def test_a_seek_during_the_load_is_not_lost(ladder: media_ladder.Ladder) -> None:
    with Rig() as rig:
        _play(rig, ladder, 0.0, range(4))
        rig.sink.seek(5.0)
        assert rig.wait(lambda: rig.shown(120))
        assert rig.sink.state().position_s >= 5.0


@pytest.mark.parametrize("start_at_s", [0.0, 20.5])
def test_the_decoder_is_ready_before_the_first_chunk_has_come(ladder: media_ladder.Ladder, start_at_s: float) -> None:
    asked: list[int] = []
    first = int(start_at_s // media_ladder.CHUNK_S)
    with Rig() as rig:
        rig.sink.open(ladder.timeline(start_at_s), asked.append)
        assert rig.wait(lambda: rig.sink.watch.file_loaded and bool(asked))
        assert rig.sink.state().details["codec"]
        for index in range(first, first + 2):
            rig.sink.append(ladder.chunk(index, 1))
        assert rig.wait(lambda: bool(rig.presented))
    # Nothing else was wanted, and the stand-in that mpv read meanwhile is not seen.
    assert set(asked) <= {first, first + 1, first + 2}
    assert rig.presented[0].number == round(start_at_s * media_ladder.FPS)


def test_frames_step_one_by_one(ladder: media_ladder.Ladder) -> None:
    with Rig() as rig:
        _play(rig, ladder)
        rig.sink.set_paused(True)
        assert rig.wait(lambda: bool(rig.presented))
        rig.sink.seek(3.0)
        assert rig.wait(lambda: rig.shown(72) and not rig.sink.state().seeking)
        at = rig.presented[-1].number
        rig.sink.frame_step()
        assert rig.wait(lambda: rig.presented[-1].number == at + 1)
        rig.sink.frame_back_step()
        assert rig.wait(lambda: rig.presented[-1].number == at)


def test_the_details_are_told_in_the_words_of_the_overlay(ladder: media_ladder.Ladder) -> None:
    with Rig() as rig:
        _play(rig, ladder)
        told = rig.sink.state
        assert rig.wait(lambda: {"width", "height", "fps", "codec", "audio", "avsync_ms"} <= told().details.keys())
        details = told().details
        assert (details["width"], details["height"]) == media_ladder.SIZE
        assert "aac" in str(details["audio"])


def test_a_screenshot_without_a_window_shows_which_rung_is_playing(ladder: media_ladder.Ladder) -> None:
    sink = MpvSink(vo="null", ao="null", hwdec="no")
    try:
        assert sink.screenshot() is None
        sink.open(ladder.timeline(start_at_s=8.5), lambda _index: None)
        sink.set_paused(True)
        sink.append(ladder.chunk(4, 2))
        sink.append(ladder.chunk(5, 2))
        end_s = time.monotonic() + 10
        picture = None
        while picture is None and time.monotonic() < end_s:
            picture = sink.screenshot()
        assert picture is not None
        assert media_ladder.read_mark(picture) == (204, 2)
    finally:
        sink.close()


def test_closing_while_a_read_waits_frees_the_renderer_first_and_is_quick(ladder: media_ladder.Ladder) -> None:
    rig = Rig()
    _play(rig, ladder, 0.0, range(1))
    assert rig.wait(lambda: rig.sink.state().stalled and rig.sink.state().started)
    begun_s = time.monotonic()
    rig.close()
    # 5 to 20 ms here; the bound is for a busy machine. Without the rule it would hang or abort.
    assert time.monotonic() - begun_s < 2.0
    rig.sink.close()


def test_an_output_without_a_renderer_waits_with_its_load(ladder: media_ladder.Ladder) -> None:
    sink = MpvSink(vo="libmpv", ao="null", hwdec="no")
    sink.open(ladder.timeline(), lambda _index: None)
    assert not sink.state().started
    sink.close()


def test_an_unreadable_beginning_is_refused_at_once(ladder: media_ladder.Ladder) -> None:
    sink = MpvSink(vo="null", ao="null", hwdec="no")
    try:
        with pytest.raises(MediaError):
            sink.open(type(ladder.timeline())((0.0,), 2.0, b"nonsense", None, 0, 0), lambda _index: None)
    finally:
        sink.close()


def test_a_machine_without_libmpv_is_told_what_to_install() -> None:
    # A process of its own, since a library once loaded stays; it looks for a file that is no library.
    program = (
        "import os, sys; os.environ['EVENFLOW_LIBMPV'] = os.devnull\n"
        "import player.output.mpv as m\n"
        "try: m.MpvSink()\n"
        "except m.MpvMissing as error: print(error); sys.exit(4)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 4, done.stderr
    assert "nstall it" in done.stdout or "libmpv-2.dll" in done.stdout
