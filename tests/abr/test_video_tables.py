"""Size tables from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abr.video import VideoError, read_video


def test_a_sabre_movie_is_in_bits(tmp_path: Path) -> None:
    path = tmp_path / "movie.json"
    movie = {"segment_duration_ms": 3000, "bitrates_kbps": [230, 331], "segment_sizes_bits": [[8000, 16000]]}
    path.write_text(json.dumps(movie))
    video = read_video(path)
    assert (video.chunk_duration_s, video.sizes_bytes) == (3.0, ((1000, 2000),))
    assert video.ladder.bitrates_bps == (230_000, 331_000)


def test_pensieve_files_are_one_per_rung(tmp_path: Path) -> None:
    (tmp_path / "video_size_0").write_text("500\n1500\n")
    (tmp_path / "video_size_1").write_text("2000\n4000\n")
    video = read_video(tmp_path)
    assert video.sizes_bytes == ((500, 2000), (1500, 4000))
    assert video.ladder.bitrates_bps == (2000, 6000)


def test_an_encoded_title_is_weighed_by_its_segments(tmp_path: Path) -> None:
    title = {"id": "t", "state": "ready", "chunk_count": 1, "chunk_s": 2.0}
    title["rungs"] = [{"width": 320, "height": 180, "bitrate_bps": 200_000}]
    (tmp_path / "title.json").write_text(json.dumps(title))
    (tmp_path / "v0").mkdir()
    (tmp_path / "v0" / "s00000.m4s").write_bytes(bytes(123))
    assert read_video(tmp_path).sizes_bytes == ((123,),)
    (tmp_path / "title.json").write_text(json.dumps({**title, "state": "encoding"}))
    with pytest.raises(VideoError, match="still being encoded"):
        read_video(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"segment_duration_ms": "x"}'])
def test_what_is_no_table_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "movie.json"
    path.write_text(text)
    with pytest.raises(VideoError, match=r"movie\.json"):
        read_video(path)


def test_an_unknown_name_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="builtin:film"):
        read_video("builtin:other")
    with pytest.raises(VideoError, match="video_size_0"):
        read_video(tmp_path)
