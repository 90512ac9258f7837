"""Subtitles while a title plays: the segments around the playhead, fetched, joined, and handed to the output."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from player.engine.errors import ContentUnreadable
from player.output.sink import SubtitleFile
from player.presentation.cues import Cue, CueSegment, join, read_segment
from player.presentation.model import Rendition, Segment
from player.presentation.playlist import PresentationError

if TYPE_CHECKING:
    from player.engine.session import Session

SUBTITLES_LIMIT_BYTES = 2 * 2**20
BEHIND_S, AHEAD_S = 60.0, 120.0
FEW_SEGMENTS = 8
LOOK_EVERY_S = 1.0
MOST_KEPT = 512


class Captions:
    """One subtitle track of a session. A short list of segments is fetched at once, a long one around the playhead."""

    def __init__(self, session: Session, track_id: str) -> None:
        self._session = session
        self._track_id = track_id
        self._read: dict[int, tuple[Segment, CueSegment]] = {}
        self._shown: bytes | None = None

    async def run(self) -> None:
        """Until the title needs no more of them. Raises `ContentUnreadable` when they are not WebVTT."""
        while True:
            rendition = self._rendition()
            if rendition is None:
                return
            missing = [segment for segment in self._near(rendition) if segment.index not in self._read]
            for segment in missing:
                self._read[segment.index] = segment, await self._fetch(segment)
            self._show()
            if not rendition.live and len(rendition.segments) <= FEW_SEGMENTS and self._placed:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    def _rendition(self) -> Rendition | None:
        opened = self._session.opened
        tracks = opened.presentation.subtitles if opened else ()
        track = next((t for t in tracks if t.id == self._track_id), None)
        return track.renditions[0] if track and track.renditions else None

    def _near(self, rendition: Rendition) -> list[Segment]:
        listed = [segment for segment in rendition.segments if not segment.gap]
        if len(listed) <= FEW_SEGMENTS and not rendition.live:
            return listed
        position_s = self._session.sink.state().position_s
        near = [s for s in listed if s.end_s > position_s - BEHIND_S and s.start_s < position_s + AHEAD_S]
        kept = {segment.index for segment in near}
        if len(self._read) > MOST_KEPT:
            self._read = {index: read for index, read in self._read.items() if index in kept}
        return near

    async def _fetch(self, segment: Segment) -> CueSegment:
        body = await self._session.downloader.whole(segment, SUBTITLES_LIMIT_BYTES)
        try:
            return read_segment(body, segment.uri)
        except PresentationError as error:
            raise ContentUnreadable(str(error), "Choose other subtitles.") from error

    def _shift_s(self, segment: Segment) -> float | None:
        if segment.media_offset_s is not None:
            return segment.media_offset_s
        return self._session.sink.shift_s(segment.discontinuity_sequence)

    @property
    def _placed(self) -> bool:
        """Nothing waits for the media's clock to be known."""
        return all(read.map_s is None or self._shift_s(segment) is not None for segment, read in self._read.values())

    def _show(self) -> None:
        """Hand them over, when they are others than those shown."""
        cues: list[Cue] = []
        styles: list[str] = []
        for segment, read in self._read.values():
            cues += read.placed(segment.start_s, segment.end_s, self._shift_s(segment))
            styles += read.styles
        body = join(cues, styles)
        if body == self._shown:
            return
        self._shown = body
        track = next(t for t in self._session.opened_now.presentation.subtitles if t.id == self._track_id)
        self._session.sink.show_subtitles(SubtitleFile(track.id, track.language, track.name, body))
