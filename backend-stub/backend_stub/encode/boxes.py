"""Just enough of ISO/IEC 14496-12 to write a CMAF fragment and to check one: boxes out, boxes in.

A fragment is written by ourselves, not by FFmpeg's muxer, since its times must be absolute on the title's clock while
every chunk is encoded alone, and since the picture must start at zero with no edit list.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SYNC_SAMPLE = 0x02000000  # depends on nothing
_OTHER_SAMPLE = 0x01010000  # depends on others, not a sync sample


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a segment says about itself."""

    decode_time: int
    sample_sizes: tuple[int, ...]
    sample_duration: int
    starts_with_sync: bool
    payload_bytes: int


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """One box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def write_fragment(sequence: int, decode_time: int, duration: int, samples: Sequence[bytes], *, video: bool) -> bytes:
    """styp + moof + mdat with samples of equal `duration`; of video, only the first is a sync sample."""
    # default-base-is-moof, with duration, flags for the rest of the samples
    header = full_box(b"tfhd", 0, 0x020028, struct.pack(">III", 1, duration, _OTHER_SAMPLE if video else _SYNC_SAMPLE))
    time = full_box(b"tfdt", 1, 0, struct.pack(">Q", decode_time))
    sizes = struct.pack(f">{len(samples)}I", *map(len, samples))

    def moof(offset: int) -> bytes:
        # data offset, flags of the first sample, sizes
        run = full_box(b"trun", 0, 0x000205, struct.pack(">IiI", len(samples), offset, _SYNC_SAMPLE), sizes)
        sequence_box = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
        return box(b"moof", sequence_box, box(b"traf", header, time, run))

    styp = box(b"styp", b"msdh", struct.pack(">I", 0), b"msdhmsixcmfs")
    return styp + moof(len(moof(0)) + 8) + box(b"mdat", *samples)


def children(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """The boxes in `data[start:end]` as (kind, body start, body end). Raises ValueError when one does not fit."""
    end = len(data) if end is None else end
    while start < end:
        if end - start < 8:
            raise ValueError("a box header is cut off")
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            raise ValueError(f"box {kind!r} is cut off")
        yield kind, start + 8, start + size
        start += size


def find(data: bytes, *path: bytes) -> tuple[int, int]:
    """Where the body of the first box along `path` lies. Raises ValueError when there is none."""
    start, end = 0, len(data)
    for kind in path:
        for found, body, body_end in children(data, start, end):
            if found == kind:
                start, end = body, body_end
                break
        else:
            raise ValueError(f"there is no box {kind!r}")
    return start, end


def read_fragment(data: bytes) -> Fragment:
    """The inverse of `write_fragment`, for checks. Raises ValueError on anything else."""
    head, _ = find(data, b"moof", b"traf", b"tfhd")
    _, _, duration, _ = struct.unpack_from(">IIII", data, head)
    time, _ = find(data, b"moof", b"traf", b"tfdt")
    run, _ = find(data, b"moof", b"traf", b"trun")
    _, count, _, first_flags = struct.unpack_from(">IIiI", data, run)
    sizes = struct.unpack_from(f">{count}I", data, run + 16)
    payload, payload_end = find(data, b"mdat")
    return Fragment(
        struct.unpack_from(">Q", data, time + 4)[0],
        sizes,
        duration,
        first_flags == _SYNC_SAMPLE,
        payload_end - payload,
    )


def avcc(init: bytes) -> bytes:
    """The AVCDecoderConfigurationRecord of an init segment."""
    start, end = find(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    _, entry, entry_end = next(children(init, start + 8, end))
    # 78 bytes of VisualSampleEntry come before its boxes.
    for kind, body, body_end in children(init, entry + 78, entry_end):
        if kind == b"avcC":
            return init[body:body_end]
    raise ValueError("there is no avcC box")


def codec_string(init: bytes) -> str:
    """`avc1.PPCCLL` of RFC 6381, from the record itself."""
    return "avc1." + avcc(init)[1:4].hex()


def length_prefixed(annex_b: bytes) -> bytes:
    """An access unit with start codes as NAL units with 4-byte lengths, without SEI: x264 signs its options there."""
    units = annex_b.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit and unit[0] & 0x1F not in (6, 9))
