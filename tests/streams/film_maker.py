"""Small films for the stream tests: encoded once, as packets, and muxed into segments of any kind from there.

Every picture carries its number (the mark of tests/output/media_ladder.py); sound is a tone that never stops.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import media_ladder
import numpy as np

FPS, RATE = 24, 48_000
_FRAGMENTS = {"movflags": "empty_moov+default_base_moof+frag_custom+negative_cts_offsets+frag_discont"}
_ENCODERS = {
    "h264": ("libx264", {"preset": "ultrafast", "x264-params": "scenecut=0:open-gop=0"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=0:scenecut=0:open-gop=0:bframes=2"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "scd=0:pred-struct=1"}),
}
_SOUND_ENCODERS = {"aac": "aac", "mp3": "libmp3lame", "ac3": "ac3", "eac3": "eac3"}


@dataclass(frozen=True)
class Coded:
    """One coded packet; times in seconds."""

    present_s: Fraction
    decode_s: Fraction
    key: bool
    data: bytes
    duration_s: Fraction


@dataclass(frozen=True)
class Track:
    """An encoded track: a stream that has its parameters, and its packets in decode order."""

    template: av.VideoStream | av.AudioStream
    packets: tuple[Coded, ...]

    def between(self, start_s: float, end_s: float) -> Track:
        """The packets that a chunk of that interval has; video is cut before keyframes, so decode order holds."""
        shown = [p for p in self.packets if start_s - 1e-6 <= p.present_s < end_s - 1e-6]
        return replace(self, packets=tuple(shown))

    def moved(self, by_s: float) -> Track:
        by = Fraction(by_s).limit_denominator(90_000)
        moved = (replace(p, present_s=p.present_s + by, decode_s=p.decode_s + by) for p in self.packets)
        return replace(self, packets=tuple(moved))


def video(codec: str, seconds: float, chunk_s: float, *, rung: int = 0, b_frames: int = 0, first: int = 0) -> Track:
    """`seconds` of marked pictures, numbered from `first`, a keyframe at every chunk's beginning."""
    name, options = _ENCODERS[codec]
    gop = str(round(chunk_s * FPS))
    options = {**options, "g": gop, "keyint_min": gop}
    if codec == "h264":
        options |= {"bf": str(b_frames), "crf": str(32 - 4 * rung)}
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(name, rate=FPS, options=options)
        stream.width, stream.height = media_ladder.SIZE
        stream.pix_fmt, stream.thread_count, stream.time_base = "yuv420p", 2, Fraction(1, FPS)
        for number in range(round(seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(media_ladder.picture(first + number, rung), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return read(out)


def sound(codec: str, seconds: float, *, rate: int = RATE) -> Track:
    """A tone."""
    tone = (0.2 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(_SOUND_ENCODERS[codec], rate=rate, layout="stereo")
        size = 1536 if codec.endswith("ac3") else 1152 if codec == "mp3" else 1024
        for at in range(0, len(tone), size):
            block = np.ascontiguousarray(np.stack([tone[at : at + size]] * 2))
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return read(out)


def pictures_of(track: Track) -> list[str]:
    """The check sum of each picture in the order they are shown, as libavfilter's showinfo prints it."""
    context = av.CodecContext.create(track.template.codec_context.name, "r")
    context.extradata = track.template.codec_context.extradata
    sums = []
    for body in [*(coded.data for coded in track.packets), None]:
        for frame in context.decode(av.Packet(body) if body is not None else None):
            total = 0
            for plane, lines in zip(frame.planes, (frame.height, frame.height // 2, frame.height // 2), strict=True):
                rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:lines, : plane.width]
                total = zlib.adler32(rows.tobytes(), total)
            sums.append(f"{total:08X}")
    return sums


def transport_stream(*tracks: Track, moved_s: float = 0.0) -> bytes:
    """An MPEG transport stream of these packets, with tables of its own, as a segment has."""
    return _muxed("mpegts", {}, [track.moved(moved_s) for track in tracks])


def fragmented(*tracks: Track, moved_s: float = 0.0) -> tuple[bytes, bytes]:
    """(initialisation section, media segment) of fragmented MP4."""
    return split(_muxed("mp4", _FRAGMENTS, [track.moved(moved_s) for track in tracks]))


def packed(track: Track, codec: str) -> bytes:
    """Frames of sound one after another, without the ID3 tag."""
    return _muxed("adts" if codec == "aac" else codec, {"write_xing": "0", "id3v2_version": "0"}, [track])


def id3_time(at_s: float) -> bytes:
    """The tag before packed audio that tells its time (RFC 8216bis 3.1.4)."""
    body = b"com.apple.streaming.transportStreamTimestamp\0" + (round(at_s * 90_000) % 2**33).to_bytes(8, "big")
    frame = b"PRIV" + len(body).to_bytes(4, "big") + b"\0\0" + body
    return b"ID3\x04\x00\x00" + len(frame).to_bytes(4, "big") + frame


def split(data: bytes) -> tuple[bytes, bytes]:
    """An fMP4 file at its first fragment."""
    at = data.index(b"moof") - 4
    return data[:at], data[at:]


def read(file: io.BytesIO) -> Track:
    """The packets of a file with one track, their times moved so that the first is shown at 0."""
    container = av.open(io.BytesIO(file.getvalue()), options={"ignore_editlist": "1"})
    stream = container.streams[0]
    assert stream.time_base is not None
    base = stream.time_base
    packets = [p for p in container.demux(stream) if p.pts is not None and p.dts is not None]
    first = min(p.pts for p in packets)
    coded = tuple(
        Coded((p.pts - first) * base, (p.dts - first) * base, p.is_keyframe, bytes(p), (p.duration or 0) * base)
        for p in packets
    )
    return Track(stream, coded)


def _muxed(kind: str, options: dict[str, str], tracks: list[Track]) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=kind, options={**options, "avoid_negative_ts": "disabled"}) as container:
        streams = [container.add_stream_from_template(track.template, opaque=True) for track in tracks]
        container.start_encoding()
        queue = [(coded.decode_s, number, coded) for number, track in enumerate(tracks) for coded in track.packets]
        for _, number, coded in sorted(queue, key=lambda item: item[:2]):
            stream = streams[number]
            assert stream.time_base is not None
            base = stream.time_base
            packet = av.Packet(coded.data)
            packet.stream, packet.time_base = stream, base
            packet.pts, packet.dts = round(coded.present_s / base), round(coded.decode_s / base)
            packet.duration, packet.is_keyframe = round(coded.duration_s / base), coded.key
            container.mux(packet)
    return out.getvalue()
