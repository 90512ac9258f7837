"""What kind of segment these bytes are, told by the bytes themselves, and what it holds."""

from __future__ import annotations

import functools

from player.output.remux import fmp4, mpegts, packed_audio
from player.output.remux.tracks import Media, TrackInit
from player.output.sink import MediaError

_BOXES = frozenset({b"styp", b"moof", b"sidx", b"ftyp", b"emsg", b"prft", b"moov", b"mdat", b"free", b"skip"})


@functools.lru_cache(maxsize=64)
def read_init(data: bytes) -> tuple[TrackInit, ...]:
    """An initialisation section's tracks; read once. Raises `MediaError`."""
    return fmp4.parse_tracks(data)


def read_segment(data: bytes, init: bytes) -> Media:
    """A segment with the initialisation section that goes with it, empty where it has none. Raises `MediaError`."""
    if init:
        return fmp4.demux(data, read_init(init))
    if mpegts.is_transport_stream(data):
        return mpegts.demux(data)
    if packed_audio.is_packed_audio(data):
        return packed_audio.demux(data)
    if data[4:8] in _BOXES:
        # Its own initialisation section comes first, or it cannot be read at all.
        return fmp4.demux(data, read_init(data[: max(data.find(b"moof") - 4, 0)]))
    raise MediaError("the segment is neither fragmented MP4 nor a transport stream nor packed audio")
