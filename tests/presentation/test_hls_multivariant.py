"""Which of a multivariant playlist's renditions are played, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.presentation.hls import PresentationError, assemble, load, parse_media, parse_multivariant
from player.presentation.model import Presentation, Preview, StartPoint
from player.presentation.multivariant import Multivariant

STREAMS = Path(__file__).with_name("streams")
BASE = "https://cdn.example/t/"


def multivariant(name: str) -> Multivariant:
    return parse_multivariant((STREAMS / name).read_text(encoding="utf-8"), BASE + name)


def names(found: Multivariant) -> list[str]:
    return [variant.uri.removeprefix(BASE) for variant in found.variants]


async def opened(name: str, media: str = "media-ts.m3u8") -> Presentation:
    async def fetch_text(uri: str) -> tuple[str, str]:
        return (STREAMS / (name if uri.endswith(name) else media)).read_text(encoding="utf-8"), uri

    return await load(BASE + name, fetch_text)


async def test_sound_inside_the_pictures_is_a_track_without_renditions_of_its_own() -> None:
    found = await opened("multi-plain.m3u8")
    inside, beside = found.audio
    assert (inside.name, inside.default, inside.muxed, inside.renditions) == ("English", True, True, ())
    assert (beside.name, beside.muxed, len(beside.renditions)) == ("Commentary", False, 1)
    assert [r.bitrate_bps for r in found.video.renditions] == [1_000_000, 2_560_000]


async def test_still_pictures_are_listed_and_the_media_playlist_tells_the_start() -> None:
    found = await opened("multi-plain.m3u8")
    assert found.previews == (
        Preview(BASE + "low/i.m3u8", 86_000, "", 640, 360),
        Preview(BASE + "mid/i.m3u8", 186_000, "avc1.4d401f", 1280, 720),
    )
    assert found.start == StartPoint(3.5, precise=True)
    assert (await opened("multi-plain.m3u8", "media-bytes.m3u8")).start == StartPoint(-12)


def test_redundant_variants_are_a_pathway_to_fall_back_on() -> None:
    found = multivariant("multi-redundant.m3u8")
    assert [v.uri for v in found.variants] == [
        "http://one.example/a/low/v.m3u8",
        "http://one.example/a/mid/v.m3u8",
    ]
    assert found.pathways == {".": "http://one.example/a/", "backup-1": "http://two.example/b/"}


def test_a_backup_that_is_laid_out_otherwise_is_left_out() -> None:
    text = (STREAMS / "multi-redundant.m3u8").read_text().replace("two.example/b/mid", "three.example/c/mid")
    assert list(parse_multivariant(text, BASE).pathways) == ["."]


def test_one_codec_family_one_range_and_one_sound_make_the_ladder() -> None:
    found = multivariant("multi-families.m3u8")
    assert names(found) == ["h0/v.m3u8", "h1/v.m3u8"]
    assert [v.codecs for v in found.variants] == ["hvc1.1.6.L93,mp4a.40.2", "hvc1.1.6.L120,mp4a.40.2"]
    assert [reference.uri for reference in found.audio] == [BASE + "aac/a.m3u8"]


@pytest.mark.parametrize(
    ("codecs", "chosen"),
    [
        (("avc1.4d401f", "hvc1.1.6.L93", "av01.0.05M.08"), 0),
        (("vp09.00.40.08", "av01.0.05M.08", "hev1.1.6.L93"), 2),
        (("vp09.00.40.08", "av01.0.05M.08"), 1),
        (("dvh1.05.06", "av01.0.05M.08"), 1),
        (("hvc1.1.6.L93", ""), 1),
        (("dvh1.05.06",), 0),
    ],
)
def test_h264_goes_before_hevc_before_av1(codecs: tuple[str, ...], chosen: int) -> None:
    lines = "".join(f'#EXT-X-STREAM-INF:BANDWIDTH={k + 1},CODECS="{c}"\nv{k}\n' for k, c in enumerate(codecs))
    assert names(parse_multivariant("#EXTM3U\n" + lines, BASE)) == [f"v{chosen}"]


def test_a_ladder_whose_rungs_name_different_sounds_keeps_every_rung() -> None:
    lines = "".join(
        f'#EXT-X-STREAM-INF:BANDWIDTH={k},AUDIO="{g}"\nv{k}\n' for k, g in ((1, "lo"), (2, "hi"), (3, "hi"))
    )
    assert [(v.uri[-2:], v.audio_group) for v in parse_multivariant("#EXTM3U\n" + lines, BASE).variants] == [
        ("v1", "lo"), ("v2", "hi"), ("v3", "hi"),
    ]  # fmt: skip


async def served(multi: str, **media: str) -> Presentation:
    """A title of this multivariant playlist; `media` by the last part of its address, other ones are the usual one."""

    async def fetch_text(uri: str) -> tuple[str, str]:
        name = uri.rpartition("/")[2]
        usual = (STREAMS / "media-ts.m3u8").read_text(encoding="utf-8")
        return (multi if name == "multi" else media.get(name, usual)), uri

    return await load(BASE + "multi", fetch_text)


PACKED = "#EXTM3U\n#EXTINF:10,\na.aac\n#EXT-X-ENDLIST\n"


async def test_a_variant_whose_segments_are_sound_is_no_rung_though_it_does_not_say_so() -> None:
    lines = "#EXT-X-STREAM-INF:BANDWIDTH=64000\nsound\n#EXT-X-STREAM-INF:BANDWIDTH=500000\npicture\n"
    found = await served("#EXTM3U\n" + lines, sound=PACKED)
    assert [r.bitrate_bps for r in found.video.renditions] == [500_000]
    for multi in ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000\nsound\n", PACKED):
        with pytest.raises(PresentationError, match="without video"):
            await served(multi, sound=PACKED)


async def test_subtitles_in_mp4_are_not_offered() -> None:
    words = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="{0}",LANGUAGE="{0}",URI="{0}"\n'
    multi = "#EXTM3U\n" + words.format("en") + words.format("de")
    multi += '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"\nv\n'
    mp4 = '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:10,\na.mp4\n#EXT-X-ENDLIST\n'
    found = await served(multi, en=mp4, de=(STREAMS / "media-webvtt.m3u8").read_text(encoding="utf-8"))
    assert [track.language for track in found.subtitles] == ["de"]


def test_steering_variables_and_session_keys_are_read() -> None:
    found = multivariant("multi-steered.m3u8")
    assert found.steering is not None
    assert (found.steering.server_uri, found.pathway_id) == ("https://cdn.example/steer?u=1", "A")
    assert found.pathways == {"A": "http://a.example/x/", "B": "http://b.example/"}
    assert found.variables == {"cdn": "http://a.example/x", "host": "media.example"}


async def test_media_playlists_import_the_variables_of_the_multivariant_one() -> None:
    media = (
        (STREAMS / "media-define.m3u8").read_text().replace("#EXT-X-DEFINE:QUERYPARAM", "#X").replace("{$token}", "")
    )
    texts = {"low.m3u8": media, "multi.m3u8": (STREAMS / "multi-steered.m3u8").read_text()}

    async def fetch_text(uri: str) -> tuple[str, str]:
        return texts[uri.rpartition("/")[2]], uri

    found = await load(BASE + "multi.m3u8", fetch_text)
    assert found.video.renditions[0].segments[0].uri.startswith("https://media.example/media/v1/0.m4s")
    assert found.variables["host"] == "media.example"


def test_a_title_of_more_segments_than_are_kept_is_refused() -> None:
    lines = "".join(f"#EXT-X-STREAM-INF:BANDWIDTH={k + 1}\nv{k}\n" for k in range(12))
    long = parse_media("#EXTM3U\n" + "#EXTINF:2,\na\n" * 45_000 + "#EXT-X-ENDLIST\n", BASE)
    found = parse_multivariant("#EXTM3U\n" + lines, BASE)
    with pytest.raises(PresentationError, match="more than 500000 segments"):
        assemble(found, {variant.uri: long for variant in found.variants})
