"""Sequence parameter sets of H.264 and HEVC: picture size, and the avcC or hvcC that describes the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from player.output.remux.bits import BitReader, raw_payload
from player.output.sink import MediaError

_LARGEST_SIDE = 16_384
_AVC_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_CHROMA_STEP = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True)
class Picture:
    """A stream's picture size and decoder configuration record."""

    width: int
    height: int
    config: bytes


def avc_picture(sps: Sequence[bytes], pps: Sequence[bytes]) -> Picture:
    """From H.264 parameter sets (ISO/IEC 14496-10, 7.3.2.1.1) to avcC (ISO/IEC 14496-15, 5.3.3.1)."""
    if len(sps[0]) < 4:
        raise MediaError("a parameter set ends before its contents do")
    width, height = _avc_size(BitReader(raw_payload(sps[0])[1:]))
    config = bytes((1, sps[0][1], sps[0][2], sps[0][3], 0xFF, 0xE0 | min(len(sps), 31))) + _prefixed(sps[:31])
    config += bytes((min(len(pps), 255),)) + _prefixed(pps[:255])
    return Picture(width, height, config)


def hevc_picture(vps: Sequence[bytes], sps: Sequence[bytes], pps: Sequence[bytes]) -> Picture:
    """From HEVC parameter sets (ISO/IEC 23008-2, 7.3.2.2) to hvcC (ISO/IEC 14496-15, 8.3.3.1)."""
    payload = raw_payload(sps[0])
    if len(payload) < 15:
        raise MediaError("a parameter set ends before its contents do")
    width, height, chroma, luma_depth, chroma_depth = _hevc_size(BitReader(payload[2:]))
    config = b"\x01" + payload[3:15] + b"\xf0\x00\xfc" + bytes((0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth))
    config += b"\0\0" + bytes((1 << 3 | (payload[2] & 1) << 2 | 3, 3))
    for kind, units in ((32, vps), (33, sps), (34, pps)):
        config += bytes((0x80 | kind,)) + min(len(units), 65535).to_bytes(2, "big") + _prefixed(units[:65535])
    return Picture(width, height, config)


def _prefixed(units: Sequence[bytes]) -> bytes:
    for unit in units:
        if len(unit) > 65535:
            raise MediaError(f"a parameter set of {len(unit)} bytes is beyond all bounds")
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def _avc_size(reader: BitReader) -> tuple[int, int]:
    profile = reader.bits(8)
    reader.skip(16)
    reader.ue()
    chroma = _avc_chroma(reader) if profile in _AVC_WITH_CHROMA else 1
    reader.ue()
    _avc_order(reader)
    reader.ue()
    reader.skip(1)
    wide, high = reader.ue() + 1, reader.ue() + 1
    frames_only = reader.flag()
    if not frames_only:
        reader.skip(1)
    reader.skip(1)
    crop = [reader.ue() for _ in range(4)] if reader.flag() else [0, 0, 0, 0]
    step_x, step_y = _CHROMA_STEP.get(chroma, (1, 1))
    fields = 1 if frames_only else 2
    width = 16 * wide - step_x * (crop[0] + crop[1])
    return _checked(width, fields * 16 * high - fields * step_y * (crop[2] + crop[3]))


def _avc_chroma(reader: BitReader) -> int:
    chroma = reader.ue()
    if chroma == 3:
        reader.skip(1)
    reader.ue()
    reader.ue()
    reader.skip(1)
    if reader.flag():
        for number in range(12 if chroma == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if number < 6 else 64)
    return chroma


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = after = 8
    for _ in range(size):
        if after:
            after = (last + reader.se()) % 256
        last = after or last


def _avc_order(reader: BitReader) -> None:
    kind = reader.ue()
    if kind == 0:
        reader.ue()
    elif kind == 1:
        reader.skip(1)
        reader.se()
        reader.se()
        for _ in range(min(reader.ue(), 255)):
            reader.se()


def _hevc_size(reader: BitReader) -> tuple[int, int, int, int, int]:
    """(width, height, chroma format, luma depth - 8, chroma depth - 8)."""
    reader.skip(4)
    layers = reader.bits(3)
    reader.skip(1)
    _hevc_profile(reader, layers)
    reader.ue()
    chroma = reader.ue()
    if chroma == 3:
        reader.skip(1)
    width, height = reader.ue(), reader.ue()
    crop = [reader.ue() for _ in range(4)] if reader.flag() else [0, 0, 0, 0]
    luma_depth, chroma_depth = reader.ue(), reader.ue()
    if chroma not in _CHROMA_STEP or luma_depth > 7 or chroma_depth > 7:
        raise MediaError("the pictures' colour format makes no sense")
    step_x, step_y = _CHROMA_STEP[chroma]
    width, height = _checked(width - step_x * (crop[0] + crop[1]), height - step_y * (crop[2] + crop[3]))
    return width, height, chroma, luma_depth, chroma_depth


def _hevc_profile(reader: BitReader, layers: int) -> None:
    reader.skip(96)
    present = [(reader.flag(), reader.flag()) for _ in range(layers)]
    if layers:
        reader.skip(2 * (8 - layers))
    for profile, level in present:
        reader.skip(88 * profile + 8 * level)


def _checked(width: int, height: int) -> tuple[int, int]:
    if not 0 < width <= _LARGEST_SIDE or not 0 < height <= _LARGEST_SIDE:
        raise MediaError(f"the picture size {width}x{height} cannot be")
    return width, height
