"""SPS, PPS and VPS out of avcC and hvcC, length-prefixed: written before each keyframe they make a rung switch
seamless, since the decoder never depends on the header's copy."""

from __future__ import annotations

from player.output.remux.boxes import Reader
from player.output.sink import MediaError


def parameter_sets(codec: str, config: bytes) -> bytes:
    """What to put before a keyframe; empty for codecs that carry their own (AV1, VP9)."""
    reader = Reader(memoryview(config), 0, len(config), "decoder configuration")
    if codec in ("avc1", "avc3"):
        return _avc(reader)
    if codec in ("hvc1", "hev1"):
        return _hevc(reader)
    return b""


def _avc(reader: Reader) -> bytes:
    reader.skip(4)
    _check_length_size(reader.uint(1))
    sets = _units(reader, reader.uint(1) & 0x1F)
    return sets + _units(reader, reader.uint(1))


def _hevc(reader: Reader) -> bytes:
    reader.skip(21)
    _check_length_size(reader.uint(1))
    out = b""
    for _ in range(reader.uint(1)):
        reader.skip(1)
        out += _units(reader, reader.uint(2))
    return out


def _check_length_size(byte: int) -> None:
    if byte & 3 != 3:
        raise MediaError(f"NAL units with {(byte & 3) + 1}-byte lengths; only 4-byte ones can be played")


def _units(reader: Reader, count: int) -> bytes:
    out = b""
    for _ in range(count):
        unit = reader.take(reader.uint(2))
        out += len(unit).to_bytes(4, "big") + unit
    return out
