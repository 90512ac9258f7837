"""One chunk, brought: the video segment at the chosen rung, given up when it won't make it, and the audio beside it."""

from __future__ import annotations

import asyncio

from abr.model import Decision, ThroughputSample
from abr.values import value
from player.engine.corners import merged
from player.engine.shelf import Shelf, overlapping
from player.engine.watch import Abandoned, Situation, Watch
from player.engine.wire import Brought, Wire
from player.fetch.transport import Request
from player.output.sink import ChunkMedia
from player.presentation.model import Rendition, Resource, Segment, Track
from player.steering.pathway import Edge

SEGMENT_LIMIT_BYTES = 64 * 2**20
INIT_LIMIT_BYTES = 2**20


@value
class Arrived:
    """A chunk and how it came. `decision` is the one carried out in the end; `given_up` are the transfers before it."""

    media: ChunkMedia
    decision: Decision
    sample: ThroughputSample
    size_bytes: int
    edge: Edge
    attempts: int
    wasted_bytes: int
    given_up: tuple[ThroughputSample, ...] = ()


def request_for(piece: Segment | Resource, limit_bytes: int) -> Request:
    """The request that brings a segment or an initialisation section."""
    if piece.byte_range is None:
        return Request(piece.uri, limit_bytes=limit_bytes)
    return Request(piece.uri, piece.byte_range.offset_bytes, piece.byte_range.length_bytes, limit_bytes=limit_bytes)


class Downloader:
    """Brings chunks of one presentation; `audio` may be changed between chunks."""

    def __init__(self, wire: Wire, shelf: Shelf, video: Track, audio: Track | None) -> None:
        self._wire = wire
        self._shelf = shelf
        self._video = video
        self.audio = audio
        self._watch: Watch | None = None

    @property
    def audio_rendition(self) -> Rendition | None:
        """What is fetched beside the video; None when there is no sound, or it is inside the video segments."""
        return self.audio.renditions[0] if self.audio and self.audio.renditions else None

    async def init(self, piece: Rendition | Segment) -> bytes:
        """The initialisation section of a segment, or of a rendition's first one; empty when it has none."""
        if piece.init is None:
            return b""
        if piece.init not in self._shelf.inits:
            brought = await self._wire.bring(request_for(piece.init, INIT_LIMIT_BYTES))
            self._shelf.inits[piece.init] = brought.fetched.body
        return self._shelf.inits[piece.init]

    async def chunk(self, index: int, decision: Decision, situation: Situation) -> Arrived:
        """Chunk `index` as decided, or at a lower rung when the first choice was given up on the way."""
        given_up: list[ThroughputSample] = []
        while True:
            try:
                brought, sounding = await self._together(index, decision, situation)
            except Abandoned as abandoned:
                given_up.append(abandoned.sample)
                decision = abandoned.decision
                situation = Situation(situation.outlook, situation.sizes_bytes, situation.ladder, None)
                continue
            return await self._arrived(index, decision, brought, sounding, tuple(given_up))

    async def _together(self, index: int, decision: Decision, situation: Situation) -> tuple[Brought, _Sound]:
        """The video segment and the audio beside it, at once."""
        if self.audio_rendition is None:
            return await self._video_segment(index, decision, situation), _SILENT
        video = asyncio.ensure_future(self._video_segment(index, decision, situation))
        audio = asyncio.ensure_future(self.audio_beside(index))
        try:
            return await asyncio.gather(video, audio)
        except Abandoned:
            # The audio is wanted whatever the rung: let it come in.
            await audio
            raise
        finally:
            for task in (video, audio):
                task.cancel()

    async def _arrived(
        self, index: int, decision: Decision, brought: Brought, sounding: _Sound, given_up: tuple[ThroughputSample, ...]
    ) -> Arrived:
        segment = self._video.renditions[decision.rung].segments[index]
        media = ChunkMedia(
            index,
            segment.start_s,
            segment.end_s,
            decision.rung,
            b"" if segment.init is None else await self.init(segment),
            brought.fetched.body,
            await self.init(self.audio_rendition) if self.audio_rendition else None,
            sounding.bodies,
        )
        sample = brought.fetched.sample
        if sounding.samples:
            sample = merged((sample, *sounding.samples))
        size = sample.size_bytes
        wasted = brought.wasted_bytes
        if given_up:
            wasted += sum(abandoned.size_bytes for abandoned in given_up)
        return Arrived(media, decision, sample, size, brought.edge, brought.attempts, wasted, given_up)

    async def _video_segment(self, index: int, decision: Decision, situation: Situation) -> Brought:
        segment = self._video.renditions[decision.rung].segments[index]
        if segment.init is not None:
            await self.init(segment)
        request = request_for(segment, SEGMENT_LIMIT_BYTES)
        if situation.give_up is None or decision.rung == 0:
            return await self._wire.bring(request)
        self._watch = Watch(decision, situation, situation.give_up, segment.duration_s)
        try:
            return await self._wire.bring(request, self._watch)
        finally:
            self._watch = None

    def look_again(self) -> None:
        """The viewer has changed what is played, or how: a transfer that could not be late may be so now."""
        if self._watch is not None and self._watch.look_again is not None:
            self._watch.look_again()

    def audio_keys(self, index: int) -> list[tuple[str, int]]:
        """Where the shelf holds the audio beside chunk `index`."""
        rendition = self.audio_rendition
        grid = self._video.renditions[0].segments[index]
        return [(rendition.id, s.index) for s in overlapping(rendition, grid.start_s, grid.end_s)] if rendition else []

    async def audio_beside(self, index: int) -> _Sound:
        """The audio segments that sound with chunk `index`; those already here are not fetched again."""
        rendition = self.audio_rendition
        if rendition is None:
            return _SILENT
        await self.init(rendition)
        bodies, samples = [], []
        for key in self.audio_keys(index):
            if key not in self._shelf.audio:
                brought = await self._wire.bring(request_for(rendition.segments[key[1]], SEGMENT_LIMIT_BYTES))
                self._shelf.audio[key] = brought.fetched.body
                samples.append(brought.fetched.sample)
            bodies.append(self._shelf.audio[key])
        return _Sound(tuple(bodies), tuple(samples))


@value
class _Sound:
    bodies: tuple[bytes, ...]
    samples: tuple[ThroughputSample, ...]


_SILENT = _Sound((), ())
