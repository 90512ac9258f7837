"""Subtitles in segments become one file in the title's own time."""

from __future__ import annotations

import pytest

from player.presentation.errors import PresentationError
from player.presentation.model import Segment
from player.presentation.webvtt import Cue, joined, parse_webvtt

HEAD = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{},LOCAL:00:00:00.000\n\n"


def part(index: int, body: str, discontinuity: int = 0) -> tuple[Segment, bytes]:
    segment = Segment(index, f"https://x/{index}.vtt", 6.0 * index, 6.0, discontinuity_sequence=discontinuity)
    return segment, body.encode()


def cue(start: str, end: str, text: str = "hello") -> str:
    return f"{start} --> {end}\n{text}\n"


def times(body: bytes) -> list[tuple[float, float, str]]:
    return [(c.start_s, c.end_s, c.text) for c in parse_webvtt(body).cues]


def test_cues_are_read_with_their_settings_and_what_is_no_cue_is_passed_over() -> None:
    body = (
        "WEBVTT\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE a --> b\r\n\r\n1\r\n"
        "00:01.000 --> 00:02.500 align:start\r\n<v Ann>one\r\ntwo\r\n\r\n\r\n"
        "100:00:00.000 --> 100:00:01.000\nlate\n\n00:03.000 --> 00:02.000\nnever\n"
        "\n00:61.000 --> 00:99.000\nodd\n\nloose text\n"
    )
    found = parse_webvtt(body.encode())
    assert found.cues == (
        Cue(1.0, 2.5, "align:start", "<v Ann>one\ntwo"),
        Cue(360_000.0, 360_001.0, "", "late"),
    )
    assert (found.styles, found.offset_s) == (("STYLE\n::cue { color: red }",), None)


def test_segments_in_the_titles_time_are_joined_as_they_are_and_repeated_cues_once() -> None:
    long = cue("00:05.000", "00:08.000", "over the edge")
    body = joined([part(0, "WEBVTT\n\n" + long), part(1, "WEBVTT\n\n" + long + "\n" + cue("00:09.000", "00:10.000"))])
    assert times(body) == [(5, 8, "over the edge"), (9, 10, "hello")]


def test_one_map_for_all_segments_means_the_titles_time() -> None:
    head = HEAD.format(900_000)
    body = joined([part(0, head + cue("00:01.000", "00:02.000")), part(1, head + cue("00:07.000", "00:08.000"))])
    assert [start for start, _, _ in times(body)] == [1, 7]


def test_maps_that_go_on_shift_times_that_begin_anew_in_every_segment() -> None:
    first, second = HEAD.format(900_000), HEAD.format(900_000 + 6 * 90_000)
    body = joined([part(0, first + cue("00:01.000", "00:02.000")), part(1, second + cue("00:01.000", "00:02.000"))])
    assert [start for start, _, _ in times(body)] == [1, 7]


def test_where_the_pictures_tell_their_timestamps_the_map_is_exact() -> None:
    body = joined([part(0, HEAD.format(900_000) + cue("00:01.000", "00:02.000"))], {0: 8.5})
    assert times(body)[0][:2] == (2.5, 3.5)


def test_without_a_map_the_medias_clock_is_taken_where_only_that_fits() -> None:
    parts = [part(1, "WEBVTT\n\n" + cue("00:17.000", "00:18.000"))]
    assert times(joined(parts, {0: 10.0}))[0][:2] == (7, 8)
    assert times(joined(parts))[0][:2] == (17, 18)
    assert times(joined([part(1, "WEBVTT\n\n" + cue("00:07.000", "00:08.000"))], {0: 10.0}))[0][:2] == (7, 8)


def test_a_head_without_its_blank_line_does_not_hide_the_first_cue() -> None:
    assert times(joined([part(0, "WEBVTT\n" + cue("00:01.000", "00:02.000"))])) == [(1, 2, "hello")]


def test_timestamps_that_wrap_go_on() -> None:
    first, second = HEAD.format(2**33 - 90_000), HEAD.format(5 * 90_000)
    body = joined([part(0, first + cue("00:01.000", "00:02.000")), part(1, second + cue("00:01.000", "00:02.000"))])
    assert [start for start, _, _ in times(body)] == [1, 7]


def test_after_a_discontinuity_times_that_begin_anew_count_from_their_segment() -> None:
    body = joined([
        part(0, HEAD.format(900_000) + cue("00:01.000", "00:02.000")),
        part(5, HEAD.format(90_000) + cue("00:01.000", "00:02.000"), 1),
        part(6, HEAD.format(90_000 + 6 * 90_000) + cue("00:01.000", "00:02.000"), 1),
    ])  # fmt: skip
    assert [start for start, _, _ in times(body)] == [1, 31, 37]


def test_cues_before_the_title_are_cut_or_left_out() -> None:
    body = joined(
        [part(0, HEAD.format(0) + cue("00:01.000", "00:02.000") + "\n" + cue("00:04.000", "00:06.000"))], {0: 5.0}
    )
    assert times(body) == [(0, 1, "hello")]


@pytest.mark.parametrize(
    "told", ["MPEGTS:x,LOCAL:00:00:00.000", "MPEGTS:1", "LOCAL:0", "MPEGTS:9999999999999,LOCAL:00:00.000"]
)
def test_a_map_that_makes_no_sense_is_none(told: str) -> None:
    assert parse_webvtt(f"WEBVTT\nX-TIMESTAMP-MAP={told}\n\n{cue('00:01.000', '00:02.000')}".encode()).offset_s is None


def test_a_segment_that_is_no_webvtt_is_named() -> None:
    with pytest.raises(PresentationError, match=r"https://x/1\.vtt"):
        joined([part(0, "WEBVTT\n"), part(1, "<html>")])


def test_no_segments_are_a_file_without_cues() -> None:
    assert joined([]) == b"WEBVTT\n"
