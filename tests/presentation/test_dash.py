"""MPDs of every kind that is played, read into the same presentation as playlists are."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from player.presentation.dash.load import parse_mpd, read
from player.presentation.errors import PresentationError
from player.presentation.manifest import load
from player.presentation.model import ByteRange, Container, Presentation, Resource

STREAMS = Path(__file__).with_name("streams")
BASE = "https://cdn.example/t/"


def sidx(entries: list[tuple[int, int, bool]], time: int = 0, timescale: int = 1000, after: int = 0) -> bytes:
    """A version 0 box; each entry is (size, duration, is it a further index)."""
    body = struct.pack(">IIIII", 0, 1, timescale, time, after) + struct.pack(">HH", 0, len(entries))
    body += b"".join(struct.pack(">III", size | int(more) << 31, length, 0x90000000) for size, length, more in entries)
    return struct.pack(">I4s", len(body) + 8, b"sidx") + body


async def opened(name: str, ranges: dict[tuple[str, int], bytes] | None = None) -> Presentation:
    async def fetch_text(uri: str) -> tuple[str, str]:
        return (STREAMS / name).read_text(encoding="utf-8"), uri

    async def fetch_range(uri: str, span: ByteRange) -> bytes:
        return (ranges or {})[uri.removeprefix(BASE), span.offset_bytes]

    return await load(BASE + name, fetch_text, fetch_range)


async def test_templates_make_a_ladder_with_its_sounds_and_its_words() -> None:
    found = await opened("template.mpd")
    low, high = found.video.renditions
    assert [(r.bitrate_bps, r.codecs, r.width, r.height) for r in (low, high)] == [
        (500_000, "avc1.42c01e", 640, 360),
        (2_000_000, "avc1.4d401f", 1280, 720),
    ]
    assert low.frame_rate == pytest.approx(29.97, abs=0.001)
    assert [(s.uri, s.start_s, s.duration_s) for s in low.segments] == [
        ("https://a.example/title/lo/500000-00000.m4s", 0, 4),
        ("https://a.example/title/lo/500000-00001.m4s", 4, 4),
        ("https://a.example/title/lo/500000-00002.m4s", 8, 2.5),
    ]
    assert high.init == Resource("https://a.example/title/hi/init$.mp4")
    assert {s.container for s in low.segments} == {Container.FMP4}
    assert (found.duration_s, found.chunk_count, found.live) == (10.5, 3, False)


async def test_a_sound_a_language_and_role_aac_before_others_and_words_as_webvtt_only() -> None:
    found = await opened("template.mpd")
    assert [(t.id, t.language, t.name, t.default) for t in found.audio] == [
        ("a-en", "en", "English", True),
        ("a-en-1", "en", "en commentary", False),
    ]
    main = found.audio[0].renditions[0]
    assert main.bitrate_bps == 128_000
    assert [s.uri.rpartition("/")[2] for s in main.segments] == [
        "0.m4s", "96000.m4s", "192000.m4s", "288000.m4s", "384000.m4s", "480000.m4s",
    ]  # fmt: skip
    assert main.segments[-1].end_s == 10.5
    assert [(t.id, t.forced, t.renditions[0].segments[0].uri) for t in found.subtitles] == [
        ("s-de", True, "https://a.example/title/words/de.vtt"),
    ]
    assert found.subtitles[0].renditions[0].segments[0].container is Container.WEBVTT


async def test_several_base_addresses_are_pathways() -> None:
    found = await opened("template.mpd")
    assert found.pathway_id == "alpha"
    assert found.pathways == {"alpha": "https://a.example/title/", "beta": "https://b.example/t/"}


async def test_a_timeline_with_a_hole_and_an_open_end_is_whole() -> None:
    segments = (await opened("timeline.mpd")).video.renditions[0].segments
    assert [s.uri.rpartition("/")[2] for s in segments] == [
        "00900000.m4s", "01080000.m4s", "01260000.m4s", "01620000.m4s", "01800000.m4s", "01980000.m4s",
    ]  # fmt: skip
    # The third lasts 3 s and is held for one more, since the fourth begins at 8 s.
    assert [(s.start_s, s.duration_s) for s in segments] == [(0, 2), (2, 2), (4, 4), (8, 2), (10, 2), (12, 2)]
    assert {s.media_offset_s for s in segments} == {-10.0}


async def test_lists_name_files_or_ranges_of_one() -> None:
    one, two = (await opened("list.mpd")).video.renditions
    assert one.init == Resource(BASE + "film/one.mp4", ByteRange(0, 700))
    assert [(s.uri, s.byte_range, s.size_bytes) for s in one.segments] == [
        (BASE + "film/one.mp4", ByteRange(700, 1000), 1000),
        (BASE + "film/one.mp4", ByteRange(1700, 300), 300),
    ]
    assert two.init == Resource(BASE + "film/two-init.mp4")
    assert [(s.uri, s.start_s, s.duration_s) for s in two.segments] == [
        (BASE + "film/two-1.mp4", 0, 4),
        (BASE + "film/two-2.mp4", 4, 3),
    ]


async def test_an_index_tells_the_segments_of_one_file() -> None:
    box = sidx([(5000, 2000, False), (7000, 2000, False), (300, 2000, False)], time=2000, after=40)
    found = (await opened("indexed.mpd", {("v.mp4", 800): box})).video.renditions[0]
    begins = 800 + len(box) + 40
    assert [(s.start_s, s.duration_s, s.byte_range) for s in found.segments] == [
        (0, 2, ByteRange(begins, 5000)),
        (2, 2, ByteRange(begins + 5000, 7000)),
        (4, 2, ByteRange(begins + 12000, 300)),
    ]
    assert found.init == Resource(BASE + "v.mp4", ByteRange(0, 800))
    assert {s.media_offset_s for s in found.segments} == {-2.0}


async def test_an_index_that_begins_elsewhere_than_it_should_still_begins_the_title_at_0() -> None:
    box = sidx([(5000, 3000, False), (5000, 3000, False)], time=90_000)
    segments = (await opened("indexed.mpd", {("v.mp4", 800): box})).video.renditions[0].segments
    assert [(s.start_s, s.media_offset_s) for s in segments] == [(0, -90), (3, -90)]


async def test_periods_are_joined_on_one_grid_with_discontinuities() -> None:
    found = await opened("periods.mpd")
    low, high = found.video.renditions
    assert [(s.uri.removeprefix(BASE), s.start_s, s.duration_s, s.discontinuity_sequence) for s in low.segments] == [
        ("film/lo-1.m4s", 0, 4, 0),
        ("film/lo-2.m4s", 4, 4, 0),
        ("advert/small-1.m4s", 8, 3.5, 1),
        ("film/lo-3.m4s", 11.5, 4, 2),
        ("film/lo-4.m4s", 15.5, 4, 2),
        ("film/lo-5.m4s", 19.5, 0.5, 2),
    ]
    assert [s.media_offset_s for s in low.segments] == [0, 0, -42, 3.5, 3.5, 3.5]
    assert [s.init.uri.removeprefix(BASE) for s in high.segments if s.init] == (
        ["film/hi.mp4"] * 2 + ["advert/large.mp4"] + ["film/hi.mp4"] * 3
    )
    assert [s.index for s in found.audio[0].renditions[0].segments] == [0, 1, 2, 3, 4, 5]


def mpd(sets: str, head: str = 'mediaPresentationDuration="PT8S"', period: str = "") -> str:
    return f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {head}><Period {period}>{sets}</Period></MPD>'


def video(inside: str = '<SegmentTemplate duration="4" media="$Number$"/>', more: str = "", extra: str = "") -> str:
    one = '<Representation id="1" bandwidth="9"/>'
    return f'<AdaptationSet mimeType="video/mp4" {more}>{extra}{inside}{one}</AdaptationSet>'


PROTECTED = '<ContentProtection schemeIdUri="urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED"/>'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (mpd(video(), 'type="dynamic"'), r"live DASH stream .* not supported yet"),
        (mpd(video(extra=PROTECTED)), r"protected \(Widevine\), and this player can't unlock"),
        (mpd(PROTECTED + video()), r"protected \(Widevine\)"),
        (mpd(video() + video().replace("video", "audio").replace("><Seg", f">{PROTECTED}<Seg")), "protected"),
        (mpd(video(), period='xlink:href="http://x" xmlns:xlink="http://www.w3.org/1999/xlink"'), "kept elsewhere"),
        (mpd(video().replace("video/mp4", "audio/mp4")), "without video"),
        (mpd(video(extra='<EssentialProperty schemeIdUri="urn:unknown"/>')), "without video"),
        (mpd(video().replace("video/mp4", "video/webm")), "without video"),
        (mpd(video('<SegmentTemplate duration="4"/>')), "no media"),
        (mpd(video('<SegmentTemplate duration="4" media="same.m4s"/>')), "one address"),
        (mpd(video('<SegmentTemplate duration="4" media="$Number"/>')), "dollar sign too many"),
        (mpd(video('<SegmentTemplate duration="4" media="$SubNumber$"/>')), "not supported"),
        (mpd(video('<SegmentTemplate duration="4" media="file:///$Number$"/>')), "only http"),
        (mpd(video('<SegmentTemplate duration="0" media="$Number$"/>')), "out of bounds"),
        (mpd(video('<SegmentTemplate duration="1" timescale="99999" media="$Number$"/>')), "more than 50000 segments"),
        (mpd(video('<SegmentTemplate duration="1" timescale="0" media="$Number$"/>')), "timescale"),
        (mpd(video('<SegmentTemplate duration="x" media="$Number$"/>')), "attribute makes no sense"),
        (mpd(video('<SegmentTemplate media="$Time$"><SegmentTimeline><S d="1" r="99999999"/></SegmentTimeline>'
                   "</SegmentTemplate>")), "more than 50000"),
        (mpd(video('<SegmentTemplate media="$Time$"><SegmentTimeline><S t="5" d="1"/><S t="3" d="1"/>'
                   "</SegmentTimeline></SegmentTemplate>")), "S@t is out of bounds"),
        (mpd(video('<SegmentBase indexRange="9-3"/>')), "byte range"),
        (mpd(video('<SegmentBase indexRange="0-99"><RepresentationIndex sourceURL="x.sidx"/></SegmentBase>')), "own"),
        (mpd(video("<BaseURL>big.mp4</BaseURL>"), 'mediaPresentationDuration="PT1H"'), "lasts 3600 s"),
        (mpd(video(), ""), "tells a duration"),
        (mpd(video(), 'mediaPresentationDuration="P1Y"'), "longer than a week"),
        (mpd(video(), 'mediaPresentationDuration="soon"'), "not a duration"),
        (mpd(video(), 'mediaPresentationDuration="PT0S"'), "last no time"),
        (mpd(""), "without video"),
        ("<MPD/>", "has 0 Periods"),
        ("<MPD>" + "<Period/>" * 101 + "</MPD>", "has 101 Periods"),
        ("<SmoothStreamingMedia/>", "outermost element is not MPD"),
        ("<MPD>", "not XML"),
        ('<!DOCTYPE MPD [<!ENTITY a "b">]><MPD>&a;</MPD>', "document type or entities"),
        ('<!DOCTYPE MPD SYSTEM "file:///etc/passwd"><MPD/>', "document type or entities"),
        ("<a>" * 17, "nested deeper than 16"),
        ("<MPD>" + "<S/>" * 100_001, "more than 100000 elements"),
        ("<MPD>" + " " * (2 << 20), "larger than 2 MiB"),
    ],
)  # fmt: skip
def test_an_mpd_that_is_not_played_says_why(text: str, says: str) -> None:
    with pytest.raises(PresentationError, match=says) as caught:
        parse_mpd(text, BASE + "m.mpd?token=hush")
    assert "hush" not in str(caught.value)
    assert caught.value.advice


def test_a_billion_laughs_end_before_they_begin() -> None:
    bomb = '<!DOCTYPE z [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9)
    )
    with pytest.raises(PresentationError, match="entities"):
        parse_mpd(bomb + "]><MPD>&j;</MPD>", BASE)


async def test_periods_that_do_not_go_on_as_they_began_are_refused() -> None:
    async def fetch_range(uri: str, span: ByteRange) -> bytes:
        raise AssertionError

    text = (STREAMS / "periods.mpd").read_text()
    with pytest.raises(PresentationError, match="different ladders"):
        await read(text.replace('<Representation id="small" bandwidth="900" height="360"/>', ""), BASE, fetch_range)
    with pytest.raises(PresentationError, match="different sounds"):
        await read(text.replace('lang="en"', 'lang="de"', 1), BASE, fetch_range)


def test_what_is_passed_over_may_hold_whatever_it_wants() -> None:
    odd = '<EventStream timescale="x"><Event id="y">z</Event></EventStream>'
    named = video(more='id="the pictures"', extra='<ContentComponent id="first"/>')
    assert parse_mpd(mpd(odd + named), BASE).periods[0][0].encodings[0].segments


@pytest.mark.parametrize(
    ("media", "addresses"),
    [
        ("a/$Number%03d$/../$Time$-$Number$.m4s?n=$Number$", ["a/0-1.m4s?n=1", "a/4-2.m4s?n=2"]),
        ("https://h:80$Number$/x", ["https://h:801/x", "https://h:802/x"]),
        ("\ue001$Number$", ["\ue0011", "\ue0012"]),
        ("$$$RepresentationID$$Bandwidth%04d$-$Number$", ["$10009-1", "$10009-2"]),
    ],
)
def test_numbers_stand_in_addresses_wherever_the_template_has_them(media: str, addresses: list[str]) -> None:
    found = parse_mpd(mpd(video(f'<SegmentTemplate duration="4" media="{media}"/>')), BASE).periods[0][0].encodings[0]
    assert [segment.uri.removeprefix(BASE) for segment in found.segments] == addresses


async def test_a_title_is_known_by_its_first_characters_and_not_by_its_name() -> None:
    async def nothing(uri: str, span: ByteRange) -> bytes:
        raise AssertionError

    def answering(text: str):  # type: ignore[no-untyped-def]
        async def fetch_text(uri: str) -> tuple[str, str]:
            return text, uri

        return fetch_text

    dash = await load(BASE + "v.m3u8", answering("\ufeff\n" + mpd(video())), nothing)
    assert dash.chunk_count == 2
    hls = await load(BASE + "v.mpd", answering("#EXTM3U\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n"), nothing)
    assert hls.chunk_count == 1
    for text in ("<!DOCTYPE html><html>gone</html>", "", "{}", "\0\0\0 ftyp"):
        with pytest.raises(PresentationError, match=r"neither an HLS playlist .* nor a DASH MPD"):
            await load(BASE + "x", answering(text), nothing)
