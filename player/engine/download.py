"""One chunk, brought: the video segment at the chosen rung, given up when it won't make it, and the audio beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from abr.model import Decision, ThroughputSample
from abr.values import value
from player.engine import teller
from player.engine.corners import merged
from player.engine.errors import ContentUnreadable
from player.engine.keys import KeyRing
from player.engine.shelf import Shelf, overlapping
from player.engine.watch import Abandoned, Situation, Watch
from player.engine.wire import Brought, Wire
from player.fetch.transport import Purpose, Request
from player.output.sink import ChunkMedia, MediaError, Origin
from player.presentation.model import Rendition, Resource, Segment, Track
from player.schedule.window import Grid
from player.steering.pathway import Edge
from player.telemetry.cmcd import ObjectType

SEGMENT_LIMIT_BYTES = 64 * 2**20
INIT_LIMIT_BYTES = 2**20
# A live title's sound may be listed a little later than its pictures; after so many looks the chunk goes without.
AUDIO_REFRESHES = 4
AUDIO_SLACK_S = 0.25


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
    damage: str = ""
    """What is wrong with its bytes, where that is known before the output looks at them."""

    @property
    def intact(self) -> ChunkMedia:
        """The media. Raises `MediaError` when it is known to be damaged."""
        if self.damage:
            raise MediaError(self.damage)
        return self.media


class SegmentGone(Exception):
    """A live title's chunk that slid out of its playlist before it was fetched."""


Refresh = Callable[[Track, Rendition], Awaitable[bool]]
"""Read a live rendition's playlist again; False when it has ended and nothing more will come."""


def request_for(piece: Segment | Resource, limit_bytes: int, purpose: Purpose | None = None) -> Request:
    """The request that brings a segment or an initialisation section."""
    if piece.byte_range is None:
        return Request(piece.uri, limit_bytes=limit_bytes, purpose=purpose)
    part = piece.byte_range
    return Request(piece.uri, part.offset_bytes, part.length_bytes, limit_bytes=limit_bytes, purpose=purpose)


def may_lack(video: Track) -> bool:
    """Whether some rung may be without some chunk: it has a gap, or began later than the title did."""
    return any(r.first_index > 0 or any(s.gap for s in r.segments) for r in video.renditions)


class Downloader:
    """Brings chunks of one presentation, decrypted; `audio` may be changed between chunks.

    `grid` says when each chunk plays. `refresh` brings a live title's playlists up to date when a segment is not
    listed yet in the one that is known.
    """

    def __init__(self, wire: Wire, shelf: Shelf, video: Track, audio: Track | None, grid: Grid) -> None:
        self._wire = wire
        self._shelf = shelf
        self._video = video
        self.audio = audio
        self._grid = grid
        self._may_lack = may_lack(video)
        self.refresh: Refresh | None = None
        self._keys = KeyRing(wire)
        self._watch: Watch | None = None
        self.top_bps: Callable[[], int] | None = None
        """The highest bit rate that may be chosen now, for whoever tells the servers."""

    def follow(self, video: Track, audio: Track | None, grid: Grid) -> None:
        """The title as it is known now (live)."""
        self._video, self.audio, self._grid = video, audio, grid
        self._may_lack = may_lack(video)

    @property
    def audio_rendition(self) -> Rendition | None:
        """What is fetched beside the video; None when there is no sound, or it is inside the video segments."""
        return self.audio.renditions[0] if self.audio and self.audio.renditions else None

    async def init(self, piece: Rendition | Segment) -> bytes:
        """The initialisation section of a segment, or of a rendition's first one; empty when it has none."""
        if piece.init is None:
            return b""
        if piece.init not in self._shelf.inits:
            brought = await self._wire.bring(request_for(piece.init, INIT_LIMIT_BYTES, teller.section(piece)))
            key, body = piece.init.key, brought.fetched.body
            if key is not None:
                body = await self._keys.open(body, key, key.iv or bytes(16))
            self._shelf.put_init(piece.init, body)
        return self._shelf.inits[piece.init]

    async def whole(self, segment: Segment, limit_bytes: int) -> bytes:
        """A segment of whatever kind, decrypted. Raises `ContentUnreadable` when it does not decrypt."""
        brought = await self._wire.bring(request_for(segment, limit_bytes, teller.CAPTIONS))
        try:
            return await self._opened(segment, brought.fetched.body)
        except MediaError as error:
            raise ContentUnreadable(f"{error}.", "Choose another track.") from error

    def rungs_with(self, index: int) -> list[int] | None:
        """The rungs that have chunk `index`, ascending, where others have a gap (EXT-X-GAP) or have let it slide
        out of their window; None when none of them is known to lack it, or all have let it go."""
        if not self._may_lack:
            return None
        renditions = self._video.renditions
        found = [rendition.segment(index) for rendition in renditions]
        gone = [s is None and index < r.first_index for s, r in zip(found, renditions, strict=True)]
        lacking = [left or (s is not None and s.gap) for s, left in zip(found, gone, strict=True)]
        if not any(lacking) or all(gone):
            return None
        return [rung for rung, lacks in enumerate(lacking) if not lacks]

    async def _segment(self, track: Track, rung: int, index: int) -> Segment:
        """The segment, once its playlist lists it. Raises `SegmentGone`."""
        while True:
            # `track` as it was when asked for; what is known now is with this downloader.
            rendition = self._video.renditions[rung]
            segment = rendition.segment(index)
            if segment is not None:
                return segment
            more = index >= rendition.end_index and self.refresh is not None and rendition.live
            if not more or self.refresh is None or not await self.refresh(track, rendition):
                raise SegmentGone(f"chunk {index} is no longer listed")

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
        segment = await self._segment(self._video, decision.rung, index)
        start_s, end_s = self._grid.start_s(index), self._grid.ends_s[index]
        damage, body, init = "", brought.fetched.body, b""
        try:
            body, init = await self._opened(segment, body), await self.init(segment)
        except MediaError as error:
            damage = str(error)
        media = ChunkMedia(
            index,
            start_s,
            end_s,
            decision.rung,
            init,
            body,
            sounding.init,
            sounding.bodies,
            _origin(segment, start_s, init),
            sounding.origins,
        )
        sample = brought.fetched.sample
        if sounding.samples:
            sample = merged((sample, *sounding.samples))
        size = sample.size_bytes
        wasted = brought.wasted_bytes
        if given_up:
            wasted += sum(abandoned.size_bytes for abandoned in given_up)
        return Arrived(
            media, decision, sample, size, brought.edge, brought.attempts, wasted, given_up, damage or sounding.damage
        )

    async def _opened(self, segment: Segment, body: bytes) -> bytes:
        return body if segment.key is None else await self._keys.open(body, segment.key, segment.iv)

    async def _video_segment(self, index: int, decision: Decision, situation: Situation) -> Brought:
        segment = await self._segment(self._video, decision.rung, index)
        request = request_for(segment, SEGMENT_LIMIT_BYTES, self._purpose("v", self._video, decision.rung, segment))
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

    def _audio_segments(self, index: int) -> tuple[Segment, ...]:
        rendition = self.audio_rendition
        if rendition is None:
            return ()
        found = overlapping(rendition, self._grid.start_s(index), self._grid.ends_s[index])
        return tuple(segment for segment in found if not segment.gap)

    def _audio_request(self, segment: Segment) -> Request:
        return request_for(segment, SEGMENT_LIMIT_BYTES, self._purpose("a", self.audio, 0, segment))

    def _purpose(self, kind: ObjectType, track: Track | None, rung: int, segment: Segment) -> Purpose | None:
        """What a segment is for; None when nobody tells the servers."""
        if self._wire.annotate is None or track is None:
            return None
        rendition = track.renditions[rung]
        top_bps = self.top_bps() if kind == "v" and self.top_bps is not None else rendition.bitrate_bps or None
        return teller.piece(kind, rendition, segment, rendition.segment(segment.index + 1), top_bps)

    def audio_keys(self, index: int) -> list[tuple[str, int]]:
        """Where the shelf holds the audio beside chunk `index`."""
        rendition = self.audio_rendition
        return [(rendition.id, s.index) for s in self._audio_segments(index)] if rendition else []

    async def audio_beside(self, index: int) -> _Sound:
        """The audio segments that sound with chunk `index`; those already here are not fetched again."""
        await self._audio_listed(index)
        rendition = self.audio_rendition
        if rendition is None:
            return _SILENT
        found: list[tuple[bytes, Origin]] = []
        samples: list[ThroughputSample] = []
        try:
            for segment in self._audio_segments(index):
                key = (rendition.id, segment.index)
                if key not in self._shelf.audio:
                    brought = await self._wire.bring(self._audio_request(segment))
                    samples.append(brought.fetched.sample)
                    self._shelf.put_audio(key, await self._opened(segment, brought.fetched.body))
                found.append((self._shelf.audio[key], _origin(segment, segment.start_s, await self.init(segment))))
        except MediaError as error:
            return _Sound(samples=tuple(samples), damage=f"its sound: {error}")
        init = found[0][1].init if found else await self.init(rendition)
        return _Sound(tuple(b for b, _ in found), tuple(samples), init, tuple(o for _, o in found))

    async def _audio_listed(self, index: int) -> None:
        """Until the sound's playlist reaches the chunk's end, as far as more of it is to come."""
        for _ in range(AUDIO_REFRESHES):
            rendition = self.audio_rendition
            reached = rendition is None or rendition.duration_s >= self._grid.ends_s[index] - AUDIO_SLACK_S
            if reached or rendition is None or self.refresh is None or self.audio is None or not rendition.live:
                return
            if not await self.refresh(self.audio, rendition):
                return


@value
class _Sound:
    bodies: tuple[bytes, ...] = ()
    samples: tuple[ThroughputSample, ...] = ()
    init: bytes | None = None
    origins: tuple[Origin, ...] = ()
    damage: str = ""


def _origin(segment: Segment, start_s: float, init: bytes) -> Origin:
    return Origin(start_s, segment.discontinuity_sequence, segment.media_offset_s, init)


_SILENT = _Sound()
