"""MPEG-4 descriptors: the way from an 'esds' box to what a decoder must know (ISO/IEC 14496-1, 7.2.6)."""

from __future__ import annotations

from player.output.remux.boxes import Reader
from player.output.sink import MediaError

_ES, _DECODER_CONFIG, _DECODER_SPECIFIC = 3, 4, 5
_AAC = 0x40


def decoder_config(esds: Reader) -> tuple[int, bytes]:
    """(object type, the codec's own description; AAC's is its AudioSpecificConfig, MP3 has none)."""
    esds.skip(4)
    _expect(esds, _ES)
    esds.skip(2)
    flags = esds.uint(1)
    if flags & 0x80:
        esds.skip(2)
    if flags & 0x40:
        esds.skip(esds.uint(1))
    if flags & 0x20:
        esds.skip(2)
    _expect(esds, _DECODER_CONFIG)
    kind = esds.uint(1)
    esds.skip(12)
    if esds.left_bytes < 2:
        return kind, b""
    try:
        return kind, bytes(esds.take(_expect(esds, _DECODER_SPECIFIC)))
    except MediaError:
        if kind == _AAC:
            raise
        return kind, b""


def _expect(reader: Reader, tag: int) -> int:
    """Read a descriptor's head; the length it claims."""
    found = reader.uint(1)
    if found != tag:
        raise MediaError(f"the box 'esds' holds descriptor {found} where {tag} belongs")
    length = 0
    for _ in range(4):
        byte = reader.uint(1)
        length = (length << 7) | (byte & 0x7F)
        if not byte & 0x80:
            break
    return length
