"""Bytes in, Matroska out; and bytes that lie are a MediaError, never another exception and never a hang."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace

import av
import media_ladder
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from player.output.remux import ChunkMuxer, parse_init, parse_segment
from player.output.remux.boxes import MAX_BOXES
from player.output.remux.matroska import Cue, header
from player.output.sink import MediaError

MUTATIONS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _file(ladder: media_ladder.Ladder) -> bytes:
    """The whole title as a plain Matroska file, a rung switch at every chunk."""
    muxer = ChunkMuxer(ladder.timeline())
    chunks = [muxer.mux(ladder.chunk(index, index % media_ladder.RUNGS)) for index in range(media_ladder.CHUNKS)]
    assert muxer.audio is not None
    size_bytes = 1 << 50
    head = header(muxer.video, muxer.audio, media_ladder.SIZE, media_ladder.DURATION_S, [Cue(0.0, 4096)], size_bytes)
    return head + b"".join(chunks)


def test_every_frame_and_every_block_of_sound_comes_through_once_and_in_place(ladder: media_ladder.Ladder) -> None:
    with av.open(io.BytesIO(_file(ladder)), format="matroska") as container:
        packets = [(p.stream.type, p.pts) for p in container.demux() if p.pts is not None]
    pictures = [pts for kind, pts in packets if kind == "video"]
    sound = [pts for kind, pts in packets if kind == "audio"]
    assert pictures == [round(n * 1000 / media_ladder.FPS) for n in range(len(pictures))]
    assert len(pictures) == media_ladder.CHUNKS * media_ladder.FRAMES_PER_CHUNK
    original = [s for part in ladder.audio for s in parse_segment(part, parse_init(ladder.audio_init))]
    assert sound == [round(s.present_s * 1000) for s in original]


def test_a_beep_and_the_flash_that_belongs_to_it_are_within_forty_milliseconds(ladder: media_ladder.Ladder) -> None:
    flashes: list[float] = []
    loud: list[float] = []
    with av.open(io.BytesIO(_file(ladder)), format="matroska") as container:
        for frame in container.decode():
            assert frame.time is not None
            pixels = frame.to_ndarray()
            if isinstance(frame, av.VideoFrame):
                if pixels[: media_ladder.SIZE[1] // 2].mean() > 225:
                    flashes.append(frame.time)
            else:
                above = np.nonzero(np.abs(pixels[0]) > 0.1)[0]
                if above.size:
                    loud.append(frame.time + float(above[0]) / frame.sample_rate)
    beeps = [at for before, at in zip([-1.0, *loud], loud, strict=False) if at - before > 0.5]
    assert len(flashes) == len(beeps) == int(media_ladder.DURATION_S) - 1
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) < 0.04


@MUTATIONS
@given(data=st.data())
def test_a_mutated_segment_is_read_or_refused_and_nothing_else(
    ladder: media_ladder.Ladder, data: st.DataObject
) -> None:
    init = parse_init(ladder.video_inits[0])
    segment = bytearray(ladder.video[0][2])
    for _ in range(data.draw(st.integers(1, 6))):
        # The boxes are in the first kilobyte; the rest is opaque to the parser.
        at = data.draw(st.integers(0, min(900, len(segment) - 1)))
        segment[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, data.draw(st.integers(0, 255))]))
    kept = data.draw(st.integers(0, len(segment)) | st.just(len(segment)))
    _read_or_refuse(lambda: parse_segment(bytes(segment[:kept]), init))


@MUTATIONS
@given(data=st.data())
def test_a_mutated_initialisation_section_is_read_or_refused(ladder: media_ladder.Ladder, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([ladder.video_inits[0], ladder.audio_init]))
    init = bytearray(source)
    for _ in range(data.draw(st.integers(1, 6))):
        init[data.draw(st.integers(0, len(init) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(init[: data.draw(st.integers(0, len(init)) | st.just(len(init)))])
    _read_or_refuse(lambda: ChunkMuxer(replace(ladder.timeline(), video_init=kept)).mux(ladder.chunk(0, 0)))


def test_a_million_empty_boxes_are_refused_early() -> None:
    flood = b"\x00\x00\x00\x08free" * (MAX_BOXES + 1)
    with pytest.raises(MediaError, match="boxes on one level"):
        parse_init(flood)


def test_a_rung_of_another_codec_is_refused(ladder: media_ladder.Ladder) -> None:
    muxer = ChunkMuxer(ladder.timeline())
    other = ladder.video_inits[1].replace(b"avc1", b"av01").replace(b"avcC", b"av1C")
    with pytest.raises(MediaError, match="began as avc1"):
        muxer.mux(replace(ladder.chunk(1, 1), video_init=other))


def test_an_error_says_what_is_wrong(ladder: media_ladder.Ladder) -> None:
    with pytest.raises(MediaError, match="truncated or corrupt"):
        parse_segment(ladder.video[0][0][:-10], parse_init(ladder.video_inits[0]))
    with pytest.raises(MediaError, match="no 'moov'"):
        parse_init(b"")


def _read_or_refuse(read: Callable[[], object]) -> None:
    with contextlib.suppress(MediaError):
        read()
