"""What a viewer may do to a session while it plays. Called on the session's loop; everything returns at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from player.engine import lookout, opening
from player.engine.captions import Captions
from player.engine.errors import SessionError
from player.engine.settings import MOST_AUDIO_DELAY_S
from player.engine.snapshot import Problem
from player.output.sink import MediaError

if TYPE_CHECKING:
    from player.engine.session import Session

END_MARGIN_S = 0.1


class Viewer:
    """The viewer's wishes, carried out on `session`. Before the title is open they wait for it or are remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._captions: asyncio.Task[None] | None = None

    def seek(self, position_s: float) -> None:
        opened = self._session.opened
        if opened is None:
            return
        earliest_s, latest_s = self.seekable_s(opened)
        position_s = max(min(position_s, latest_s), earliest_s)
        self._session.log.seeks.append({"at_s": round(self._session.now_s(), 6), "to_s": position_s})
        self._session.last_position_s = position_s
        self._session.sink.seek(position_s)
        self._session.downloader.look_again()
        self._session.aim(opened.grid.at(position_s))

    def seekable_s(self, opened: opening.Opened) -> tuple[float, float]:
        """From where to where there is media: a live title's window slides, and its end is kept a distance from."""
        live = self._session.live
        if live is None or not opening.goes_on(opened.presentation):
            return 0.0, max(opened.grid.duration_s - END_MARGIN_S, 0.0)
        earliest_s = live.earliest_s()
        return earliest_s, max(opening.live_edge_s(opened), earliest_s)

    def set_paused(self, paused: bool) -> None:
        self._session.paused = paused
        self._session.sink.set_paused(paused)
        self._session.kept_at_s = 0.0
        self._session.wake.set()

    def set_speed(self, speed: float) -> None:
        if self._session.opened is not None:
            # What was played until now was played at the speed of until now.
            lookout.account(self._session, self._session.sink.state())
        self._session.speed = min(max(speed, 0.25), 4.0)
        self._session.sink.set_speed(self._session.speed)
        if self._session.opened is not None:
            self._session.downloader.look_again()
        self._session.wake.set()

    def set_audio_delay(self, delay_s: float) -> None:
        self._session.audio_delay_s = min(max(delay_s, -MOST_AUDIO_DELAY_S), MOST_AUDIO_DELAY_S)
        self._session.sink.set_audio_delay(self._session.audio_delay_s)

    def fix_rung(self, rung: int | None) -> None:
        self._session.fixed_rung = rung
        self._replace_ahead()

    def cap_rung(self, rung: int | None) -> None:
        self._session.rung_cap = rung
        self._replace_ahead()

    def choose_audio(self, track_id: str) -> None:
        opened = self._session.opened
        track = next((t for t in opened.presentation.audio if t.id == track_id), None) if opened else None
        if opened is not None and track is not None and track_id != self._session.audio_id:
            self._session.audio_id = track_id
            self._session.spawn(self._change_audio(opened, track.id))

    def choose_subtitles(self, track_id: str | None) -> None:
        self._session.subtitles_id = track_id
        if self._captions is not None:
            self._captions.cancel()
        self._captions = self._session.spawn(self._show_subtitles(track_id)) if track_id is not None else None
        if track_id is None:
            self._session.sink.show_subtitles(None)

    async def _change_audio(self, opened: opening.Opened, track_id: str) -> None:
        """A new load at the same place; the pictures that are here already are not fetched again."""
        self._session.downloader.audio = next(t for t in opened.presentation.audio if t.id == track_id)
        self._session.cancel_fetch()
        position_s = self._session.sink.state().position_s
        kept = self._session.shelf.take_all()
        try:
            await self._session.open_sink(opened, position_s)
            for index in sorted(k for k in kept if k >= self._session.reach.target):
                sound = await self._session.downloader.audio_beside(index)
                media = replace(kept[index], audio=sound.bodies, audio_init=sound.init, audio_origins=sound.origins)
                if not self._session.sink.has(index):
                    self._session.sink.append(media)
                    self._session.shelf.put(media)
        except (SessionError, MediaError) as error:
            self._session.record(Problem("audio", str(error), "Choose another audio track."), "")
        self._session.wake.set()

    async def _show_subtitles(self, track_id: str) -> None:
        try:
            await Captions(self._session, track_id).run()
        except SessionError as error:
            self._session.problem = replace(error.problem, fatal=False)
            self._session.record(self._session.problem, "")

    def _replace_ahead(self) -> None:
        """The viewer wants other pictures: drop what is not committed, so that the change is seen soon."""
        opened = self._session.opened
        if opened is None:
            return
        position_s = self._session.sink.state().position_s
        last = opened.grid.at(position_s + self._session.settings.committed_s * max(self._session.speed, 1.0))
        for index in [k for k in self._session.shelf.chunks if k > last]:
            self._session.log.bytes_wasted += self._session.shelf.take(index)
        self._session.sink.evict(0, last)
        self._session.cancel_fetch()
        self._session.wake.set()
