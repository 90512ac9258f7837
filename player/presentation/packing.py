"""How a segment is packed, told from its address, its initialisation section and its MIME type."""

from __future__ import annotations

from urllib.parse import urlsplit

from player.presentation.segment import Container

_ENDINGS = {
    "ts": Container.MPEG_TS,
    "m2ts": Container.MPEG_TS,
    "mts": Container.MPEG_TS,
    "tsv": Container.MPEG_TS,
    "tsa": Container.MPEG_TS,
    "aac": Container.AAC,
    "mp3": Container.MP3,
    "ac3": Container.AC3,
    "ec3": Container.EAC3,
    "eac3": Container.EAC3,
    "vtt": Container.WEBVTT,
    "webvtt": Container.WEBVTT,
    **dict.fromkeys(("mp4", "m4s", "m4v", "m4a", "cmfv", "cmfa", "cmft", "m4f"), Container.FMP4),
}


def container_of(uri: str, has_init: bool) -> Container:
    """RFC 8216bis 3.1: fragmented MP4 has an EXT-X-MAP, so has nothing else but WebVTT in MP4; else the name tells."""
    if has_init:
        return Container.FMP4
    name = urlsplit(uri).path.rpartition("/")[2]
    return _ENDINGS.get(name.rpartition(".")[2].lower(), Container.UNTOLD)
