"""Media playlists of every kind that RFC 8216bis has, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.presentation.hls import PresentationError, load, parse_media, preview
from player.presentation.media import MediaPlaylist
from player.presentation.model import (
    ByteRange,
    Container,
    Key,
    Kind,
    PlaylistType,
    Presentation,
    Preview,
    Rendition,
    Resource,
    StartPoint,
    Track,
)

STREAMS = Path(__file__).with_name("streams")
BASE = "https://cdn.example/t/v.m3u8"
T0 = 1767323045.5  # 2026-01-02T03:04:05.500Z


def text(name: str) -> str:
    return (STREAMS / name).read_text(encoding="utf-8")


def media(name: str, imported: dict[str, str] | None = None, uri: str = BASE) -> MediaPlaylist:
    return parse_media(text(name), uri, imported)


def live(found: MediaPlaylist, start: StartPoint | None = None) -> Presentation:
    rendition = Rendition("v0", 1, "", found.segments, reloading=found.reloading)
    return Presentation(BASE, Track("video", Kind.VIDEO, (rendition,)), start=start)


def test_a_transport_stream_has_no_initialisation_section_and_its_rates_hold_on() -> None:
    found = media("media-ts.m3u8")
    assert [s.uri.rpartition("/")[2] for s in found.segments] == ["seg-1.ts", "seg-2.ts?token=a%20b", "seg-3.ts"]
    assert {(s.container, s.init, s.key) for s in found.segments} == {(Container.MPEG_TS, None, None)}
    assert [s.size_bytes for s in found.segments] == [600600, 600600, 600600]
    assert (found.reloading.type, found.reloading.ended) == (PlaylistType.VOD, True)
    assert found.start == StartPoint(3.5, precise=True)


def test_byte_ranges_and_initialisation_sections_change_along_the_way() -> None:
    found = media("media-bytes.m3u8").segments
    film, advert = "https://cdn.example/t/film.mp4", "https://cdn.example/t/advert.mp4"
    assert [s.byte_range for s in found] == [
        ByteRange(720, 1000), ByteRange(1720, 1500), ByteRange(700, 900), ByteRange(3220, 800),
    ]  # fmt: skip
    assert [s.init for s in found] == [
        Resource(film, ByteRange(0, 720)),
        Resource(film, ByteRange(0, 720)),
        Resource(advert, ByteRange(0, 700)),
        Resource(film, ByteRange(0, 720)),
    ]
    assert [s.discontinuity_sequence for s in found] == [0, 0, 1, 2]
    assert {s.container for s in found} == {Container.FMP4}


def test_keys_rotate_and_the_sequence_number_is_the_vector_that_is_not_told() -> None:
    clear, one, two, three, again = media("media-keys.m3u8").segments
    assert (clear.key, again.key) == (None, None)
    assert one.key == two.key == Key("https://cdn.example/t/key?r=52")
    assert (one.iv, two.iv) == ((7795).to_bytes(16, "big"), (7796).to_bytes(16, "big"))
    assert three.key == Key("https://keys.example/53", b"\0" * 15 + b"\x1f")
    assert three.iv == b"\0" * 15 + b"\x1f"
    assert three.init == Resource("https://cdn.example/t/init.mp4", None, three.key)
    assert (again.init, again.container) == (three.init, Container.FMP4)


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ('METHOD=SAMPLE-AES,URI="skd://k",KEYFORMAT="com.apple.streamingkeydelivery"', "com.apple.streamingkey"),
        ('METHOD=SAMPLE-AES,URI="k"', "SAMPLE-AES, identity"),
        ('METHOD=SAMPLE-AES-CTR,URI="data:x",KEYFORMAT="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"', "edef8ba9"),
    ],
)
def test_protection_without_a_key_for_us_is_refused_in_clear_words(tag: str, says: str) -> None:
    with pytest.raises(PresentationError, match=f"protected .*{says}.* can't unlock") as caught:
        parse_media(f"#EXTM3U\n#EXT-X-KEY:{tag}\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n", BASE)
    assert "keys are" in caught.value.advice


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xXY', "IV"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x' + "1" * 33, "IV"),
        ("#EXT-X-KEY:METHOD=AES-128", "address is missing"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/shadow"', "only http"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXT-X-MAP:URI="i.mp4"', "no IV"),
        ('#EXT-X-KEY:METHOD=AES-128,METHOD=NONE,URI="k"', "makes no sense"),
        ("#EXT-X-MAP:BYTERANGE=1@2", "address is missing"),
        ("#EXT-X-MEDIA-SEQUENCE:" + "9" * 40, "EXT-X-MEDIA-SEQUENCE is out of bounds"),
        ("#EXT-X-DISCONTINUITY-SEQUENCE:-1", "out of bounds"),
        ("#EXT-X-TARGETDURATION:-4", "out of bounds"),
        ("#EXT-X-START:TIME-OFFSET=inf", "EXT-X-START is out of bounds"),
        ("#EXT-X-SKIP:SKIPPED-SEGMENTS=3", "delta update"),
        ("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=3", "makes no sense"),
    ],
)
def test_a_tag_that_cannot_be_used_is_named(tag: str, says: str) -> None:
    with pytest.raises(PresentationError, match=says):
        parse_media(f"#EXTM3U\n{tag}\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n", BASE)


def test_kinds_of_key_do_not_pile_up() -> None:
    """Found by hand: every tag copied all the kinds before it, thirty seconds for 1.5 MB."""
    tags = "".join(f'#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="{k}"\n' for k in range(17))
    with pytest.raises(PresentationError, match="line 18: more than 16 kinds of key"):
        parse_media(f"#EXTM3U\n{tags}#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n", BASE)


def test_a_live_playlist_tells_its_dates_gaps_and_how_to_go_on() -> None:
    found = media("media-live.m3u8")
    assert [s.sequence for s in found.segments] == [100, 101, 102, 103, 104]
    assert [s.discontinuity_sequence for s in found.segments] == [3, 3, 4, 4, 4]
    assert [s.date_s for s in found.segments] == [T0, T0 + 4, T0 + 8, T0 + 12, T0 + 16]
    assert [s.gap for s in found.segments] == [False, False, False, True, False]
    going_on = found.reloading
    assert (going_on.type, going_on.ended, going_on.media_sequence) == (PlaylistType.LIVE, False, 100)
    assert (going_on.reload_after_s(True), going_on.reload_after_s(False)) == (4, 2)
    title = live(found)
    assert (title.live, title.start_at_s()) == (True, 8)  # three target durations before the end


def test_an_event_begins_at_its_beginning_and_goes_on() -> None:
    title = live(media("media-event.m3u8"))
    assert (title.live, title.start_at_s()) == (True, 0)


@pytest.mark.parametrize(("offset_s", "at_s"), [(2.0, 2.0), (-14.0, 6.0), (-1.0, 8.0), (-99.0, 0.0), (99.0, 8.0)])
def test_a_start_point_is_kept_within_the_window_and_off_the_live_edge(offset_s: float, at_s: float) -> None:
    assert live(media("media-live.m3u8"), StartPoint(offset_s)).start_at_s() == at_s


def test_low_latency_parts_are_read_and_whole_segments_are_the_segments() -> None:
    found = media("media-low-latency.m3u8")
    assert [s.sequence for s in found.segments] == [266, 267, 268]
    assert [(p.uri.rpartition("/")[2], p.independent) for p in found.parts] == [
        ("s269.0.mp4", True), ("s269.1.mp4", False),
    ]  # fmt: skip
    going_on = found.reloading
    assert (going_on.can_block_reload, going_on.can_skip_until_s, going_on.hold_back_s) == (True, 24, 14.5)
    assert (going_on.part_target_s, going_on.part_hold_back_s) == (0.33334, 1.0)


def test_subtitles_may_be_an_hour_in_one_file_and_films_may_not() -> None:
    found = media("media-webvtt.m3u8")
    assert {s.container for s in found.segments} == {Container.WEBVTT}
    with pytest.raises(PresentationError, match="duration is out of bounds"):
        parse_media(text("media-webvtt.m3u8").replace("vtt", "ts"), BASE)


def test_packed_sound_is_known_by_its_name_and_what_is_not_is_left_to_the_bytes() -> None:
    assert [s.container for s in media("media-packed.m3u8").segments] == [
        Container.AAC, Container.MP3, Container.AC3, Container.EAC3, Container.UNTOLD,
    ]  # fmt: skip


def test_variables_come_from_here_from_the_address_and_from_the_multivariant_playlist() -> None:
    found = media("media-define.m3u8", {"host": "h.example"}, BASE + "?a=1&token=s%22e%20cret")
    assert found.segments[0].uri == "https://h.example/media/v1/0.m4s?t=secret"
    assert found.segments[0].init == Resource("https://h.example/media/v1/init.mp4")


@pytest.mark.parametrize(
    ("define", "says"),
    [
        ('NAME="a",VALUE="b"\n#EXT-X-DEFINE:NAME="a",VALUE="c"', "line 3: the variable 'a' is not a name, defined tw"),
        ('IMPORT="a"', "no multivariant playlist defines it"),
        ('QUERYPARAM="a"', "not in the playlist's address"),
        ('NAME="a"', "without NAME and VALUE"),
        ('NAME="sp ace",VALUE="c"', "not a name"),
        ('NAME="a",VALUE="' + "x" * 3000 + '"', "longer than 2048"),
        ('NAME="b",VALUE="{$nothing}"', "'nothing' is not defined"),
        ('NAME="a",VALUE="' + "x" * 2000 + '"\n#EXT-X-MAP:URI="' + "{$a}" * 5 + '"', "make it too long"),
    ],
)
def test_a_variable_that_cannot_be_is_named(define: str, says: str) -> None:
    with pytest.raises(PresentationError, match=says):
        parse_media(f"#EXTM3U\n#EXT-X-DEFINE:{define}\n#EXTINF:2,\n{{$a}}\n#EXT-X-ENDLIST\n", BASE)


def test_a_value_that_looks_like_a_reference_is_not_followed() -> None:
    defined = '#EXT-X-DEFINE:NAME="a",VALUE="x"\n#EXT-X-DEFINE:QUERYPARAM="q"\n'
    found = parse_media(f"#EXTM3U\n{defined}#EXTINF:2,\n{{$q}}.ts\n#EXT-X-ENDLIST\n", BASE + "?q={$a}")
    assert found.segments[0].uri.endswith("/{$a}.ts")


async def test_the_still_pictures_of_a_preview_are_read_when_they_are_wanted() -> None:
    async def fetch_text(uri: str) -> tuple[str, str]:
        return text(uri.rpartition("/")[2]), uri

    found = await preview(Preview("https://x.example/media-iframes.m3u8", 5, "avc1", 640, 360), fetch_text)
    assert [(s.start_s, s.byte_range) for s in found.segments] == [
        (0, ByteRange(376, 4000)),
        (2, ByteRange(90000, 4200)),
    ]
    with pytest.raises(PresentationError, match="still pictures only"):
        await load("https://x.example/media-iframes.m3u8", fetch_text)
    with pytest.raises(PresentationError, match="not an I-frame playlist"):
        await preview(Preview("https://x.example/media-ts.m3u8", 5), fetch_text)


def test_a_date_that_is_none_and_odd_line_breaks_do_not_stop_a_title() -> None:
    odd = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXTINF:2,a\u2028b\x85c\na.ts\n#EXT-X-ENDLIST\n"
    found = parse_media(odd, BASE)
    assert [(s.uri, s.date_s) for s in found.segments] == [("https://cdn.example/t/a.ts", None)]


KEYLIKE = ["#EXT-X-KEYS:METHOD=AES-128", '#EXT-X-MAPS:URI="i"', "#EXT-X-GAPS", "#EXT-X-KEYOMTHED=:A=B"]


@pytest.mark.parametrize("tag", KEYLIKE)
def test_a_tag_that_only_begins_like_a_known_one_is_passed_over(tag: str) -> None:
    """Found by fuzzing: the library took it for the known one."""
    (segment,) = parse_media(f"#EXTM3U\n{tag}\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n", BASE).segments
    assert (segment.key, segment.init, segment.gap) == (None, None, False)


def test_long_base_addresses_do_not_multiply_a_playlist() -> None:
    many = "#EXTM3U\n" + "".join(f"#EXTINF:2,\n{i}\n" for i in range(9000)) + "#EXT-X-ENDLIST\n"
    with pytest.raises(PresentationError, match="addresses are longer"):
        parse_media(many, "https://cdn.example/" + "x" * 4000 + "/v.m3u8")
