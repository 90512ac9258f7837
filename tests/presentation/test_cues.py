"""Subtitles in segments become one file in the title's own time."""

from __future__ import annotations

import pytest

from player.presentation.cues import Cue, join, read_segment
from player.presentation.errors import PresentationError

HEAD = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{},LOCAL:00:00:00.000\n\n"
WRAP_S = 2**33 / 90_000


def starts(body: str, start_s: float, end_s: float, shift_s: float | None) -> list[float]:
    """Where the cues of a segment that the playlist puts at [start_s, end_s) begin."""
    return [round(cue.start_s, 3) for cue in read_segment(body.encode()).placed(start_s, end_s, shift_s)]


def test_cues_are_read_with_their_settings_and_what_is_no_cue_is_passed_over() -> None:
    body = (
        "WEBVTT\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE nothing\r\n\r\n1\r\n"
        "00:01.000 --> 00:02.500 align:start\r\n<v Ann>one\r\ntwo\r\n\r\n\r\n"
        "100:00:00.000 --> 100:00:01.000\nlate\n\n00:03.000 --> 00:02.000\nnever\n\n00:61.000 --> 00:99.000\nodd\n"
    )
    found = read_segment(body.encode())
    assert found.cues == (
        Cue(1.0, 2.5, " align:start", "<v Ann>one\ntwo"),
        Cue(360_000.0, 360_001.0, "", "late"),
    )
    assert (found.styles, found.map_s) == (("STYLE\n::cue { color: red }",), None)


def test_without_a_map_a_cue_is_in_the_titles_time() -> None:
    assert starts("WEBVTT\n\n00:07.000 --> 00:08.000\na\n", 6, 12, shift_s=-10.0) == [7]


def test_without_a_map_the_medias_clock_is_taken_where_only_that_fits() -> None:
    assert starts("WEBVTT\n\n00:17.000 --> 00:18.000\na\n", 6, 12, shift_s=-10.0) == [7]


@pytest.mark.parametrize("ticks", [900_000, 900_000 + 2**33])
def test_a_map_and_the_medias_clock_make_the_titles_time(ticks: int) -> None:
    assert starts(HEAD.format(ticks) + "00:07.000 --> 00:08.000\na\n", 6, 12, shift_s=-10.0) == [7]


def test_times_that_begin_anew_in_every_segment_go_on_with_their_maps() -> None:
    assert starts(HEAD.format(900_000) + "00:01.000 --> 00:02.000\na\n", 0, 6, -10.0) == [1]
    assert starts(HEAD.format(900_000 + 6 * 90_000) + "00:01.000 --> 00:02.000\na\n", 6, 12, -10.0) == [7]


def test_a_clock_that_wrapped_is_followed() -> None:
    body = HEAD.format(5 * 90_000) + "00:01.000 --> 00:02.000\na\n"
    assert starts(body, WRAP_S, WRAP_S + 6, shift_s=0.0) == [round(WRAP_S + 6, 3)]


def test_a_cue_over_a_boundary_is_written_once_and_all_are_in_order() -> None:
    long, late, early = Cue(5, 8, "", "over"), Cue(9, 10, " line:1", "late"), Cue(-3, -1, "", "before the title")
    assert join([late, long, long, early], ["STYLE\nx", "STYLE\nx"]).decode() == (
        "WEBVTT\n\nSTYLE\nx\n\n00:00:05.000 --> 00:00:08.000\nover\n\n00:00:09.000 --> 00:00:10.000 line:1\nlate\n"
    )
    assert join([]) == b"WEBVTT\n"


@pytest.mark.parametrize(
    "told", ["MPEGTS:x,LOCAL:00:00:00.000", "MPEGTS:1", "LOCAL:0", "MPEGTS:,LOCAL:00:00.000", "MPEGTS:1,LOCAL:0:0.0"]
)
def test_a_map_that_makes_no_sense_is_none(told: str) -> None:
    assert read_segment(f"WEBVTT\nX-TIMESTAMP-MAP={told}\n\n00:01.000 --> 00:02.000\na\n".encode()).map_s is None


def test_a_segment_that_is_no_webvtt_is_named() -> None:
    with pytest.raises(PresentationError, match=r"https://x/1\.vtt"):
        read_segment(b"<html>", "https://x/1.vtt")
