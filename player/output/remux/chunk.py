"""One chunk as fetched to one Matroska cluster: samples cut to the chunk's interval, in decode order."""

from __future__ import annotations

import functools
import math

from player.output.remux.fmp4 import Sample, TrackInit, parse_init, parse_segment
from player.output.remux.matroska import AUDIO_TRACK, VIDEO_TRACK, Block, clusters, codec_id
from player.output.remux.parameter_sets import parameter_sets
from player.output.sink import ChunkMedia, MediaError, Timeline

START_TOLERANCE_S = 0.1
"""How far a chunk's first picture may lie from where the playlist puts it: a rounding, not another chunk."""


@functools.lru_cache(maxsize=64)
def _read_init(data: bytes) -> TrackInit:
    return parse_init(data)


class ChunkMuxer:
    """Turns the chunks of one timeline into clusters, and refuses those that are not what they claim to be."""

    def __init__(self, timeline: Timeline) -> None:
        """Raises `MediaError` when an initialisation section cannot be read."""
        self.video = _read_init(timeline.video_init)
        self.audio = _read_init(timeline.audio_init) if timeline.audio_init else None
        self._last = len(timeline.starts_s) - 1
        if self.video.is_audio:
            raise MediaError("the video's initialisation section describes sound")
        if self.audio is not None and not self.audio.is_audio:
            raise MediaError("the audio's initialisation section describes pictures")

    def mux(self, chunk: ChunkMedia) -> bytes:
        """The chunk's cluster, with absolute times. Raises `MediaError`."""
        pictures = self._pictures(chunk)
        sound = self._sound(chunk) if self.audio else []
        blocks = sorted(pictures + sound, key=lambda pair: pair[0])
        return clusters(block for _, block in blocks)

    def _pictures(self, chunk: ChunkMedia) -> list[tuple[float, Block]]:
        init = _read_init(chunk.video_init)
        if init.is_audio or codec_id(init.codec) != codec_id(self.video.codec):
            raise MediaError(f"chunk {chunk.index} is {init.codec} in a title that began as {self.video.codec}")
        samples = parse_segment(chunk.video, init)
        _check_pictures(chunk, samples)
        sets = parameter_sets(init.codec, init.config)
        return [(s.decode_s, Block(s.present_s, VIDEO_TRACK, s.key, sets if s.key else b"", s.data)) for s in samples]

    def _sound(self, chunk: ChunkMedia) -> list[tuple[float, Block]]:
        init = _read_init(chunk.audio_init) if chunk.audio_init else self.audio
        assert init is not None
        if not init.is_audio or self.audio is None or init.config != self.audio.config:
            raise MediaError(f"the sound of chunk {chunk.index} is not coded as the title's is")
        # The priming before zero belongs to the first chunk, the tail to the last.
        begin = -math.inf if chunk.index == 0 else chunk.start_s
        end = math.inf if chunk.index == self._last else chunk.end_s
        samples = [s for segment in chunk.audio for s in parse_segment(segment, init) if begin <= s.present_s < end]
        if chunk.audio and not samples and chunk.index != self._last:
            raise MediaError(f"the sound of chunk {chunk.index} lies outside {chunk.start_s:.3f}-{chunk.end_s:.3f} s")
        return [(s.decode_s, Block(s.present_s, AUDIO_TRACK, True, b"", s.data)) for s in samples]


def _check_pictures(chunk: ChunkMedia, samples: list[Sample]) -> None:
    if not samples[0].key:
        raise MediaError(f"chunk {chunk.index} does not begin with a keyframe")
    first_s = min(s.present_s for s in samples)
    if abs(first_s - chunk.start_s) > START_TOLERANCE_S:
        raise MediaError(f"chunk {chunk.index} begins at {first_s:.3f} s; the playlist says {chunk.start_s:.3f} s")
    last_s = max(s.present_s for s in samples)
    if last_s > chunk.end_s + START_TOLERANCE_S:
        raise MediaError(f"chunk {chunk.index} reaches {last_s:.3f} s; the playlist ends it at {chunk.end_s:.3f} s")
