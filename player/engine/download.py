"""One chunk, brought: the video segment at the chosen rung, given up when it won't make it, and the audio beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from abr.abandonment import Rule
from abr.model import Decision, Ladder, Progress, ThroughputSample
from player.engine import teller
from player.engine.corners import merged
from player.engine.shelf import Shelf, overlapping
from player.engine.wire import Brought, Wire
from player.fetch.transport import Purpose, Request
from player.output.sink import ChunkMedia
from player.presentation.model import Rendition, Resource, Segment, Track
from player.steering.pathway import Edge
from player.telemetry.cmcd import ObjectType

SEGMENT_LIMIT_BYTES = 64 * 2**20
INIT_LIMIT_BYTES = 2**20


@dataclass(frozen=True, slots=True)
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


class _Abandoned(Exception):
    def __init__(self, decision: Decision, sample: ThroughputSample) -> None:
        super().__init__(decision.reason.text)
        self.decision = decision
        self.sample = sample


def request_for(piece: Segment | Resource, limit_bytes: int, purpose: Purpose | None = None) -> Request:
    """The request that brings a segment or an initialisation section."""
    if piece.byte_range is None:
        return Request(piece.uri, limit_bytes=limit_bytes, purpose=purpose)
    part = piece.byte_range
    return Request(piece.uri, part.offset_bytes, part.length_bytes, limit_bytes=limit_bytes, purpose=purpose)


@dataclass(frozen=True, slots=True)
class Situation:
    """What abandonment needs to know while a chunk is in flight."""

    outlook: Callable[[], tuple[float, bool]]
    """Seconds of buffer, and whether it is being used up."""
    sizes_bytes: tuple[int, ...]
    ladder: Ladder
    give_up: Rule | None
    """When to give the chunk up; None: never."""


class Downloader:
    """Brings chunks of one presentation; `audio` may be changed between chunks."""

    def __init__(self, wire: Wire, shelf: Shelf, video: Track, audio: Track | None) -> None:
        self._wire = wire
        self._shelf = shelf
        self._video = video
        self.audio = audio
        self.top_bps: Callable[[], int] | None = None
        """The highest bit rate that may be chosen now, for whoever tells the servers."""

    @property
    def audio_rendition(self) -> Rendition | None:
        return self.audio.renditions[0] if self.audio else None

    async def init(self, rendition: Rendition) -> bytes:
        """The initialisation section of a rendition; empty when it has none."""
        if rendition.init is None:
            return b""
        if rendition.id not in self._shelf.inits:
            purpose = teller.section(rendition, rendition.init)
            brought = await self._wire.bring(request_for(rendition.init, INIT_LIMIT_BYTES, purpose))
            self._shelf.inits[rendition.id] = brought.fetched.body
        return self._shelf.inits[rendition.id]

    async def chunk(self, index: int, decision: Decision, situation: Situation) -> Arrived:
        """Chunk `index` as decided, or at a lower rung when the first choice was given up on the way."""
        given_up: list[ThroughputSample] = []
        while True:
            try:
                brought, sounding = await self._together(index, decision, situation)
            except _Abandoned as abandoned:
                given_up.append(abandoned.sample)
                decision = abandoned.decision
                situation = Situation(situation.outlook, situation.sizes_bytes, situation.ladder, None)
                continue
            return await self._arrived(index, decision, brought, sounding, tuple(given_up))

    async def _together(self, index: int, decision: Decision, situation: Situation) -> tuple[Brought, _Sound]:
        """The video segment and the audio beside it, at once."""
        if self.audio is None:
            return await self._video_segment(index, decision, situation), _Sound((), ())
        video = asyncio.ensure_future(self._video_segment(index, decision, situation))
        audio = asyncio.ensure_future(self.audio_beside(index))
        try:
            return await asyncio.gather(video, audio)
        except _Abandoned:
            # The audio is wanted whatever the rung: let it come in.
            await audio
            raise
        finally:
            for task in (video, audio):
                task.cancel()

    async def _arrived(
        self, index: int, decision: Decision, brought: Brought, sounding: _Sound, given_up: tuple[ThroughputSample, ...]
    ) -> Arrived:
        rendition = self._video.renditions[decision.rung]
        segment = rendition.segments[index]
        media = ChunkMedia(
            index,
            segment.start_s,
            segment.end_s,
            decision.rung,
            await self.init(rendition),
            brought.fetched.body,
            await self.init(self.audio_rendition) if self.audio_rendition else None,
            sounding.bodies,
        )
        sample = merged((brought.fetched.sample, *sounding.samples))
        size = sample.size_bytes
        wasted = brought.wasted_bytes + sum(abandoned.size_bytes for abandoned in given_up)
        return Arrived(media, decision, sample, size, brought.edge, brought.attempts, wasted, given_up)

    async def _video_segment(self, index: int, decision: Decision, situation: Situation) -> Brought:
        rendition = self._video.renditions[decision.rung]
        await self.init(rendition)
        request = request_for(rendition.segments[index], SEGMENT_LIMIT_BYTES, self._purpose("v", rendition, index))
        if situation.give_up is None or decision.rung == 0:
            return await self._wire.bring(request)
        watch = _Watch(decision, situation, situation.give_up, rendition.segments[index].duration_s)
        fetch = asyncio.ensure_future(self._wire.bring(request, watch))
        watch.task = fetch
        try:
            return await fetch
        except asyncio.CancelledError:
            if watch.verdict is None:
                raise
            raise _Abandoned(watch.verdict, watch.sample) from None
        finally:
            fetch.cancel()

    def _purpose(self, kind: ObjectType, rendition: Rendition, index: int) -> Purpose | None:
        """What a segment is for; None when nobody tells the servers."""
        if self._wire.annotate is None:
            return None
        following = rendition.segments[index + 1] if index + 1 < len(rendition.segments) else None
        top_bps = self.top_bps() if kind == "v" and self.top_bps is not None else rendition.bitrate_bps or None
        return teller.piece(kind, rendition, rendition.segments[index], following, top_bps)

    def audio_keys(self, index: int) -> list[tuple[str, int]]:
        """Where the shelf holds the audio beside chunk `index`."""
        rendition = self.audio_rendition
        grid = self._video.renditions[0].segments[index]
        return [(rendition.id, s.index) for s in overlapping(rendition, grid.start_s, grid.end_s)] if rendition else []

    async def audio_beside(self, index: int) -> _Sound:
        """The audio segments that sound with chunk `index`; those already here are not fetched again."""
        rendition = self.audio_rendition
        if rendition is None:
            return _Sound((), ())
        await self.init(rendition)
        bodies, samples = [], []
        for key in self.audio_keys(index):
            if key not in self._shelf.audio:
                purpose = self._purpose("a", rendition, key[1])
                brought = await self._wire.bring(request_for(rendition.segments[key[1]], SEGMENT_LIMIT_BYTES, purpose))
                self._shelf.put_audio(key, brought.fetched.body)
                samples.append(brought.fetched.sample)
            bodies.append(self._shelf.audio[key])
        return _Sound(tuple(bodies), tuple(samples))


@dataclass(frozen=True, slots=True)
class _Sound:
    bodies: tuple[bytes, ...]
    samples: tuple[ThroughputSample, ...]


class _Watch:
    """Asks the abandonment rule after every read; on a verdict it cancels the transfer."""

    def __init__(self, decision: Decision, situation: Situation, give_up: Rule, chunk_duration_s: float) -> None:
        self._decision = decision
        self._situation = situation
        self._give_up = give_up
        self._duration_s = chunk_duration_s
        self._requested_at_s = asyncio.get_running_loop().time()
        self.task: asyncio.Future[Brought] | None = None
        self.verdict: Decision | None = None
        at_s = self._requested_at_s
        self.sample = ThroughputSample(0, at_s, at_s, at_s)

    def __call__(self, received_bytes: int, now_s: float, first_byte_at_s: float | None) -> None:
        first_at_s = now_s if first_byte_at_s is None else first_byte_at_s
        self.sample = ThroughputSample(received_bytes, self._requested_at_s, first_at_s, now_s)
        if self.verdict is not None:
            return
        buffer_s, playing = self._situation.outlook()
        self.verdict = self._give_up(
            Progress(
                now_s=now_s,
                rung=self._decision.rung,
                received_bytes=received_bytes,
                total_bytes=max(self._situation.sizes_bytes[self._decision.rung], received_bytes),
                requested_at_s=self._requested_at_s,
                first_byte_at_s=first_byte_at_s,
                buffer_s=buffer_s,
                chunk_duration_s=self._duration_s,
                ladder=self._situation.ladder,
                sizes_bytes=self._situation.sizes_bytes,
                playing=playing,
            )
        )
        if self.verdict is not None and self.task is not None:
            self.task.cancel()
