"""Picture sizes and decoder configurations, beside those that libavformat writes for the same pictures."""

from __future__ import annotations

import contextlib
import io
from fractions import Fraction

import av
import film_maker
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from player.output.remux import read_segment
from player.output.remux.annexb import AvcReader, HevcReader
from player.output.sink import MediaError

SIZES = [(320, 180), (322, 182), (640, 368), (1918, 1078)]


def encoded(encoder: str, size: tuple[int, int], pixels: str, options: dict[str, str]) -> tuple[bytes, bytes]:
    """(a transport stream of a few pictures, the configuration record in an MP4 of the same)."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(encoder, rate=25, options={"preset": "ultrafast", **options})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        for number in range(4):
            picture = np.full((size[1], size[0], 3), 60 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture).reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    track = film_maker.read(out)
    extradata = track.template.codec_context.extradata
    assert extradata is not None
    return film_maker.transport_stream(track), extradata


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        ("yuv420p", {}),
        ("yuv422p", {}),
        ("yuv444p", {}),
        ("yuv420p10le", {}),
        ("yuv420p", {"x264-params": "interlaced=1"}),
    ],
)
def test_an_h264_stream_has_its_size_and_the_sets_of_its_avcc(
    size: tuple[int, int], pixels: str, options: dict[str, str]
) -> None:
    if options and size[1] % 4:
        size = (size[0], size[1] + 2)
    data, extradata = encoded("libx264", size, pixels, options)
    media = read_segment(data, b"")
    assert media.video is not None
    assert (media.video.init.width, media.video.init.height) == size
    ours = media.video.init.config
    assert ours[:4] == extradata[:4]
    sps_bytes = int.from_bytes(extradata[6:8], "big")
    assert ours[6 : 8 + sps_bytes] == extradata[6 : 8 + sps_bytes]


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv420p10le"])
def test_an_hevc_stream_has_its_size_and_the_fields_of_its_hvcc(size: tuple[int, int], pixels: str) -> None:
    data, extradata = encoded("libx265", size, pixels, {"x265-params": "log-level=0"})
    media = read_segment(data, b"")
    assert media.video is not None
    assert (media.video.init.width, media.video.init.height) == size
    ours = media.video.init.config
    assert ours[:13] == extradata[:13], "profile, compatibility, constraints and level"
    assert ours[16:19] == extradata[16:19], "chroma format and bit depths"
    assert ours[21] & 0x07 == extradata[21] & 0x07, "nesting and the size of lengths"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_parameter_sets_of_any_bytes_are_read_or_refused(data: bytes, hevc: bool) -> None:
    reader = HevcReader() if hevc else AvcReader()
    heads = (b"\x40\x01", b"\x42\x01", b"\x44\x01", b"\x26\x01") if hevc else (b"\x67", b"\x68", b"\x65")
    stream = b"".join(b"\0\0\1" + head + data for head in heads)
    with contextlib.suppress(MediaError):
        reader.units(stream, False)
        reader.picture()
