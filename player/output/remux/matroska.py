"""A Matroska writer: header with cues, clusters, and the Void that fills a slot (RFC 9559, RFC 8794)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from player.output.remux.parameter_sets import parameter_sets
from player.output.remux.tracks import TrackInit
from player.output.sink import MediaError

VIDEO_TRACK = 1
AUDIO_TRACK = 2
VOID_HEAD_BYTES = 9

# Block times are 16 bit signed milliseconds against their cluster's.
_CLUSTER_SPAN_MS = 32_000
_CODEC_IDS = {
    "avc1": "V_MPEG4/ISO/AVC",
    "avc3": "V_MPEG4/ISO/AVC",
    "hvc1": "V_MPEGH/ISO/HEVC",
    "hev1": "V_MPEGH/ISO/HEVC",
    "av01": "V_AV1",
    "vp09": "V_VP9",
    "mp4a": "A_AAC",
    "mp1": "A_MPEG/L1",
    "mp2": "A_MPEG/L2",
    "mp3": "A_MPEG/L3",
    "ac-3": "A_AC3",
    "ec-3": "A_EAC3",
    "opus": "A_OPUS",
    "flac": "A_FLAC",
}
# An access unit delimiter, a temporal delimiter, a frame that repeats the one before it.
_EMPTY_PICTURES = {
    "V_MPEG4/ISO/AVC": b"\x00\x00\x00\x02\x09\xf0",
    "V_MPEGH/ISO/HEVC": b"\x00\x00\x00\x03\x46\x01\x50",
    "V_AV1": b"\x12\x00",
    "V_VP9": b"\x88",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One sample as Matroska carries it."""

    time_s: float
    track: int
    key: bool
    prefix: bytes
    data: memoryview | bytes


@dataclass(frozen=True, slots=True)
class Cue:
    """Where the media of `time_s` begins, in bytes from the beginning of the file."""

    time_s: float
    offset_bytes: int


def codec_id(codec: str) -> str:
    """Matroska's name of an MP4 codec; equal names may follow one another in one stream."""
    return _CODEC_IDS[codec]


def header(
    video: TrackInit,
    audio: TrackInit | None,
    size: tuple[int, int],
    duration_s: float,
    cues: Sequence[Cue],
    file_bytes: int,
) -> bytes:
    """EBML head, Segment of known size, Info, Tracks and Cues (before the first cluster, so mpv finds them)."""
    ebml = _element(
        0x1A45DFA3,
        _number(0x4286, 1)
        + _number(0x42F7, 1)
        + _number(0x42F2, 4)
        + _number(0x42F3, 8)
        + _element(0x4282, b"matroska")
        + _number(0x4287, 4)
        + _number(0x4285, 2),
    )
    data_start = len(ebml) + 12
    segment = _id(0x18538067) + _length(file_bytes - data_start, 8)
    info = _number(0x2AD7B1, 1_000_000) + _element(0x4D80, b"evenflow") + _element(0x5741, b"evenflow")
    info += _element(0x4489, struct.pack(">d", duration_s * 1000.0))
    tracks = _video_entry(video, size) + (_audio_entry(audio) if audio else b"")
    points = b"".join(_cue_point(cue, data_start) for cue in cues)
    return ebml + segment + _element(0x1549A966, info) + _element(0x1654AE6B, tracks) + _element(0x1C53BB6B, points)


def clusters(blocks: Iterable[Block]) -> bytes:
    """Blocks in decode order, with absolute times, as one cluster (more only for chunks above 32 s)."""
    out: list[bytes] = []
    body: list[bytes | memoryview] = []
    base_ms: int | None = None
    for block in blocks:
        time_ms = round(block.time_s * 1000)
        if base_ms is None or not -_CLUSTER_SPAN_MS < time_ms - base_ms < _CLUSTER_SPAN_MS:
            if base_ms is not None:
                out.append(_cluster(body))
            base_ms = max(time_ms, 0)
            body = [_number(0xE7, base_ms)]
        body.append(_block_head(block, time_ms - base_ms))
        body.append(block.prefix)
        body.append(block.data)
    if base_ms is not None:
        out.append(_cluster(body))
    return b"".join(out)


def probe_cluster(time_s: float, codec: str) -> bytes:
    """A cluster with one empty picture: what mpv gets when it probes a chunk before the one it will begin at."""
    data = _EMPTY_PICTURES[codec_id(codec)]
    return clusters([Block(time_s, VIDEO_TRACK, True, b"", data)])


def void(length_bytes: int) -> bytes:
    """The head of a Void element that makes up `length_bytes` in all."""
    return b"\xec" + _length(length_bytes - VOID_HEAD_BYTES, 8)


def _cluster(body: list[bytes | memoryview]) -> bytes:
    data = b"".join(body)
    return _id(0x1F43B675) + _length(len(data), 8) + data


def _block_head(block: Block, relative_ms: int) -> bytes:
    size = len(block.prefix) + len(block.data) + 4
    if size >= (1 << 28) - 1:
        raise MediaError(f"a sample of {size} bytes is beyond all bounds")
    return struct.pack(">BIBhB", 0xA3, 1 << 28 | size, 0x80 | block.track, relative_ms, 0x80 if block.key else 0)


def _video_entry(init: TrackInit, size: tuple[int, int]) -> bytes:
    parameter_sets(init.codec, init.config)  # refuses a configuration that no keyframe could use
    entry = _number(0xD7, VIDEO_TRACK) + _number(0x73C5, VIDEO_TRACK) + _number(0x9C, 0) + _number(0x83, 1)
    entry += _element(0x86, codec_id(init.codec).encode())
    if init.codec != "vp09":
        entry += _element(0x63A2, init.config)
    return _element(0xAE, entry + _element(0xE0, _number(0xB0, size[0]) + _number(0xBA, size[1])))


def _audio_entry(init: TrackInit) -> bytes:
    entry = _number(0xD7, AUDIO_TRACK) + _number(0x73C5, AUDIO_TRACK) + _number(0x9C, 0) + _number(0x83, 2)
    entry += _element(0x86, codec_id(init.codec).encode())
    if init.config:
        entry += _element(0x63A2, init.config)
    sound = _element(0xB5, struct.pack(">d", float(init.sample_rate))) + _number(0x9F, init.channels)
    return _element(0xAE, entry + _element(0xE1, sound))


def _cue_point(cue: Cue, data_start: int) -> bytes:
    place = _number(0xF7, VIDEO_TRACK) + _element(0xF1, (cue.offset_bytes - data_start).to_bytes(8, "big"))
    return _element(0xBB, _number(0xB3, round(cue.time_s * 1000)) + _element(0xB7, place))


def _id(identity: int) -> bytes:
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big")


def _length(value: int, width: int) -> bytes:
    return ((1 << (7 * width)) | value).to_bytes(width, "big")


def _element(identity: int, data: bytes) -> bytes:
    width = 1
    while len(data) >= (1 << (7 * width)) - 1:
        width += 1
    return _id(identity) + _length(len(data), width) + data


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))
