"""CMAF in, Matroska out, in pure Python: no decoder, no ffmpeg; bytes that lie are a `MediaError`."""

from __future__ import annotations

from player.output.remux.chunk import ChunkMuxer
from player.output.remux.fmp4 import Sample, TrackInit, parse_init, parse_segment

__all__ = ["ChunkMuxer", "Sample", "TrackInit", "parse_init", "parse_segment"]
