"""Subtitles while a title plays: the segments around the playhead, fetched, joined, and handed to the output."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from player.engine.errors import ContentUnreadable
from player.output.sink import SubtitleFile
from player.presentation.errors import PresentationError
from player.presentation.model import Rendition, Segment
from player.presentation.webvtt import joined

if TYPE_CHECKING:
    from player.engine.session import Session

SUBTITLES_LIMIT_BYTES = 2 * 2**20
BEHIND_S, AHEAD_S = 60.0, 120.0
FEW_SEGMENTS = 8
LOOK_EVERY_S = 1.0


class Captions:
    """One subtitle track of a session. A short list of segments is fetched at once, a long one around the playhead.

    Their times are those of the media's clock (X-TIMESTAMP-MAP), which is known once chunks have come: until then they
    are taken to be the title's, and shown again when it is known better.
    """

    def __init__(self, session: Session, track_id: str) -> None:
        self._session = session
        self._track_id = track_id
        self._parts: dict[int, tuple[Segment, bytes]] = {}
        self._shown: tuple[object, ...] = ()

    async def run(self) -> None:
        """Until the title needs no more of them. Raises `ContentUnreadable` when they are not WebVTT."""
        while (rendition := self._rendition()) is not None:
            near = self._near(rendition)
            self._parts = {s.index: self._parts[s.index] for s in near if s.index in self._parts}
            for segment in near:
                if segment.index not in self._parts:
                    body = await self._session.downloader.whole(segment, SUBTITLES_LIMIT_BYTES)
                    self._parts[segment.index] = segment, body
            self._show()
            await asyncio.sleep(LOOK_EVERY_S)

    def _rendition(self) -> Rendition | None:
        opened = self._session.opened
        tracks = opened.presentation.subtitles if opened else ()
        track = next((t for t in tracks if t.id == self._track_id), None)
        return track.renditions[0] if track and track.renditions else None

    def _near(self, rendition: Rendition) -> list[Segment]:
        listed = [segment for segment in rendition.segments if not segment.gap]
        if len(listed) <= FEW_SEGMENTS:
            return listed
        position_s = self._session.sink.state().position_s
        return [s for s in listed if s.end_s > position_s - BEHIND_S and s.start_s < position_s + AHEAD_S]

    def _origins_s(self) -> dict[int, float]:
        """For each discontinuity sequence, the time of its clock at the title's zero, as far as it is known."""
        shifts = {s.discontinuity_sequence: self._shift_s(s) for s, _ in self._parts.values()}
        return {number: -shift_s for number, shift_s in shifts.items() if shift_s is not None}

    def _shift_s(self, segment: Segment) -> float | None:
        if segment.media_offset_s is not None:
            return segment.media_offset_s
        return self._session.sink.shift_s(segment.discontinuity_sequence)

    def _show(self) -> None:
        """Hand them over, when they are others than those shown."""
        origins_s = {number: round(origin_s, 3) for number, origin_s in self._origins_s().items()}
        now = (tuple(self._parts), tuple(sorted(origins_s.items())))
        if now == self._shown:
            return
        try:
            body = joined([self._parts[index] for index in sorted(self._parts)], origins_s)
        except PresentationError as error:
            raise ContentUnreadable(str(error), "Choose other subtitles.") from error
        self._shown = now
        track = next(t for t in self._session.opened_now.presentation.subtitles if t.id == self._track_id)
        self._session.sink.show_subtitles(SubtitleFile(track.id, track.language, track.name, body))
