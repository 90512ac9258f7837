"""A film of ours, through the whole pipeline, read back by readers that are not ours."""

from __future__ import annotations

import json
from pathlib import Path

import av
import m3u8
import numpy as np
import pytest
from backend_stub.encode import mark
from backend_stub.encode.boxes import read_fragment
from backend_stub.encode.grid import audio_grid, chunk_seconds, title_seconds
from backend_stub.encode.model import TitlePlan
from backend_stub.encode.sound import PILOT_HZ
from PIL import Image


def _luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def _joined(folder: Path, first: int = 0) -> av.container.InputContainer:
    import io

    parts = [(folder / "init.mp4").read_bytes()]
    parts += [path.read_bytes() for path in sorted(folder.glob("s*.m4s"))[first:]]
    return av.open(io.BytesIO(b"".join(parts)))


def test_every_frame_of_every_rung_carries_its_own_mark_and_time(small_film: Path, small_plan: TitlePlan) -> None:
    for rung in range(len(small_plan.rungs)):
        with _joined(small_film / f"v{rung}") as container:
            read = [(mark.read(_luma(frame)), float(frame.time)) for frame in container.decode(video=0)]
        assert [found for found, _ in read] == [mark.Mark(n, rung, 1) for n in range(small_plan.frame_count)]
        assert [time_s for _, time_s in read] == pytest.approx([n / 24 for n in range(small_plan.frame_count)])


def test_a_segment_decodes_alone_after_its_init_segment(small_film: Path) -> None:
    with _joined(small_film / "v1", first=1) as container:
        first = next(container.decode(video=0))
        assert first.key_frame
        assert mark.read(_luma(first)) == mark.Mark(48, 1, 1)


def test_playlists_list_all_segments_with_their_length_and_exact_rate(small_film: Path, small_plan: TitlePlan) -> None:
    master = m3u8.load(str(small_film / "master.m3u8"))
    assert [item.stream_info.resolution for item in master.playlists] == [(r.width, r.height) for r in small_plan.rungs]
    assert {(media.type, media.language) for media in master.media} == {
        (kind, lang) for kind in ("AUDIO", "SUBTITLES") for lang in ("en", "de")
    }
    for item in master.playlists:
        assert item.stream_info.codecs.startswith("avc1.")
        media = m3u8.load(str(small_film / item.uri))
        assert media.is_endlist
        assert sum(segment.duration for segment in media.segments) == pytest.approx(small_plan.duration_s)
        for segment in media.segments:
            size_bytes = (small_film / item.uri).with_name(segment.uri).stat().st_size
            assert segment.bitrate == pytest.approx(size_bytes * 8 / segment.duration / 1000, abs=0.51)
            assert segment.bitrate * 1000 < item.stream_info.bandwidth


def test_the_sound_has_its_language_and_no_gap_on_the_titles_clock(small_film: Path, small_plan: TitlePlan) -> None:
    grid = audio_grid(small_plan.chunk_count, chunk_seconds(small_plan), title_seconds(small_plan))
    for lang, other in (("en", "de"), ("de", "en")):
        folder = small_film / f"a-{lang}"
        times = [read_fragment(path.read_bytes()).decode_time for path in sorted(folder.glob("s*.m4s"))]
        assert times == [frames.start * 1024 for frames in grid]
        with _joined(folder) as container:
            sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        spectrum = np.abs(np.fft.rfft(sound[48_000:144_000] * np.hanning(96_000)))
        assert _near(spectrum, PILOT_HZ[lang]) > 10 * _near(spectrum, PILOT_HZ[other])


def _near(spectrum: np.ndarray, hz: float) -> float:
    """The strongest line within 1 Hz; lines are half a hertz apart."""
    place = round(hz * 2)
    return float(spectrum[place - 2 : place + 3].max())


def test_the_catalog_finds_title_pictures_previews_and_text(small_film: Path, small_plan: TitlePlan) -> None:
    title = json.loads((small_film / "title.json").read_text())
    assert (title["id"], title["state"], title["chunk_count"]) == ("lantern-river", "ready", 3)
    assert title["duration_s"] == small_plan.duration_s
    for name, size in (("poster", (600, 900)), ("still", (1280, 720)), ("backdrop", (1920, 1080))):
        with Image.open(small_film / f"{name}.jpg") as picture:
            assert picture.size == size
            assert np.asarray(picture.convert("L")).std() > 10
    assert (small_film / "sprites.vtt").read_text().count("sprites-000.jpg#xywh=") == 3
    assert (small_film / "s-de" / "subs.vtt").read_text().startswith("WEBVTT\n\n1\n00:00:06.000 --> ")
