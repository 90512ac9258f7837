"""Chunk-size tables: what a film weighs, chunk by chunk and rung by rung."""

from abr.video.generate import builtin_film, vbr
from abr.video.model import VideoError, VideoTable
from abr.video.read import read_video

__all__ = ["VideoError", "VideoTable", "builtin_film", "read_video", "vbr"]
