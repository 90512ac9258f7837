"""View models: what the window says, without Qt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ui
from player.engine.snapshot import RungChoice, Snapshot, Status
from player.service.model import Card, Home, Row
from ui import keys
from ui.view_models import formatting, playback, stats
from ui.view_models.home import home_view
from ui.view_models.sprites import parse_sprites

LADDER = tuple(RungChoice(at, 16 * lines // 9, lines, lines * 1000) for at, lines in enumerate((240, 720, 1080)))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (62, "1:02"), (3729, "1:02:09"), (-3, "0:00")]
)
def test_a_place_reads_like_a_clock(seconds: float, text: str) -> None:
    assert formatting.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(48, "48 s"), (80, "1 min 20 s"), (60, "1 min"), (2460, "41 min"), (6720, "1 h 52 min")]
)
def test_a_length_reads_like_speech(seconds: float, text: str) -> None:
    assert formatting.span(seconds) == text


def test_rates_and_sizes_count_in_thousands() -> None:
    assert formatting.rate(4_320_000) == "4.3 Mbps"
    assert formatting.rate(620_400) == "620 kbps"
    assert formatting.size(18_200_000) == "18.2 MB"


def test_statistics_leave_out_what_has_no_value() -> None:
    assert [row.label for row in stats.stat_rows(Snapshot())] == ["Buffer"]
    full = stats.stat_rows(Snapshot(rungs=LADDER, shown_rung=1, fetching_rung=2, decision_text="room for more"))
    assert {row.label: row.value for row in full}["Rung"] == "2 of 3 \u00b7 720 kbps"
    assert {row.label: row.value for row in full}["Next choice"] == "1080p: room for more"


def test_the_graph_keeps_one_minute_and_stays_inside_its_frame() -> None:
    history = stats.History()
    for second in range(100):
        history.add(float(second), Snapshot(rungs=LADDER, shown_rung=1, throughput_bps=1e6 * second, buffer_s=9.0))
    graph = history.graph()
    assert len(graph["x"]) == 61
    assert all(0.0 <= value <= 1.0 for values in graph.values() for value in values)


def test_the_quality_menu_says_auto_with_the_rung_that_is_shown() -> None:
    snapshot = Snapshot(rungs=LADDER, shown_rung=2)
    assert playback.player_view(snapshot).quality_label == "Auto 1080p"
    assert [choice.label for choice in playback.quality_choices(snapshot)] == ["Auto", "1080p", "720p", "240p"]


@pytest.mark.parametrize(("saved_s", "begins_s"), [(None, None), (3, None), (31, 21), (7, 0), (79, None)])
def test_who_comes_back_gets_the_last_moments_again(saved_s: float | None, begins_s: float | None) -> None:
    assert playback.resume_at(saved_s, 80.0) == begins_s


def test_a_seek_stays_inside_the_film() -> None:
    assert playback.seek_target(-4.0, 80.0) == 0.0
    assert playback.seek_target(99.0, 80.0) == 79.5


def test_a_stall_names_the_rate_it_waits_at() -> None:
    view = playback.player_view(Snapshot(status=Status.STALLED, throughput_bps=620_000))
    assert view.waiting
    assert view.waiting_text == "Buffering \u00b7 620 kbps"


def test_a_card_says_what_is_left_and_what_is_being_prepared() -> None:
    begun = Card("a", "A", 2700.0, position_s=240.0, poster_url="/v1/images/a/1/poster.jpg")
    coming = Card("b", "B", 60.0, state="encoding", progress=0.4)
    view = home_view(
        Home(begun, (Row("films", "Films", "posters", (begun, coming)), Row("x", "X", "stills", ()))), "http://h:1"
    )
    assert view.hero is not None
    assert view.hero.action == "Resume \u00b7 41 min left"
    assert view.hero.poster == "http://h:1/v1/images/a/1/poster.jpg"
    assert [row.id for row in view.rows] == ["films"]
    assert view.rows[0].cards[1].preparing == "Preparing \u00b7 40 %"
    assert view.preparing


def test_previews_are_found_by_time_and_nonsense_is_passed_over() -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:02.000\nsprites-000.jpg#xywh=0,0,160,90\n\n00:00:02.000 --> 00:00:04.000\n"
    sprites = parse_sprites(text + "sprites-000.jpg#xywh=160,0,160,90\n\nrubbish\n", "http://e/s/x/sprites.vtt")
    tile = sprites.at(3.0)
    assert tile is not None
    assert (tile.url, tile.x) == ("http://e/s/x/sprites-000.jpg", 160)
    assert parse_sprites("", "http://e/").at(1.0) is None


def test_no_key_is_given_twice_and_every_line_of_the_sheet_is_said_once() -> None:
    sequences = [sequence for key in keys.KEYS for sequence in key.sequences]
    assert len(sequences) == len(set(sequences))
    lines = [line for _, group in keys.sheet() for line in group]
    assert len(lines) == len(set(lines))


THEME = dict(
    re.findall(r'property color (\w+): "#([0-9A-F]{6})"', (Path(ui.__file__).parent / "qml" / "Theme.qml").read_text())
)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(THEME[one]), _luminance(THEME[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["page", "surface", "raised"])
@pytest.mark.parametrize("ink", ["text", "textSecond", "textThird", "accent", "warn", "bad", "info"])
def test_words_can_be_read_on_every_ground(ink: str, ground: str) -> None:
    assert _contrast(ink, ground) >= 4.5


def test_the_primary_button_and_the_borders_can_be_seen() -> None:
    assert _contrast("accentInk", "accent") >= 7
    assert _contrast("controlBorder", "page") >= 3
    assert _contrast("focusRing", "page") >= 15
