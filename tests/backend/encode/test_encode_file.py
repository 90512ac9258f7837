"""A user's own file: odd sizes, turned pictures, broken ends, and files that are no films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import m3u8
import numpy as np
import pytest
from backend_stub.encode import EncodeError, encode_file
from backend_stub.encode.probe import frame_rate, plan_file, slug


def make_file(path: Path, *, seconds: float = 3.0, size: tuple[int, int] = (322, 182), sound: bool = True) -> Path:
    """A moving gradient at 25 fps, with a tone and an English subtitle when there is sound."""
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "20"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio: Any = out.add_stream("aac", rate=44_100, layout="mono") if sound else None
        if audio is not None:
            audio.metadata["language"] = "deu"
        ramp = np.add.outer(np.arange(size[1]), np.arange(size[0]))
        for number in range(int(seconds * 25)):
            image = np.repeat(((ramp + 4 * number) % 256).astype(np.uint8)[..., None], 3, axis=2)
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(video.encode(None))
        if audio is not None:
            tone = (0.2 * np.sin(np.arange(int(44_100 * seconds)) * 0.06)).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate = 44_100
            out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def test_a_file_of_odd_size_becomes_a_film_on_a_two_second_grid(tmp_path: Path) -> None:
    title = encode_file(make_file(tmp_path / "my_holiday.mkv"), tmp_path / "objects", workers=1)
    assert title.title_id == "my-holiday"
    master = m3u8.load(str(title.directory / "master.m3u8"))
    assert [item.stream_info.resolution for item in master.playlists] == [(318, 180)]
    assert [media.language for media in master.media] == ["de"]
    media = m3u8.load(str(title.directory / "v0" / "playlist.m3u8"))
    assert [segment.duration for segment in media.segments] == pytest.approx([2.0, 1.0])
    assert (title.directory / "poster.jpg").exists()


def test_a_film_without_sound_is_a_film(tmp_path: Path) -> None:
    title = encode_file(
        make_file(tmp_path / "mute.mp4", seconds=1, sound=False), tmp_path / "o", title="Stille", workers=1
    )
    assert "AUDIO" not in (title.directory / "master.m3u8").read_text()
    assert title.title_id == "stille"


def test_what_is_not_a_film_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "letter.mp4").write_bytes(b"Dear Sir or Madam, " * 100)
    with av.open(str(tmp_path / "song.mp4"), "w") as out:
        stream: Any = out.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    cases = {"empty.mp4": "empty", "letter.mp4": "not a film", "song.mp4": "no picture", "none.mp4": "no file"}
    for name, words in cases.items():
        with pytest.raises(EncodeError, match=words) as caught:
            encode_file(tmp_path / name, tmp_path / "objects")
        assert caught.value.advice
    with pytest.raises(EncodeError, match="folder"):
        encode_file(tmp_path, tmp_path / "objects")


def test_a_file_that_breaks_off_is_told_before_it_is_encoded(tmp_path: Path) -> None:
    whole = make_file(tmp_path / "whole.mkv", seconds=8)
    for name, share in (("half.mkv", 0.5), ("start.mp4", 0.01)):
        cut = tmp_path / name
        cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
        with pytest.raises(EncodeError, match=r"cut off|not a film"):
            plan_file(cut)


@pytest.mark.parametrize(
    ("given", "made"),
    [("24000/1001", "24000/1001"), ("25", "25"), ("120", "60"), ("29.9700", "30000/1001"), ("23.2", "23.2")],
)
def test_the_frame_rate_is_a_sensible_one(given: str, made: str) -> None:
    class Stream:
        average_rate = Fraction(given)

    assert frame_rate(Stream()) == Fraction(made)


def test_names_of_any_script_get_an_id() -> None:
    assert slug("Élan & Co. (2024)") == "elan-co-2024"
    assert slug("夜汽車").startswith("film-")
