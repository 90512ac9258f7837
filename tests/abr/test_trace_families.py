"""Whole sets of recordings, each family as it comes, where EVENFLOW_TRACES names the folder that holds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from abr.trace import expand, read_traces
from abr.video import read_video

FOLDER = os.environ.get("EVENFLOW_TRACES", "")
needs_recordings = pytest.mark.skipif(not FOLDER, reason="EVENFLOW_TRACES names no folder of recordings")
NOT_TRACES = {"videos"}


def families() -> list[str]:
    if not FOLDER:
        return ["none"]
    return sorted(it.name for it in Path(FOLDER).iterdir() if it.is_dir() and it.name not in NOT_TRACES)


def films() -> list[str]:
    """Every folder of size tables, and every table in a file."""
    if not FOLDER or not (Path(FOLDER) / "videos").is_dir():
        return ["none"]
    inside = sorted((Path(FOLDER) / "videos").rglob("*"))
    tables = [it for it in inside if it.suffix == ".json"]
    return [str(it) for it in [*tables, *(it.parent for it in inside if it.name == "video_size_0")]]


@needs_recordings
@pytest.mark.parametrize("family", families())
def test_every_recording_of_a_family_is_read_without_a_flag(family: str) -> None:
    traces = [trace for path in expand([str(Path(FOLDER) / family)]) for trace in read_traces(path)]
    assert traces
    for trace in traces:
        assert trace.duration_s >= 1, trace
        assert 1e4 < trace.mean_bps < 2e9, trace
        assert trace.notes


@needs_recordings
@pytest.mark.parametrize("film", films())
def test_every_film_is_read_without_a_flag(film: str) -> None:
    if film == "none":
        pytest.skip(f"{FOLDER} holds no folder videos")
    video = read_video(film)
    assert len(video.sizes_bytes) >= 5
    # A table of sizes and its ladder belong together: the mean of every rung is near its nominal rate.
    for rung, bitrate_bps in enumerate(video.ladder.bitrates_bps):
        mean_bps = 8 * sum(row[rung] for row in video.sizes_bytes) / video.duration_s
        assert mean_bps == pytest.approx(bitrate_bps, rel=0.45), (film, rung)
