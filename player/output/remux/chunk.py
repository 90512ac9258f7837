"""One chunk as fetched to one Matroska cluster: samples placed on the timeline, cut to the chunk, in decode order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from player.output.remux.containers import read_init, read_segment
from player.output.remux.matroska import AUDIO_TRACK, VIDEO_TRACK, Block, clusters, codec_id
from player.output.remux.parameter_sets import parameter_sets
from player.output.remux.placement import START_TOLERANCE_S, Placement
from player.output.remux.sound_frames import adts_prefix
from player.output.remux.tracks import Media, Sample, Stream, TrackInit
from player.output.sink import ChunkMedia, MediaError, Origin, Timeline

_MOST_TAILS = 4096


@dataclass(frozen=True, slots=True)
class Formats:
    """How a title's pictures and sound are coded, as far as the header of the output must say it."""

    video: TrackInit
    audio: TrackInit | None


class ChunkMuxer:
    """Turns the chunks of one timeline into clusters, and refuses those that are not what they claim to be.

    `formats` are known from the beginning where there are initialisation sections, else from the first chunk on.
    """

    def __init__(self, timeline: Timeline) -> None:
        """Raises `MediaError` when an initialisation section cannot be read."""
        self.formats: Formats | None = None
        self.placement = Placement()
        self._last = len(timeline.starts_s) - 1 if not timeline.open_end else None
        self._beside = timeline.audio_init is not None
        self._tails_s: dict[int, float] = {}
        if timeline.video_init:
            formats = _formats(timeline.video_init, timeline.audio_init)
            # Packed audio has no initialisation section: the first chunk tells how it is coded.
            self.formats = None if timeline.audio_init == b"" else formats

    @property
    def video(self) -> TrackInit:
        return self._known.video

    @property
    def audio(self) -> TrackInit | None:
        return self._known.audio

    @property
    def _known(self) -> Formats:
        assert self.formats is not None, "no chunk has told yet how the title is coded"
        return self.formats

    def end_at(self, last: int | None) -> None:
        """The title's last chunk; None: not known yet."""
        self._last = last

    def mux(self, chunk: ChunkMedia) -> bytes:
        """The chunk's cluster, with absolute times; empty for a gap. Raises `MediaError`."""
        if chunk.gap:
            return b""
        media = read_segment(chunk.video, chunk.video_init)
        if media.video is None:
            raise MediaError(f"chunk {chunk.index} holds no pictures")
        self._check_codec(chunk, media.video.init)
        shift_s = self._place(chunk, media.video, media.wrap_s)
        beside = self._beside_chunk(chunk)
        sound = beside if self._beside or chunk.audio else self._inside(chunk, media, shift_s)
        if self.formats is None:
            self.formats = Formats(media.video.init, sound.init if sound else None)
        blocks = [*_pictures(media.video, shift_s), *(self._sound(sound) if sound else ())]
        return clusters(block for _, block in sorted(blocks, key=lambda pair: pair[0]))

    def _check_codec(self, chunk: ChunkMedia, init: TrackInit) -> None:
        if self.formats is not None and codec_id(init.codec) != codec_id(self.video.codec):
            raise MediaError(f"chunk {chunk.index} is {init.codec} in a title that began as {self.video.codec}")

    def _place(self, chunk: ChunkMedia, stream: Stream, wrap_s: float) -> float:
        """What is added to the segment's times."""
        samples = stream.samples
        if not any(s.key for s in samples) or (not samples[0].key and not stream.init.inline_sets):
            raise MediaError(f"chunk {chunk.index} does not begin with a keyframe")
        first_s = min(s.present_s for s in samples)
        origin = chunk.origin or Origin(chunk.start_s, media_offset_s=0.0)
        try:
            shift_s = self.placement.pictures(origin, first_s, chunk.end_s, wrap_s)
        except MediaError as error:
            raise MediaError(f"chunk {chunk.index} is out of place: {error}") from None
        last_s = max(s.present_s for s in samples) + shift_s
        if last_s > chunk.end_s + max(START_TOLERANCE_S, (chunk.end_s - chunk.start_s) / 2):
            raise MediaError(f"chunk {chunk.index} reaches {last_s:.3f} s; the playlist ends it at {chunk.end_s:.3f} s")
        return shift_s

    def _beside_chunk(self, chunk: ChunkMedia) -> Stream | None:
        """The samples of the audio segments beside the chunk that fall into it."""
        # The priming before zero belongs to the first chunk, the tail to the last.
        begin = -math.inf if chunk.index == 0 else chunk.start_s
        end = math.inf if chunk.index == self._last else chunk.end_s
        init: TrackInit | None = None
        samples: list[Sample] = []
        for number, body in enumerate(chunk.audio):
            origin = _audio_origin(chunk, number)
            media = read_segment(body, origin.init)
            stream = media.audio
            if stream is None:
                raise MediaError(f"the sound of chunk {chunk.index} holds no sound")
            shift_s = self.placement.sound(origin, stream.samples[0].present_s, media.wrap_s, media.timed)
            init = init or stream.init
            samples += [s for s in _moved(stream.samples, shift_s) if begin <= s.present_s < end]
        if chunk.audio and not samples and chunk.index != self._last:
            raise MediaError(f"the sound of chunk {chunk.index} lies outside {chunk.start_s:.3f}-{chunk.end_s:.3f} s")
        return Stream(init, samples) if init is not None else None

    def _inside(self, chunk: ChunkMedia, media: Media, shift_s: float) -> Stream | None:
        """The sound in the video segment: all of it, but what the chunk before has given already (another rung's)."""
        if media.audio is None or not media.audio.samples:
            return None
        samples = list(_moved(media.audio.samples, shift_s))
        given_s = self._tails_s.get(chunk.index - 1, -math.inf)
        length_s = _frame_s(samples)
        samples = [s for s in samples if s.present_s > given_s + length_s / 2]
        if len(self._tails_s) >= _MOST_TAILS:
            self._tails_s.clear()
        if samples:
            self._tails_s[chunk.index] = samples[-1].present_s
        return Stream(media.audio.init, samples)

    def _sound(self, stream: Stream) -> Iterable[tuple[float, Block]]:
        title = self.audio
        if title is None or codec_id(stream.init.codec) != codec_id(title.codec):
            return  # One header describes the whole title: sound of another codec is left out, the pictures go on.
        for sample in stream.samples:
            prefix = b"" if stream.init.inline_sets else _frame_prefix(stream.init, len(sample.data))
            yield sample.decode_s, Block(sample.present_s, AUDIO_TRACK, True, prefix, sample.data)


def _formats(video_init: bytes, audio_init: bytes | None) -> Formats:
    tracks = read_init(video_init)
    video = next((track for track in tracks if not track.is_audio), None)
    inside = next((track for track in tracks if track.is_audio), None)
    if video is None:
        raise MediaError("the video's initialisation section describes sound")
    if audio_init is None:
        return Formats(video, inside)
    audio = next((track for track in read_init(audio_init) if track.is_audio), None) if audio_init else None
    if audio_init and audio is None:
        raise MediaError("the audio's initialisation section describes pictures")
    return Formats(video, audio)


def _pictures(stream: Stream, shift_s: float) -> Iterable[tuple[float, Block]]:
    init = stream.init
    sets = b"" if init.inline_sets else parameter_sets(init.codec, init.config)
    for s in _moved(stream.samples, shift_s):
        yield s.decode_s, Block(s.present_s, VIDEO_TRACK, s.key, sets if s.key else b"", s.data)


def _moved(samples: Iterable[Sample], shift_s: float) -> Iterable[Sample]:
    if not shift_s:
        return samples
    return (replace(s, decode_s=s.decode_s + shift_s, present_s=s.present_s + shift_s) for s in samples)


def _audio_origin(chunk: ChunkMedia, number: int) -> Origin:
    if number < len(chunk.audio_origins):
        return chunk.audio_origins[number]
    return Origin(chunk.start_s, media_offset_s=0.0, init=chunk.audio_init or b"")


def _frame_s(samples: list[Sample]) -> float:
    return samples[1].present_s - samples[0].present_s if len(samples) > 1 else 0.0


def _frame_prefix(init: TrackInit, size_bytes: int) -> bytes:
    """AAC frames say themselves how they are coded, where a header can: so the sound may change at any chunk."""
    if init.codec != "mp4a":
        return b""
    return adts_prefix(init.config, size_bytes) or b""
