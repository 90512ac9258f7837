"""Playlists become presentations, and whatever is not a playlist becomes a sentence."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.presentation.hls import PresentationError, load, parse_media, parse_multivariant
from player.presentation.model import ByteRange, Presentation
from player.presentation.webvtt import check_webvtt

BASE = "http://127.0.0.1:8781/s/99-ab/titles/river/1/"
MASTER = BASE + "master.m3u8"

MULTIVARIANT = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-CONTENT-STEERING:SERVER-URI="http://127.0.0.1:8780/v1/steering/river?session=x",PATHWAY-ID="edge-a"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="a-en/playlist.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="Deutsch",LANGUAGE="de",URI="a-de/playlist.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="other",NAME="Klingon",LANGUAGE="tlh",URI="a-tlh/playlist.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="English",LANGUAGE="en",FORCED=YES,URI="s-en/playlist.m3u8"
{variants}"""

SUBTITLES = "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:6.0,\nsubs.vtt\n#EXT-X-ENDLIST\n"


def variant(uri: str, bandwidth: int, codecs: str = "avc1.4d401f,mp4a.40.2", **more: str) -> str:
    extra = "".join(f",{name.replace('_', '-')}={value}" for name, value in more.items())
    return f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}",AUDIO="aud",SUBTITLES="subs"{extra}\n{uri}\n'


LADDER = (
    variant("v1/playlist.m3u8", 3000, RESOLUTION="1280x720", PATHWAY_ID='"edge-a"', AVERAGE_BANDWIDTH="2000")
    + variant("v0/playlist.m3u8", 1000, RESOLUTION="640x360", PATHWAY_ID='"edge-a"', FRAME_RATE="24.000")
    + variant("v1h/playlist.m3u8", 2500, "hvc1.1.6.L93", RESOLUTION="1280x720", PATHWAY_ID='"edge-a"')
    + variant("http://b.example/x/titles/river/1/v0/playlist.m3u8", 1000, RESOLUTION="640x360", PATHWAY_ID='"edge-b"')
)


def media(durations: tuple[float, ...] = (2, 2, 2), tags: str = "", end: str = "#EXT-X-ENDLIST\n") -> str:
    parts = "".join(f"#EXTINF:{d},\ns{i:05}.m4s\n" for i, d in enumerate(durations))
    return f'#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="init.mp4"\n{tags}{parts}{end}'


async def loaded(uri: str, texts: dict[str, str]) -> Presentation:
    async def fetch_text(uri: str) -> tuple[str, str]:
        await asyncio.sleep(0)
        return texts[uri], uri

    return await load(uri, fetch_text)


def title(variants: str = LADDER, **changed: str) -> dict[str, str]:
    texts = {MASTER: MULTIVARIANT.format(variants=variants), BASE + "s-en/playlist.m3u8": SUBTITLES}
    texts |= {f"{BASE}{name}/playlist.m3u8": media() for name in ("v0", "v1", "a-en", "a-de")}
    return texts | {f"{BASE}{name}/playlist.m3u8": text for name, text in changed.items()}


async def test_a_title_becomes_a_ladder_with_its_sound_and_its_words() -> None:
    found = await loaded(MASTER, title(v1=media(tags="#EXT-X-BITRATE:8\n")))
    low, high = found.video.renditions
    assert [(r.id, r.bitrate_bps, r.width, r.height) for r in (low, high)] == [
        ("v0", 1000, 640, 360),
        ("v1", 2000, 1280, 720),
    ]
    assert low.frame_rate == 24
    assert (found.duration_s, found.chunk_count, found.chunk_at(2.0)) == (6, 3, 1)
    assert high.init is not None
    assert high.init.uri == BASE + "v1/init.mp4"
    assert [s.size_bytes for s in high.segments] == [2000, 2000, 2000]
    assert [s.size_bytes for s in low.segments] == [None, None, None]
    assert [(t.id, t.language, t.name, t.default) for t in found.audio] == [
        ("a-en", "en", "English", True),
        ("a-de", "de", "Deutsch", False),
    ]
    assert [(t.id, t.forced, t.renditions[0].segments[0].uri) for t in found.subtitles] == [
        ("s-en", True, BASE + "s-en/subs.vtt")
    ]


async def test_the_starting_pathway_is_kept_and_the_others_are_known_by_their_base() -> None:
    found = await loaded(MASTER, title())
    assert found.steering is not None
    assert found.steering.server_uri.endswith("/v1/steering/river?session=x")
    assert found.pathway_id == "edge-a"
    assert found.pathways == {
        "edge-a": "http://127.0.0.1:8781/s/99-ab/",
        "edge-b": "http://b.example/x/",
    }


async def test_a_media_playlist_alone_is_a_ladder_of_one() -> None:
    found = await loaded(BASE + "p.m3u8", {BASE + "p.m3u8": media(tags="#EXT-X-BITRATE:800\n")})
    assert [r.bitrate_bps for r in found.video.renditions] == [800_000]
    assert (found.audio, found.pathway_id) == ((), ".")


async def test_renditions_a_millisecond_apart_share_one_grid() -> None:
    found = await loaded(MASTER, title(v1=media((2.001, 1.999, 2))))
    grids = {tuple((s.start_s, s.duration_s) for s in r.segments) for r in found.video.renditions}
    assert len(grids) == 1


@pytest.mark.parametrize("other", [(2, 2), (2, 2.1, 1.9), (4, 2)])
async def test_renditions_cut_differently_are_refused(other: tuple[float, ...]) -> None:
    with pytest.raises(PresentationError, match="same instants"):
        await loaded(MASTER, title(v1=media(other)))


async def test_one_unreadable_rung_is_named_without_its_signature() -> None:
    with pytest.raises(PresentationError, match=r"v1/playlist\.m3u8, line 1") as caught:
        await loaded(MASTER, title(v1="<html>"))
    assert "99-ab" not in str(caught.value)
    assert caught.value.advice


async def test_what_the_fetch_raises_is_raised_as_it_is() -> None:
    async def broken(uri: str) -> tuple[str, str]:
        if uri == MASTER:
            return title()[MASTER], uri
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await load(MASTER, broken)


def test_equal_bit_rates_are_one_rung_and_the_larger_picture_wins() -> None:
    text = "#EXTM3U\n" + variant("small", 9, RESOLUTION="64x36") + variant("large", 9, RESOLUTION="128x72")
    assert [v.uri for v in parse_multivariant(text, BASE).variants] == [BASE + "large"]


def test_a_variant_of_sound_alone_is_no_rung() -> None:
    text = "#EXTM3U\n" + variant("sound", 5, "mp4a.40.2") + variant("picture", 9)
    assert [v.uri for v in parse_multivariant(text, BASE).variants] == [BASE + "picture"]
    with pytest.raises(PresentationError, match="without video"):
        parse_multivariant("#EXTM3U\n" + variant("sound", 5, "mp4a.40.2"), BASE)


def test_byte_ranges_give_exact_sizes_and_follow_one_another() -> None:
    text = (
        '#EXTM3U\n#EXT-X-MAP:URI="f.mp4",BYTERANGE="700@0"\n#EXTINF:2,\n#EXT-X-BYTERANGE:100@700\nf.mp4\n'
        "#EXTINF:2,\n#EXT-X-BYTERANGE:50\nf.mp4\n#EXT-X-ENDLIST\n"
    )
    found = parse_media(text, BASE)
    assert [s.init and s.init.byte_range for s in found.segments] == [ByteRange(0, 700)] * 2
    assert [s.byte_range for s in found.segments] == [ByteRange(700, 100), ByteRange(800, 50)]
    assert [s.size_bytes for s in found.segments] == [100, 50]
    assert found.mean_bps == 300


def test_a_bit_rate_holds_until_the_next_one() -> None:
    text = "#EXTM3U\n#EXT-X-BITRATE:8\n#EXTINF:1,\na\n#EXTINF:1,\nb\n#EXT-X-BITRATE:16\n#EXTINF:1,\nc\n#EXT-X-ENDLIST\n"
    assert [s.size_bytes for s in parse_media(text, BASE).segments] == [1000, 1000, 2000]


def test_a_key_of_method_none_is_no_encryption() -> None:
    assert len(parse_media(media(tags="#EXT-X-KEY:METHOD=NONE\n"), BASE).segments) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begin with #EXTM3U"),
        ("#EXTM3U\n\0", "line 2: it holds a zero byte"),
        ("#EXTM3U\n\n#EXTINF:2,\x1b[2J\ns\n", "line 3: it holds a control character"),
        ("#EXTM3U\n" + "x" * 9000, "line 2: the line is longer"),
        ("#EXTM3U\n" + "#\n" * (1 << 20), "larger than 2 MiB"),
        ("#EXTM3U\n#EXT-X-ENDLIST\n", "no segments"),
        ("#EXTM3U\n#EXTINF:2,\nok\n#EXTINF:two,\ns\n", "line 4"),
        ("#EXTM3U\n#EXTINF:nan,\ns\n#EXT-X-ENDLIST\n", "line 2: a segment's duration is out of bounds"),
        ("#EXTM3U\n#EXTINF:-1,\ns\n#EXT-X-ENDLIST\n", "out of bounds"),
        ("#EXTM3U\n#EXTINF:0,\ns\n#EXT-X-ENDLIST\n", "lasts no time"),
        ("#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "only http"),
        ("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:5\ns\n#EXT-X-ENDLIST\n", "no offset"),
        ("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:a@b\ns\n#EXT-X-ENDLIST\n", "byte range"),
        ("#EXTM3U\n" + "#EXTINF:2,\ns\n" * 50_001 + "#EXT-X-ENDLIST\n", "more than 50000 segments"),
        ("#EXTM3U\n" + variant("v", 9), "multivariant"),
    ],
)
def test_an_unreadable_media_playlist_says_where_and_why(text: str, says: str) -> None:
    with pytest.raises(PresentationError, match=says):
        parse_media(text, BASE + "p.m3u8?token=hush")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#EXTM3U\n", "no variants"),
        ("#EXTM3U\n" + variant("v", 9) * 257, "more than 256"),
        ("#EXTM3U\n" + variant("v", 0), "BANDWIDTH"),
        ('#EXTM3U\n#EXT-X-STREAM-INF:CODECS="avc1"\nv\n', "BANDWIDTH"),
        ("#EXTM3U\n" + variant("v", 9, RESOLUTION="wide"), "RESOLUTION"),
        ("#EXTM3U\n" + variant("javascript:x", 9), "only http"),
    ],
)
def test_an_unreadable_multivariant_playlist_says_why(text: str, says: str) -> None:
    with pytest.raises(PresentationError, match=says):
        parse_multivariant(text, BASE)


TAGS = [
    "#EXTM3U",
    "#EXTINF:",
    "#EXT-X-BYTERANGE:",
    "#EXT-X-BITRATE:",
    "#EXT-X-MAP:URI=",
    "#EXT-X-KEY:METHOD=",
    "#EXT-X-STREAM-INF:BANDWIDTH=",
    "#EXT-X-MEDIA:TYPE=AUDIO,URI=",
    "#EXT-X-ENDLIST",
    "#EXT-X-DATERANGE:",
    "#EXT-X-CONTENT-STEERING:SERVER-URI=",
    "#EXT-X-PROGRAM-DATE-TIME:",
    "#EXT-X-PART:",
    "#EXT-X-SKIP:",
    "",
]
LINES = st.lists(st.tuples(st.sampled_from(TAGS), st.text(max_size=20) | st.sampled_from(["1", "2@3", '"u"', "8,\nx"])))


@given(LINES)
def test_garbage_raises_nothing_but_presentation_errors(lines: list[tuple[str, str]]) -> None:
    text = "#EXTM3U\n" + "\n".join(tag + rest for tag, rest in lines)
    for parse in (parse_media, parse_multivariant):
        try:
            parse(text, BASE)
        except PresentationError as error:
            assert str(error).endswith(".")  # noqa: PT017


def test_a_subtitle_file_is_read() -> None:
    text = "\ufeffWEBVTT - title\n\n00:01.000 --> 00:02.000\nGrüße\n"
    assert check_webvtt(text.encode()).endswith("Grüße\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not WEBVTT"),
        (b"WEBVTTX\n", "not WEBVTT"),
        (b"<html>", "not WEBVTT"),
        (b"WEBVTT\n\xff", "UTF-8"),
        (b"WEBVTT\n" + b"x" * (2 << 20), "larger"),
        (b"WEBVTT\n" + b"x" * 9000, "endless"),
        (b"WEBVTT\n\0", "zero byte"),
    ],
)
def test_what_is_no_subtitle_file_says_why(body: bytes, says: str) -> None:
    with pytest.raises(PresentationError, match=says):
        check_webvtt(body, BASE + "s.vtt")
