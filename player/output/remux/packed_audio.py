"""Packed audio: frames of sound one after another, with an ID3 tag that tells their time (RFC 8216bis 3.1.4)."""

from __future__ import annotations

from player.output.remux.mpegts import TICKS, WRAP_TICKS, sound_stream
from player.output.remux.sound_frames import ReadHead, Run, ac3_head, adts_head, mpeg_head
from player.output.remux.tracks import Media
from player.output.sink import MediaError

_OWNER = b"com.apple.streaming.transportStreamTimestamp\0"
_MOST_TAGS = 16


def is_packed_audio(data: bytes) -> bool:
    """It begins with an ID3 tag, or with a frame of sound."""
    return data[:3] == b"ID3" or _reader(data, 0) is not None


def demux(data: bytes) -> Media:
    """The frames of packed audio. Raises `MediaError`."""
    at, time = _tags(data)
    read_head = _reader(data, at)
    if read_head is None:
        raise MediaError("packed audio with neither AAC, MP3 nor AC-3 in it")
    stream = sound_stream([Run(0 if time is None else time, data[at:])], read_head)
    if stream is None:
        raise MediaError("packed audio without a whole frame")
    return Media(audio=stream, wrap_s=0.0 if time is None else WRAP_TICKS / TICKS, timed=time is not None)


def _reader(data: bytes, at: int) -> ReadHead | None:
    # ADTS first: its sync word is one that MPEG audio's layer 4 would have, which does not exist.
    return next((read for read in (adts_head, ac3_head, mpeg_head) if read(data, at) is not None), None)


def _tags(data: bytes) -> tuple[int, int | None]:
    """(where the ID3 tags end, the time they tell in ticks)."""
    at, time = 0, None
    for _ in range(_MOST_TAGS):
        if data[at : at + 3] != b"ID3" or len(data) < at + 10:
            break
        end = at + 10 + _syncsafe(data[at + 6 : at + 10])
        if end > len(data):
            raise MediaError("an ID3 tag claims more bytes than there are")
        told = _timestamp(data, at + 10, end)
        time = told if told is not None else time
        at = end
    return at, time


def _timestamp(data: bytes, at: int, end: int) -> int | None:
    """The 33-bit time in a PRIV frame of the tag at data[at:end]."""
    while at + 10 <= end and data[at] != 0:
        size = _syncsafe(data[at + 4 : at + 8])
        body = data[at + 10 : min(at + 10 + size, end)]
        if data[at : at + 4] == b"PRIV" and body.startswith(_OWNER) and len(body) >= len(_OWNER) + 8:
            return int.from_bytes(body[len(_OWNER) : len(_OWNER) + 8], "big") % WRAP_TICKS
        at += 10 + size
    return None


def _syncsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value
