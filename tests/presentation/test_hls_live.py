"""A playlist that goes on, read again: chunks keep their number and their place, and a server may be caught lying."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.presentation.hls import PresentationError, load, parse_media
from player.presentation.live import Change, Reloaded, reload, reload_uri
from player.presentation.model import PlaylistType, Presentation, Rendition

STREAMS = Path(__file__).with_name("streams")
BASE = "https://cdn.example/t/v.m3u8"


def window(first: int, count: int, tags: str = "", each: str = "", end: bool = False, length_s: float = 4.0) -> str:
    parts = "".join(f"{each.format(k)}#EXTINF:{length_s},\ns{k}.ts\n" for k in range(first, first + count))
    head = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n{tags}"
    return head + parts + ("#EXT-X-ENDLIST\n" if end else "")


def rendition(text: str) -> Rendition:
    found = parse_media(text, BASE)
    return Rendition("v0", 1, "", found.segments, uri=BASE, reloading=found.reloading)


def again(old: Rendition, text: str) -> Reloaded:
    return reload(old, text, BASE)


def places(found: Rendition) -> list[tuple[int, float]]:
    return [(s.index, s.start_s) for s in found.segments]


def test_a_window_that_slides_keeps_the_number_and_the_place_of_every_chunk() -> None:
    newer = again(rendition(window(100, 4)), window(102, 4))
    assert newer.change is Change.NEWER
    assert places(newer.rendition) == [(2, 8), (3, 12), (4, 16), (5, 20)]
    assert [s.sequence for s in newer.rendition.segments] == [102, 103, 104, 105]
    assert (newer.rendition.first_index, newer.rendition.end_index) == (2, 6)
    found = newer.rendition.segment(3)
    assert found is not None
    assert found.uri.endswith("s103.ts")
    assert (newer.rendition.segment(1), newer.rendition.segment(6)) == (None, None)


def test_a_reload_that_brings_nothing_is_made_again_after_half_a_target_duration() -> None:
    old = rendition(window(100, 4))
    assert (again(old, window(100, 4)).change, again(old, window(100, 4)).reload_after_s) == (Change.SAME, 2)
    assert again(old, window(101, 4)).reload_after_s == 4
    over = again(old, window(101, 4, end=True))
    assert (over.change, over.reload_after_s, over.rendition.live) == (Change.NEWER, 0, False)


def test_an_older_list_is_seen_and_nothing_is_taken_from_it() -> None:
    old = rendition(window(100, 4))
    for text in (window(99, 4), window(100, 3), window(99, 5)):
        found = again(old, text)
        assert (found.change, found.rendition) == (Change.BACKWARDS, old)
    ended = again(old, window(100, 4, end=True)).rendition
    assert again(ended, window(100, 4)).change is Change.BACKWARDS


@pytest.mark.parametrize(
    "text",
    [window(3, 4), window(101, 4).replace("s102", "x102"), window(101, 4, length_s=3.0)],
    ids=["numbers begin anew", "another file", "another length"],
)
def test_a_stream_that_was_started_again_is_seen(text: str) -> None:
    old = rendition(window(100, 4))
    assert again(old, text) == Reloaded(old, Change.REPLACED)


def test_addresses_may_get_another_token_at_every_reload() -> None:
    newer = again(rendition(window(100, 4)), window(101, 4).replace(".ts", ".ts?token=2"))
    assert newer.change is Change.NEWER
    assert newer.rendition.segments[0].uri.endswith("s101.ts?token=2")


def test_after_a_hole_the_numbers_tell_how_much_was_missed() -> None:
    newer = again(rendition(window(100, 4)), window(110, 2))
    assert places(newer.rendition) == [(10, 40), (11, 44)]


def test_after_a_hole_dates_tell_it_better_unless_the_clock_was_set() -> None:
    def dated(first: int, second: float) -> str:
        minute, rest = divmod(second, 60)
        return window(first, 2, f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{int(minute):02}:{rest:06.3f}Z\n")

    old = rendition(dated(100, 0.0))
    assert places(again(old, dated(104, 17.5)).rendition)[0] == (4, 17.5)
    assert places(again(old, dated(104, 900.0)).rendition)[0] == (4, 16.0)


def test_an_event_may_not_lose_its_beginning() -> None:
    event = "#EXT-X-PLAYLIST-TYPE:EVENT\n"
    old = rendition(window(0, 3, event))
    assert again(old, window(0, 5, event)).change is Change.NEWER
    assert again(old, window(1, 4, event)).change is Change.REPLACED


def test_a_delta_update_takes_what_it_skips_from_what_was_known() -> None:
    old = rendition((STREAMS / "media-low-latency.m3u8").read_text())
    newer = again(old, (STREAMS / "media-delta.m3u8").read_text())
    assert [(s.sequence, s.index) for s in newer.rendition.segments] == [(267, 1), (268, 2), (269, 3)]
    last = newer.rendition.segments[-1]
    assert last.init == old.segments[0].init
    assert last.date_s == pytest.approx(old.segments[0].date_s + 12.00008)
    assert last.start_s == pytest.approx(12.00008)
    with pytest.raises(PresentationError, match="was not read before"):
        again(rendition(window(100, 4)), (STREAMS / "media-delta.m3u8").read_text())


def test_a_blocking_reload_asks_for_the_next_segment_and_a_delta_only_of_a_long_window() -> None:
    short = rendition((STREAMS / "media-low-latency.m3u8").read_text())
    assert reload_uri(short) == BASE + "?_HLS_msn=269"
    control = "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24\n"
    long = rendition(window(100, 10, control))
    assert reload_uri(long) == BASE + "?_HLS_msn=110&_HLS_skip=YES"
    assert reload_uri(long, delta=False, block=False) == BASE
    assert reload_uri(rendition(window(100, 10))) == BASE
    assert reload_uri(rendition(window(100, 10, control, end=True))) == BASE


async def opened(low: str, high: str, sound: str = "") -> Presentation:
    media = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="e",URI="sound.m3u8"\n' if sound else ""
    group = ',AUDIO="a"' if sound else ""
    multi = f"#EXTM3U\n{media}#EXT-X-STREAM-INF:BANDWIDTH=1{group}\nlow.m3u8\n"
    multi += f"#EXT-X-STREAM-INF:BANDWIDTH=2{group}\nhigh.m3u8\n"
    texts = {"multi.m3u8": multi, "low.m3u8": low, "high.m3u8": high, "sound.m3u8": sound}

    async def fetch_text(uri: str) -> tuple[str, str]:
        return texts[uri.rpartition("/")[2]], uri

    return await load("https://cdn.example/multi.m3u8", fetch_text)


async def test_windows_read_a_moment_apart_are_one_grid() -> None:
    found = await opened(window(100, 4), window(101, 4))
    low, high = found.video.renditions
    assert found.live
    assert places(low) == [(0, 0), (1, 4), (2, 8), (3, 12)]
    assert places(high) == [(1, 4), (2, 8), (3, 12), (4, 16)]
    earlier = (await opened(window(101, 4), window(99, 4))).video.renditions[1]
    assert places(earlier) == [(-2, -8), (-1, -4), (0, 0), (1, 4)]


async def test_dates_place_windows_whose_numbers_have_nothing_in_common() -> None:
    def dated(first: int, second: int) -> str:
        return window(first, 4, f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:{second:02}Z\n")

    found = await opened(dated(100, 10), dated(900, 14), dated(5000, 12))
    assert places(found.video.renditions[1]) == [(1, 4), (2, 8), (3, 12), (4, 16)]
    assert [s.start_s for s in found.audio[0].renditions[0].segments] == [2, 6, 10, 14]


async def test_without_dates_and_common_numbers_all_windows_end_at_the_live_edge() -> None:
    found = await opened(window(100, 4), window(900, 4))
    assert places(found.video.renditions[1]) == places(found.video.renditions[0])


async def test_windows_cut_differently_are_refused() -> None:
    with pytest.raises(PresentationError, match="same instants"):
        await opened(window(100, 4), window(100, 4, length_s=3.0))


async def test_a_rendition_read_again_takes_its_place_in_the_title() -> None:
    title = await opened(window(100, 4), window(100, 4))
    newer = again(title.video.renditions[1], window(102, 4, end=True)).rendition
    renewed = title.with_rendition("video", newer)
    assert renewed.video.renditions == (title.video.renditions[0], newer)
    assert renewed.video.renditions[1].reloading is not None
    assert renewed.video.renditions[1].reloading.type is PlaylistType.VOD


STREAM = st.lists(st.sampled_from([2.0, 3.5, 4.0]), min_size=30, max_size=60)
STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(3, 8), st.booleans()), min_size=1, max_size=15)


@given(lengths=STREAM, steps=STEPS, first=st.integers(0, 10**6))
def test_whatever_the_windows_chunks_lie_where_the_stream_has_them(
    lengths: list[float], steps: list[tuple[int, int, bool]], first: int
) -> None:
    """A stream that is known whole, seen through windows that move on: the truth is the sum of its segments."""
    starts = [0.0, *accumulate(lengths)]

    def listed(at: int, count: int) -> str:
        parts = "".join(f"#EXTINF:{lengths[k]},\ns{k}.ts\n" for k in range(at, min(at + count, len(lengths))))
        return f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first + at}\n{parts}"

    at, count = 0, 4
    known = rendition(listed(at, count))
    for ahead, wanted, stale in steps:
        end = at + count
        step = min(ahead, count, len(lengths) - end)  # no hole: those are estimated
        if stale and at:
            assert again(known, listed(at - 1, count)).change is Change.BACKWARDS
        at, count = at + step, max(wanted, end - at - step)
        found = again(known, listed(at, count))
        assert found.change in (Change.NEWER, Change.SAME)
        known = found.rendition
        assert [(s.index, s.start_s) for s in known.segments] == [
            (k, pytest.approx(starts[k])) for k in range(at, min(at + count, len(lengths)))
        ]
        count = min(count, len(lengths) - at)
