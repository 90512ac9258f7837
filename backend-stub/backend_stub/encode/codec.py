"""x264 and AAC through PyAV: chunks and sound tracks in, CMAF init segments and fragments out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from backend_stub.encode.boxes import find, length_prefixed, write_fragment
from backend_stub.encode.grid import AAC_FRAME, AUDIO_BPS, SAMPLE_RATE_HZ, frame_ticks, timescale
from backend_stub.encode.model import RungSpec

_MOOV_OPTIONS = {"movflags": "empty_moov+default_base_moof+frag_custom", "use_editlist": "0", "write_tmcd": "0"}


def _x264(context: Any, rung: RungSpec, fps: Fraction, chunk_frames: int) -> None:
    """The one place where the encoder is set: init segment and every chunk must agree to the byte in SPS and PPS."""
    context.width, context.height, context.pix_fmt = rung.width, rung.height, "yuv420p"
    context.framerate, context.time_base = fps, 1 / fps
    context.thread_count = 1
    rate = {"crf": str(rung.crf), "maxrate": str(rung.max_bps), "bufsize": str(2 * rung.max_bps)}
    context.options = {
        "preset": rung.preset,
        **(rate if rung.qp is None else {"qp": str(rung.qp)}),
        # B-frames would move the first picture off zero and need an edit list.
        "bf": "0",
        "x264-params": f"keyint={chunk_frames}:min-keyint={chunk_frames}:scenecut=0:open-gop=0:threads=1"
        ":colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=off",
    }


class ChunkEncoder:
    """One rendition of one chunk: a closed GOP that starts with an IDR picture."""

    def __init__(self, rung: RungSpec, fps: Fraction, chunk_frames: int) -> None:
        self._context: Any = av.CodecContext.create("libx264", "w")
        _x264(self._context, rung, fps, chunk_frames)
        self._context.flags |= av.codec.context.Flags.global_header
        self._context.open()
        self._count = 0
        self._samples: list[bytes] = []

    def encode(self, frame: av.VideoFrame) -> None:
        """The next picture; its planes may be drawn over as soon as this returns."""
        frame.pts = self._count
        frame.time_base = self._context.time_base
        self._count += 1
        self._take(self._context.encode(frame))

    def finish(self) -> list[bytes]:
        """All samples of the chunk, in order, as NAL units with lengths."""
        self._take(self._context.encode(None))
        return self._samples

    def _take(self, packets: Iterable[Any]) -> None:
        self._samples += [length_prefixed(bytes(packet)) for packet in packets]

    def parameter_sets(self) -> list[bytes]:
        """SPS and PPS, to be held against the init segment's."""
        data = length_prefixed(bytes(self._context.extradata))
        units = []
        while data:
            size = int.from_bytes(data[:4], "big")
            units.append(data[4 : 4 + size])
            data = data[4 + size :]
        return units


def video_init(rung: RungSpec, fps: Fraction, chunk_frames: int) -> bytes:
    """ftyp + moov of a rendition, known before a frame is drawn."""
    return _init("libx264", {"video_track_timescale": str(timescale(fps))}, lambda c: _x264(c, rung, fps, chunk_frames))


def audio_init() -> bytes:
    """ftyp + moov of any sound track of ours: AAC-LC, stereo, 48 kHz."""
    return _init("aac", {}, _aac)


def _init(codec: str, options: dict[str, str], configure: Any) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={**_MOOV_OPTIONS, **options}) as container:
        stream: Any = container.add_stream(codec)
        configure(stream.codec_context)
        container.start_encoding()
        data = buffer.getvalue()
    _, end = find(data, b"moov")
    return data[:end]


def _aac(context: Any) -> None:
    context.sample_rate, context.layout, context.format = SAMPLE_RATE_HZ, "stereo", "fltp"
    context.bit_rate = AUDIO_BPS
    context.time_base = Fraction(1, SAMPLE_RATE_HZ)


def encode_aac(blocks: Iterable[npt.NDArray[np.float32]], frame_count: int) -> Iterator[bytes]:
    """`frame_count` AAC frames of blocks shaped (2, n), padded with silence; frame n sounds from n * 1024 / 48000 s.

    The encoder puts one frame of priming before the sound. It is dropped, so that no edit list is needed; the price is
    that the first 21 ms of the title fade in, as they do after any seek.
    """
    context: Any = av.CodecContext.create("aac", "w")
    _aac(context)
    context.flags |= av.codec.context.Flags.global_header
    context.open()
    given = 0
    for packet in _packets(context, _in_frames(blocks, frame_count + 2)):
        if packet.pts is not None and packet.pts >= 0 and given < frame_count:
            given += 1
            yield bytes(packet)
    if given < frame_count:
        raise RuntimeError(f"the AAC encoder gave {given} of {frame_count} frames")


def _packets(context: Any, frames: Iterable[av.AudioFrame]) -> Iterator[Any]:
    for frame in frames:
        yield from context.encode(frame)
    yield from context.encode(None)


def _in_frames(blocks: Iterable[npt.NDArray[np.float32]], count: int) -> Iterator[av.AudioFrame]:
    """Blocks of any length as `count` frames of 1024 samples."""
    number = 0
    rest = np.zeros((2, 0), np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block], axis=1)
        whole = min(rest.shape[1] // AAC_FRAME, count - number)
        for i in range(whole):
            yield _audio_frame(rest[:, i * AAC_FRAME : (i + 1) * AAC_FRAME], number)
            number += 1
        rest = rest[:, whole * AAC_FRAME :]
        if number == count:
            return
    while number < count:
        piece, rest = rest[:, :AAC_FRAME], rest[:, AAC_FRAME:]
        yield _audio_frame(np.pad(piece, ((0, 0), (0, AAC_FRAME - piece.shape[1]))), number)
        number += 1


def _audio_frame(samples: npt.NDArray[np.float32], number: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE_HZ
    frame.pts = number * AAC_FRAME
    frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
    return frame


def video_fragment(samples: list[bytes], chunk: int, first_frame: int, fps: Fraction) -> bytes:
    """A chunk's samples as a segment with its time on the title's clock."""
    ticks = frame_ticks(fps)
    return write_fragment(chunk + 1, first_frame * ticks, ticks, samples, video=True)


def audio_fragment(samples: list[bytes], segment: int, first_frame: int) -> bytes:
    """AAC frames as a segment with its time on the title's clock."""
    return write_fragment(segment + 1, first_frame * AAC_FRAME, AAC_FRAME, samples, video=False)
