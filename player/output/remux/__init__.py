"""Segments in, Matroska out, in pure Python: no decoder, no ffmpeg; bytes that lie are a `MediaError`."""

from __future__ import annotations

from player.output.remux.chunk import ChunkMuxer
from player.output.remux.containers import read_segment
from player.output.remux.fmp4 import parse_init, parse_segment
from player.output.remux.tracks import Media, Sample, Stream, TrackInit

__all__ = ["ChunkMuxer", "Media", "Sample", "Stream", "TrackInit", "parse_init", "parse_segment", "read_segment"]
