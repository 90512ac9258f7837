"""Sample entries of sound in MP4: AAC, MP3, AC-3, E-AC-3, Opus and FLAC, with what Matroska wants to know of them."""

from __future__ import annotations

from dataclasses import dataclass

from player.output.remux.boxes import Box
from player.output.remux.descriptors import decoder_config
from player.output.sink import MediaError

_FIELDS_BYTES = 28
_AAC = frozenset({0x40, 0x66, 0x67, 0x68})
_MP3 = frozenset({0x69, 0x6B})
_PLAIN = {"ac-3": "ac-3", "ec-3": "ec-3", ".mp3": "mp3"}
SOUND_KINDS = frozenset({"mp4a", "Opus", "fLaC", *_PLAIN})


@dataclass(frozen=True, slots=True)
class SoundEntry:
    """A sound track's codec; `config` is what Matroska keeps as the codec's private data."""

    codec: str
    config: bytes
    sample_rate: int
    channels: int


def sound_entry(entry: Box) -> SoundEntry:
    """Read a sample entry (ISO/IEC 14496-12, 12.2.3). Raises `MediaError`."""
    fields = entry.reader()
    fields.skip(16)
    channels = fields.uint(2)
    fields.skip(6)
    rate = fields.uint(4) >> 16
    if not channels or not rate:
        raise MediaError(f"sound with {channels} channels at {rate} Hz cannot be")
    codec, config = _codec(entry)
    return SoundEntry(codec, config, rate, channels)


def _codec(entry: Box) -> tuple[str, bytes]:
    if entry.kind == "mp4a":
        kind, config = decoder_config(entry.child("esds", _FIELDS_BYTES).reader())
        if kind in _MP3:
            return "mp3", b""
        if kind not in _AAC:
            raise MediaError(f"sound of object type {kind:#x} cannot be played")
        if len(config) < 2:
            raise MediaError("the sound's AudioSpecificConfig is empty")
        return "mp4a", config
    if entry.kind == "Opus":
        return "opus", _opus_head(entry)
    if entry.kind == "fLaC":
        blocks = entry.child("dfLa", _FIELDS_BYTES).reader()
        blocks.skip(4)
        return "flac", b"fLaC" + bytes(blocks.take_all())
    return _PLAIN[entry.kind], b""


def _opus_head(entry: Box) -> bytes:
    """dOps as the identification header of RFC 7845, 5.1: the same fields, the other way round."""
    fields = entry.child("dOps", _FIELDS_BYTES).reader()
    fields.skip(1)
    channels, skipped, rate, gain = fields.uint(1), fields.uint(2), fields.uint(4), fields.uint(2)
    numbers = bytes((1, channels)) + skipped.to_bytes(2, "little") + rate.to_bytes(4, "little")
    return b"OpusHead" + numbers + gain.to_bytes(2, "little") + bytes(fields.take_all())
