"""Films by name, HLS playlists, told chunk lengths, and quality beside a table."""

from __future__ import annotations

import contextlib
import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from backend_stub.encode.playlists import Media
from hypothesis import given, settings
from hypothesis import strategies as st

from abr.qoe import Film, qoe
from abr.video import VideoError, VideoTable, builtin_film, read_video
from abr.video.generate import builtin_names


def pensieve(folder: Path) -> Path:
    """Two rungs, two chunks."""
    folder.mkdir(exist_ok=True)
    (folder / "video_size_0").write_text("500\r\n1500\r\n")
    (folder / "video_size_1").write_text("2000\n4000\n")
    return folder


@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_film_keeps_to_its_ladder(name: str) -> None:
    video = read_video(f"builtin:{name}", seed=3)
    assert video.name == f"builtin:{name}"
    for rung, bitrate_bps in enumerate(video.ladder.bitrates_bps):
        mean_bps = 8 * sum(row[rung] for row in video.sizes_bytes) / video.duration_s
        assert mean_bps == pytest.approx(bitrate_bps, rel=1e-3)


def test_a_film_is_made_to_measure_by_its_name() -> None:
    video = read_video("vbr:chunks=300,chunk_s=4,ladder=300-750-1200-1850-2850-4300,seed=3")
    assert (len(video.sizes_bytes), video.chunk_duration_s) == (300, 4.0)
    assert video.ladder.bitrates_bps == (300_000, 750_000, 1_200_000, 1_850_000, 2_850_000, 4_300_000)
    assert video.qualities == ()
    assert read_video("vbr:seed=3").sizes_bytes == builtin_film(3).sizes_bytes == read_video("vbr:", seed=3).sizes_bytes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chunk=3", "no parameter; there are: chunks, chunk_s, ladder"),
        ("chunks=0", "chunks=0 is no number from 1"),
        ("chunks=nan", "chunks=nan"),
        ("ladder=3-2", "ascends in kbit/s"),
        ("ladder=" + "-".join(map(str, range(1, 99))), "at most 50"),
        ("quality=psnr", "none, ssim, vmaf"),
    ],
)
def test_a_wrong_parameter_is_named(text: str, words: str) -> None:
    with pytest.raises(VideoError, match=words):
        read_video(f"vbr:{text}")


@pytest.mark.parametrize(("quality", "low", "high"), [("ssim", 5.0, 20.0), ("vmaf", 10.0, 100.0)])
def test_a_modelled_quality_rises_with_the_rung_and_can_be_scored(quality: str, low: float, high: float) -> None:
    video = read_video(f"vbr:quality={quality}")
    assert video.sizes_bytes == builtin_film().sizes_bytes
    assert all(low < a < b < high for row in video.qualities for a, b in pairwise(row))
    assert any("model" in note for note in video.notes)
    film, chunks = Film.of(video), len(video.sizes_bytes)
    assert qoe(quality).score(film, [5] * chunks, 0.0) > qoe(quality).score(film, [0] * chunks, 0.0)


def test_a_chunks_length_is_told_after_an_at_and_noted_when_assumed(tmp_path: Path) -> None:
    folder = pensieve(tmp_path / "film")
    assert read_video(folder).chunk_duration_s == 4.0
    assert "4 s by convention" in read_video(folder).notes[0]
    assert read_video(f"{folder}@2").ladder.bitrates_bps == (4000, 12000)
    assert read_video(folder, chunk_s=2.0).notes == ()
    with pytest.raises(VideoError, match="longer than 0 s"):
        read_video(f"{folder}@-1")
    movie = tmp_path / "movie.json"
    movie.write_text('{"segment_duration_ms": 3000, "bitrates_kbps": [1], "segment_sizes_bits": [[8]]}')
    with pytest.raises(VideoError, match="leave @4 away"):
        read_video(f"{movie}@4")


def test_comycos_vmaf_folder_has_the_highest_rung_first(tmp_path: Path) -> None:
    pensieve(tmp_path / "size")
    (tmp_path / "vmaf").mkdir()
    (tmp_path / "vmaf" / "video1").write_text("90\n95.5\n")
    (tmp_path / "vmaf" / "video2").write_text("40\r\n45\r\n")
    for path in (tmp_path, tmp_path / "size"):
        video = read_video(path)
        assert video.qualities == ((40.0, 90.0), (45.0, 95.5))
        assert video.quality_name == "vmaf"
    (tmp_path / "vmaf" / "video2").write_text("99\n99\n")
    with pytest.raises(VideoError, match="video1 is the highest rung there"):
        read_video(tmp_path)


def test_a_quality_file_beside_any_table_is_taken(tmp_path: Path) -> None:
    folder = pensieve(tmp_path / "film")
    values = [[0.9, 0.99], [0.95, 1.0]]
    (folder / "quality.json").write_text(json.dumps({"quality": "ssim", "values": values}))
    video = read_video(folder)
    assert video.quality_name == "ssim_db"
    assert video.qualities[0] == pytest.approx((10.0, 20.0))
    assert video.qualities[1][1] == 60.0
    movie = tmp_path / "movie.json"
    movie.write_text('{"segment_duration_ms": 3000, "bitrates_kbps": [1], "segment_sizes_bits": [[8]]}')
    (tmp_path / "movie.quality.json").write_text('{"quality": "vmaf", "values": [[77]]}')
    assert read_video(movie).qualities == ((77.0,),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"quality": "vmaf", "values": [[1]]}', "not of the table's shape, 2 chunks of 2 rungs"),
        ('{"quality": "vmaf", "values": [[1, 2], [3, 400]]}', "vmaf lies from 0 to 100"),
        ('{"quality": "psnr", "values": []}', "wants"),
        ('{"quality": "vmaf", "values": [["a"]]}', "list of numbers for every chunk"),
        ("{", "no JSON"),
    ],
)
def test_a_quality_file_that_does_not_fit_is_refused_by_its_name(tmp_path: Path, text: str, words: str) -> None:
    folder = pensieve(tmp_path / "film")
    (folder / "quality.json").write_text(text)
    with pytest.raises(VideoError, match=rf"quality\.json: .*{words}"):
        read_video(folder)


def published(folder: Path, sizes: list[tuple[int, ...]], *, with_segments: bool) -> Path:
    """What our own encoder publishes, in its own words: 2 s chunks, the last shorter."""
    lines = ["#EXTM3U", '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="x",URI="a/playlist.m3u8"']
    for rung, column in enumerate(sizes):
        media = Media((Fraction(2), Fraction(2), Fraction(1)), column, 0)
        (folder / f"v{rung}").mkdir(parents=True)
        (folder / f"v{rung}" / "playlist.m3u8").write_text(media.text())
        for index, size in enumerate(column if with_segments else ()):
            (folder / f"v{rung}" / f"s{index:05d}.m4s").write_bytes(bytes(size))
        rate = (
            f'BANDWIDTH={9 * max(column)},AVERAGE-BANDWIDTH={media.average_bps},CODECS="avc1,mp4a",RESOLUTION=640x360'
        )
        lines += [f"#EXT-X-STREAM-INF:{rate}", f"v{rung}/playlist.m3u8"]
    (folder / "master.m3u8").write_text("\n".join(lines) + "\n")
    return folder


SIZES = [(50_000, 60_000, 20_000), (150_000, 190_000, 70_000)]


@pytest.mark.parametrize("with_segments", [True, False])
def test_our_own_playlists_give_the_sizes_with_and_without_the_segments(tmp_path: Path, with_segments: bool) -> None:
    folder = published(tmp_path / "t", SIZES, with_segments=with_segments)
    for name in (folder, folder / "master.m3u8"):
        video = read_video(name)
        assert video.chunk_duration_s == 2.0
        assert [rung.width for rung in video.ladder.rungs] == [640, 640]
        assert video.sizes_bytes == tuple(
            tuple(pytest.approx(size, abs=0 if with_segments else 126) for size in row)
            for row in zip(*SIZES, strict=True)
        )
        assert any("EXT-X-BITRATE" in note for note in video.notes) is not with_segments
        assert any("taken as 2 s" in note for note in video.notes)


def test_byte_ranges_are_sizes_and_one_playlist_is_one_rung(tmp_path: Path) -> None:
    text = "#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:1000@0\nall.mp4\n#EXTINF:4,\n#EXT-X-BYTERANGE:3000\nall.mp4\n"
    (tmp_path / "one.m3u8").write_text(text)
    video = read_video(tmp_path / "one.m3u8")
    assert video.sizes_bytes == ((1000,), (3000,))
    assert video.ladder.bitrates_bps == (4000,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#EXTM3U\n#EXTINF:4,\nseg.ts\n", "'seg.ts' is neither there nor given a size"),
        ("#EXTM3U\n", "different numbers of segments"),
        ("words\n", "does not begin with #EXTM3U"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nhttp://h/x.m3u8\n", "save the playlists beside it"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:X=1\nx.m3u8\n", "has no BANDWIDTH"),
        ("#EXTM3U\n#EXTINF:x,\nseg.ts\n", "no size table in a known form"),
    ],
)
def test_a_playlist_that_tells_no_sizes_says_what_is_missing(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.m3u8").write_text(text)
    with pytest.raises(VideoError, match=words):
        read_video(tmp_path / "x.m3u8")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.json", "nowhere.m3u8"])
def test_what_is_not_there_comes_with_the_ways_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"builtin:film, vbr:chunks=300"):
        read_video(tmp_path / name)


PIECES = st.sampled_from(
    [
        *[
            "#EXTM3U\n",
            "#EXTINF:4,\n",
            "#EXT-X-BITRATE:9\n",
            "#EXT-X-BYTERANGE:9\n",
            "a\n",
            "../\n",
            "\0",
            "nan",
            "1e999",
        ],
        *[
            '{"segment_duration_ms": ',
            '"bitrates_kbps": ',
            '"segment_sizes_bits": ',
            '{"SegmentByteCounts": ',
            "[",
            "]",
        ],
        *["{", "}", ",", "1", "0", "-1", ":", "[[8]]", "[1]", "#EXT-X-STREAM-INF:BANDWIDTH=1\n", "null", '"x"'],
    ]
)


@pytest.mark.parametrize("name", ["any.json", "any.m3u8", "video_size_0"])
@settings(deadline=1000)
@given(text=st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_a_table_or_a_refusal(name: str, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / f"fuzz-{name}"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(VideoError):
        assert isinstance(read_video(folder if name == "video_size_0" else folder / name), VideoTable)
