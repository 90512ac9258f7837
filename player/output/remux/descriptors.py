"""MPEG-4 descriptors: the way from an 'esds' box to AAC's AudioSpecificConfig (ISO/IEC 14496-1, 7.2.6)."""

from __future__ import annotations

from player.output.remux.boxes import Reader
from player.output.sink import MediaError

_ES, _DECODER_CONFIG, _DECODER_SPECIFIC = 3, 4, 5


def audio_specific_config(esds: Reader) -> bytes:
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
    esds.skip(13)
    config = bytes(esds.take(_expect(esds, _DECODER_SPECIFIC)))
    if len(config) < 2:
        raise MediaError("the sound's AudioSpecificConfig is empty")
    return config


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
