"""Streams as FFmpeg's own muxers write them: every segment holds the frames that the presentation says it does."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from player.presentation.manifest import load
from player.presentation.model import ByteRange, Container, Presentation, Rendition, Resource, Segment

FPS, SECONDS, GOP_S = 24, 9, 2
FRAMES = FPS * SECONDS
BASE = "https://cdn.example/"
KEY = bytes(range(16))


def write(folder: Path, name: str, kind: str, options: Mapping[str, str]) -> None:
    """A film of nine seconds with a keyframe every two."""
    with av.open(str(folder / name), "w", format=kind, options=dict(options)) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.options = {"preset": "ultrafast", "bf": "0", "g": str(FPS * GOP_S), "sc_threshold": "0"}
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), number % 256, np.uint8))
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def read(folder: Path, piece: Segment | Resource) -> bytes:
    data = (folder / piece.uri.removeprefix(BASE)).read_bytes()
    span = piece.byte_range
    return data if span is None else data[span.offset_bytes : span.offset_bytes + span.length_bytes]


async def opened(folder: Path, name: str) -> Presentation:
    async def fetch_text(uri: str) -> tuple[str, str]:
        return (folder / uri.removeprefix(BASE)).read_text(encoding="utf-8"), uri

    async def fetch_range(uri: str, span: ByteRange) -> bytes:
        return read(folder, Resource(uri, span))

    return await load(BASE + name, fetch_text, fetch_range)


def plain(folder: Path, segment: Segment) -> bytes:
    """The segment's bytes, after its initialisation section, unlocked."""
    body = read(folder, segment)
    if segment.key is not None:
        decryptor = Cipher(AES(read(folder, Resource(segment.key.uri))), CBC(segment.iv)).decryptor()
        body = decryptor.update(body) + decryptor.finalize()
        body = body[: -body[-1]]
    return (read(folder, segment.init) if segment.init else b"") + body


def times_s(data: bytes) -> list[float]:
    """When its frames are shown, by its own clock."""
    with av.open(io.BytesIO(data)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        return [float(packet.pts * packet.time_base) for packet in packets]


def check(folder: Path, rendition: Rendition) -> None:
    """Every segment has its frames, all frames are there, and the clock of the media is the presentation's."""
    shown = [times_s(plain(folder, segment)) for segment in rendition.segments]
    assert [len(times) for times in shown] == [FPS * GOP_S] * 4 + [FPS]
    # A transport stream's clock does not begin at 0; all its segments are as far from it.
    apart = {round(times[0] - segment.start_s, 3) for times, segment in zip(shown, rendition.segments, strict=True)}
    assert len(apart) == 1
    told = rendition.segments[0].media_offset_s
    assert told is None or apart == {-told}
    assert rendition.duration_s == pytest.approx(SECONDS, abs=0.05)


HLS = {"hls_time": str(GOP_S), "hls_list_size": "0", "hls_playlist_type": "vod"}
DASH = {"seg_duration": str(GOP_S), "use_template": "0", "use_timeline": "0"}


@pytest.mark.parametrize(
    ("options", "container"),
    [
        (HLS, Container.MPEG_TS),
        ({**HLS, "hls_flags": "single_file"}, Container.MPEG_TS),
        ({**HLS, "hls_segment_type": "fmp4"}, Container.FMP4),
        ({**HLS, "hls_segment_type": "fmp4", "hls_flags": "single_file"}, Container.FMP4),
    ],
    ids=["files", "ranges", "fragments", "ranges of fragments"],
)
async def test_hls(tmp_path: Path, options: dict[str, str], container: Container) -> None:
    write(tmp_path, "v.m3u8", "hls", options)
    rendition = (await opened(tmp_path, "v.m3u8")).video.renditions[0]
    assert {segment.container for segment in rendition.segments} == {container}
    check(tmp_path, rendition)


@pytest.mark.parametrize("vector", ["", "00112233445566778899aabbccddeeff"], ids=["by number", "told"])
async def test_encrypted_hls(tmp_path: Path, vector: str) -> None:
    (tmp_path / "film.key").write_bytes(KEY)
    info = tmp_path / "key.info"
    info.write_text(f"film.key\n{tmp_path / 'film.key'}\n{vector}\n")
    write(tmp_path, "v.m3u8", "hls", {**HLS, "hls_key_info_file": str(info), "start_number": "7"})
    rendition = (await opened(tmp_path, "v.m3u8")).video.renditions[0]
    assert {segment.key is not None for segment in rendition.segments} == {True}
    check(tmp_path, rendition)


@pytest.mark.parametrize(
    "options",
    [
        {**DASH, "use_template": "1", "use_timeline": "1"},
        {**DASH, "use_template": "1"},
        {**DASH, "single_file": "1"},
    ],
    ids=["timeline", "template", "list"],
)
async def test_dash(tmp_path: Path, options: dict[str, str]) -> None:
    write(tmp_path, "v.mpd", "dash", options)
    found = await opened(tmp_path, "v.mpd")
    assert {segment.container for segment in found.video.renditions[0].segments} == {Container.FMP4}
    check(tmp_path, found.video.renditions[0])


INDEXED = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT9S"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000"><BaseURL>v.mp4</BaseURL>
<SegmentBase indexRange="{}-{}"><Initialization range="0-{}"/></SegmentBase></Representation></AdaptationSet>
</Period></MPD>"""


async def test_the_index_of_an_mp4(tmp_path: Path) -> None:
    flags = "frag_keyframe+empty_moov+default_base_moof+dash+global_sidx"
    write(tmp_path, "v.mp4", "mp4", {"movflags": flags})
    data = (tmp_path / "v.mp4").read_bytes()
    begins = data.index(b"sidx") - 4
    ends = begins + int.from_bytes(data[begins : begins + 4], "big")
    (tmp_path / "v.mpd").write_text(INDEXED.format(begins, ends - 1, begins - 1), encoding="utf-8")
    found = await opened(tmp_path, "v.mpd")
    check(tmp_path, found.video.renditions[0])
