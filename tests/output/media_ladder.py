"""A small ladder of CMAF chunks with marked frames, and the reader of the marks: the ground truth of the output tests.

The same mark as the demo films carry: 32 cells along the bottom edge hold frame number, rung, film and a checksum.
Sound is silence with a beep of 20 ms at every whole second from 1 s on, when the picture is also white (frame = 24 n).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from player.output.sink import ChunkMedia, Timeline

FPS, CHUNK_S, CHUNKS, SIZE = 24, 2.0, 30, (320, 180)
DURATION_S = CHUNK_S * CHUNKS
FRAMES_PER_CHUNK = int(FPS * CHUNK_S)
RUNGS = 3
_RATE, _AAC_FRAME, _FILM = 48_000, 1024, 1
AUDIO_SEGMENT_S = 94 * _AAC_FRAME / _RATE
"""Of the sound's segments: their boundaries drift against the pictures'."""


@dataclass(frozen=True)
class Ladder:
    """`video[rung][k]` and `audio[k]` are media segments; audio has no boundary at a chunk's."""

    video_inits: tuple[bytes, ...]
    video: tuple[tuple[bytes, ...], ...]
    audio_init: bytes
    audio: tuple[bytes, ...]

    def timeline(self, start_at_s: float = 0.0) -> Timeline:
        starts = tuple(CHUNK_S * k for k in range(CHUNKS))
        return Timeline(starts, DURATION_S, self.video_inits[0], self.audio_init, *SIZE, start_at_s)

    def chunk(self, index: int, rung: int) -> ChunkMedia:
        """The chunk with every audio segment that overlaps it."""
        audio = self.audio[max(0, index - 1) : index + 2]
        return ChunkMedia(
            index,
            CHUNK_S * index,
            CHUNK_S * (index + 1),
            rung,
            self.video_inits[rung],
            self.video[rung][index],
            self.audio_init,
            audio,
        )


def read_mark(pixels: NDArray[np.uint8]) -> tuple[int, int] | None:
    """(frame, rung) of a picture of rows x columns x channels; None when there is no valid mark."""
    height, width = pixels.shape[:2]
    row = height - max(2, round(height / 64))
    columns = ((np.arange(32) + 0.5) * width / 32).astype(int)
    bits = [int(pixels[row, column, 1] > 128) for column in columns]
    frame, rung, film, check = (_number(bits[a:b]) for a, b in ((2, 18), (18, 21), (21, 24), (24, 30)))
    framed = bits[:2] == [1, 0] and bits[30:] == [0, 1]
    return (frame, rung) if framed and check == (frame * 7 + rung * 13 + film * 29) % 64 else None


def is_black(pixels: NDArray[np.uint8]) -> bool:
    return bool(pixels[:, :, :3].max() < 24)


def with_tone(ladder: Ladder, tone_hz: float) -> Ladder:
    """The same pictures, and a tone without a break instead of the beeps."""
    seconds = np.arange(int(_RATE * DURATION_S)) / _RATE
    tone = 0.5 * np.sin(2 * np.pi * tone_hz * seconds).astype(np.float32)
    audio_init, audio = _split(_encode_audio(np.stack([tone, tone])))
    return replace(ladder, audio_init=audio_init, audio=audio)


def make_ladder(b_frames: tuple[int, ...] = (0,) * RUNGS) -> Ladder:
    """Encode it: some seconds on one core. `b_frames` are the most in a row, rung by rung."""
    videos = [_encode_video(rung, b_frames[rung]) for rung in range(RUNGS)]
    audio_init, audio = _split(_encode_audio(_beeps()))
    return Ladder(tuple(v[0] for v in videos), tuple(v[1] for v in videos), audio_init, audio)


def _number(bits: list[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


def _encode_video(rung: int, b_frames: int) -> tuple[bytes, tuple[bytes, ...]]:
    out = io.BytesIO()
    width, height = SIZE
    with av.open(out, "w", format="mp4", options=_fragments("frag_keyframe+negative_cts_offsets")) as container:
        options = {"preset": "ultrafast", "crf": str(30 - 4 * rung), "bf": str(b_frames), "g": str(FRAMES_PER_CHUNK)}
        options |= {"sc_threshold": "0", "keyint_min": str(FRAMES_PER_CHUNK), "x264-params": f"ref={rung + 1}"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 2
        stream.time_base = Fraction(1, FPS)
        for number in range(CHUNKS * FRAMES_PER_CHUNK):
            frame = av.VideoFrame.from_ndarray(picture(number, rung), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return _split(out.getvalue())


def picture(number: int, rung: int) -> NDArray[np.uint8]:
    """Frame `number` of a rung as planes of yuv420p."""
    width, height = SIZE
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    ramp = (np.arange(width) * 150 // width + number * 3) % 150 + 50
    planes[:height] = ramp.astype(np.uint8)
    if number % FPS == 0 and number:
        planes[: height // 2] = 235
    bits = [1, 0]
    for value, count in ((number, 16), (rung, 3), (_FILM, 3), ((number * 7 + rung * 13 + _FILM * 29) % 64, 6)):
        bits += [value >> place & 1 for place in range(count)]
    cells = np.repeat(np.array([*bits, 0, 1]), width // 32)
    planes[height - 6 : height] = np.where(cells, 235, 16)
    return planes


def _beeps() -> NDArray[np.float32]:
    samples = np.zeros((2, int(_RATE * DURATION_S)), np.float32)
    beep = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(_RATE // 50) / _RATE).astype(np.float32)
    for second in range(1, int(DURATION_S)):
        samples[:, second * _RATE : second * _RATE + beep.size] = beep
    return samples


def _encode_audio(samples: NDArray[np.float32]) -> bytes:
    out = io.BytesIO()
    options = _fragments("frag_custom")
    options["frag_duration"] = str(int(AUDIO_SEGMENT_S * 1e6))
    options["movflags"] = "empty_moov+default_base_moof"
    with av.open(out, "w", format="mp4", options=options) as container:
        stream = container.add_stream("aac", rate=_RATE, layout="stereo")
        for at in range(0, samples.shape[1], _AAC_FRAME):
            block = np.ascontiguousarray(samples[:, at : at + _AAC_FRAME])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _fragments(kind: str) -> dict[str, str]:
    return {"movflags": f"empty_moov+default_base_moof+{kind}"}


def _split(data: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """An fMP4 file as its initialisation section and its fragments."""
    init, fragments, at = b"", [], 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        box = data[at : at + size]
        if kind == b"moof":
            fragments.append(box)
        elif fragments and kind == b"mdat":
            fragments[-1] += box
        elif not fragments:
            init += box
        at += size
    return init, tuple(fragments)
