"""A title that goes on: its playlists read again, the edge followed, and what happens when it stops coming."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from player.engine import lookout, opening
from player.engine.errors import ENDING, BroadcastStalled, ContentUnreadable, NetworkGone, SessionError
from player.engine.shelf import Shelf
from player.engine.snapshot import Problem
from player.engine.teller import MANIFEST
from player.fetch.transport import Request
from player.presentation.errors import PresentationError
from player.presentation.live import Change, reload, reload_uri
from player.presentation.model import Rendition, Track

if TYPE_CHECKING:
    from player.engine.session import Session

MOST_BACKOFF_S = 30.0
SHORTEST_RELOAD_S = 0.25
NEARLY_DRY_S = 0.5  # mpv stands still with a little left in its decoders
STALLED_TARGETS = 3.0
"""A server adds a segment within 1.5 target durations (RFC 8216bis 6.2.2); after twice that, viewers are told."""


class Live:
    """Reads the playlists in use again, as often as RFC 8216bis 6.3.4 asks, until the title ends.

    In use are the rung being played, and the sound and the subtitles chosen; another rung is read when the feed
    changes to it. What is new goes to the session, its downloader and its output.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._due_s: dict[str, float] = {}
        self._failures = 0
        self._grew_at_s = self._loop.time()
        self._told_stalled = False
        self._locks: dict[str, asyncio.Lock] = {}
        session.downloader.refresh = self.refresh

    async def run(self) -> None:
        """Until nothing more is to come; what ends the session is handed to it."""
        try:
            while self._goes_on:
                await self._round()
        except ENDING as error:
            self._session.end_with(error)

    async def refresh(self, track: Track, rendition: Rendition) -> bool:
        """The rendition's playlist, read again when it may be; False when nothing more will come in it."""
        await self._sleep_until(self._due_s.get(rendition.id, 0.0))
        return await self._reload(track.id, rendition.id)

    @property
    def _goes_on(self) -> bool:
        return opening.goes_on(self._session.opened_now.presentation)

    async def _round(self) -> None:
        """Every playlist in use that is due, then a rest until the next one is."""
        now_s = self._loop.time()
        for track_id, rendition in self._in_use():
            if self._due_s.setdefault(rendition.id, now_s + self._period_s(rendition)) <= now_s:
                await self._reload(track_id, rendition.id)
        self._watch()
        due_s = min(self._due_s[rendition.id] for _, rendition in self._in_use() if rendition.id in self._due_s)
        await self._sleep_until(min(due_s, self._loop.time() + self._target_s))

    def _in_use(self) -> list[tuple[str, Rendition]]:
        session, opened = self._session, self._session.opened_now
        presentation = opened.presentation
        rung = session.decision.rung if session.decision is not None else 0
        found = [(presentation.video.id, presentation.video.renditions[rung])]
        beside = [t for t in (*presentation.audio, *presentation.subtitles) if t.renditions]
        chosen = (session.audio_id, session.subtitles_id)
        found += [(track.id, track.renditions[0]) for track in beside if track.id in chosen]
        return [(track_id, rendition) for track_id, rendition in found if rendition.live]

    async def _reload(self, track_id: str, rendition_id: str) -> bool:
        """One playlist, read again. False when nothing more will come in it."""
        async with self._locks.setdefault(rendition_id, asyncio.Lock()):
            old = self._find(track_id, rendition_id)
            if old is None or not old.live:
                return False
            began_s = self._loop.time()
            try:
                self._take(track_id, old, *await self._text(old), began_s)
            except (ContentUnreadable, PresentationError) as error:
                self._failed(old, began_s, error)
            return True

    async def _text(self, rendition: Rendition) -> tuple[str, str]:
        request = Request(
            reload_uri(rendition, block=False), limit_bytes=opening.PLAYLIST_LIMIT_BYTES, purpose=MANIFEST
        )
        brought = await self._session.wire.bring(request)
        return brought.fetched.body.decode("utf-8", "replace"), brought.fetched.uri

    def _take(self, track_id: str, old: Rendition, text: str, uri: str, began_s: float) -> None:
        reloaded = reload(old, text, uri)
        self._failures = 0
        self._due_s[old.id] = began_s + max(reloaded.reload_after_s, SHORTEST_RELOAD_S)
        if reloaded.change is Change.REPLACED:
            self._session.spawn(self._begin_anew())
        elif reloaded.change is Change.NEWER:
            self._grow(track_id, reloaded.rendition)

    def _grow(self, track_id: str, rendition: Rendition) -> None:
        session, opened = self._session, self._session.opened_now
        presentation = opened.presentation.with_rendition(track_id, rendition)
        audio = next((track for track in presentation.audio if track.id == session.audio_id), None)
        session.opened = grown = opened.grown(presentation, audio)
        session.downloader.follow(presentation.video, audio, grown.grid)
        going_on = opening.goes_on(presentation)
        if len(grown.grid) > len(opened.grid) or not going_on:
            self._grew_at_s, self._told_stalled = self._loop.time(), False
            if session.problem is not None and session.problem.code == BroadcastStalled.code:
                session.problem = None
            session.sink.extend(grown.grid.starts_s, grown.grid.duration_s, going_on)
        self.follow_window()
        session.wake.set()

    def follow_window(self) -> None:
        """When what comes next has left the playlist: play what is here, then go to where the title still is."""
        session, grid = self._session, self._session.opened_now.grid
        index = session.reach.first_missing(session.reach.target, grid, session.sink.has)
        if index is None or not self.is_lost(index) or session.buffer_s() > NEARLY_DRY_S:
            return
        at_s = session.sink.state().position_s
        to_s = max(self.earliest_s() + self._target_s, at_s)
        to_s = min(to_s, max(session.opened_now.presentation.start_at_s(), self.earliest_s()))
        message = f"What comes at {at_s:.0f} s is no longer offered; playing goes on at {to_s:.0f} s."
        session.problem = Problem("live-window", message, "A live title is kept for a while only.")
        session.record(session.problem, "")
        lookout.jump(session, to_s)

    def is_lost(self, index: int) -> bool:
        """Whether a chunk that the output lacks has slid out of every rendition's window."""
        session = self._session
        if index >= len(session.opened_now.grid) or session.sink.has(index):
            return False
        return all(index < rendition.first_index for rendition in self._fresh())

    def earliest_s(self) -> float:
        """Where the window begins."""
        opened = self._session.opened_now
        return opened.grid.start_s(max(rendition.first_index for rendition in self._fresh()))

    def _fresh(self) -> list[Rendition]:
        """The video renditions that were read last: those whose window reaches furthest."""
        renditions = self._session.opened_now.presentation.video.renditions
        end = max(rendition.end_index for rendition in renditions)
        return [rendition for rendition in renditions if rendition.end_index == end]

    def _watch(self) -> None:
        """Tell when the broadcast has stopped growing; end when that lasts, nothing is left, and nobody waits."""
        session = self._session
        silent_s = self._loop.time() - self._grew_at_s
        if silent_s <= STALLED_TARGETS * self._target_s:
            return
        error = BroadcastStalled(
            f"The broadcast has not gone on for {silent_s:.0f} s.", "It is looked for again and again; or leave it."
        )
        if not self._told_stalled:
            session.record(error.problem, "")
        self._told_stalled = True
        session.problem = Problem(error.code, error.message, error.advice)
        limit_s = session.settings.give_up_s
        if limit_s is not None and silent_s > limit_s and session.buffer_s() <= self._target_s:
            raise error

    def _failed(self, rendition: Rendition, began_s: float, error: SessionError | PresentationError) -> None:
        """A playlist that was not to be had, or is none: ask again, each time a little later."""
        self._failures += 1
        delay_s = min(self._period_s(rendition) / 2 * 2 ** min(self._failures - 1, 8), MOST_BACKOFF_S)
        self._due_s[rendition.id] = began_s + max(delay_s, SHORTEST_RELOAD_S)
        self._session.problem = Problem("live-playlist", str(error), "The playlist is asked for again.")
        if self._failures == 1:
            self._session.record(self._session.problem, "")

    async def _begin_anew(self) -> None:
        """The stream was started again under the same address: open it as if it were another title."""
        session = self._session
        try:
            presentation = await opening.load(session.source, session.wire)
            opened = opening.Opened.of(presentation, session.settings)
            session.cancel_fetch()
            session.shelf = Shelf()
            session.opened = opened
            session.attach(opened)
            session.downloader.refresh = self.refresh
            self._due_s.clear()
            await session.open_sink(opened, opening.start_at_s(opened, 0.0))
        except (ContentUnreadable, NetworkGone) as error:
            session.end_with(error)
        session.wake.set()

    def _find(self, track_id: str, rendition_id: str) -> Rendition | None:
        presentation = self._session.opened_now.presentation
        for track in (presentation.video, *presentation.audio, *presentation.subtitles):
            if track.id == track_id:
                return next((r for r in track.renditions if r.id == rendition_id), None)
        return None

    @property
    def _target_s(self) -> float:
        reloading = self._session.opened_now.presentation.video.renditions[0].reloading
        return max(reloading.target_duration_s if reloading else 0.0, 1.0)

    def _period_s(self, rendition: Rendition) -> float:
        return rendition.reloading.target_duration_s if rendition.reloading else self._target_s

    async def _sleep_until(self, at_s: float) -> None:
        await asyncio.sleep(max(at_s - self._loop.time(), 0.0))
