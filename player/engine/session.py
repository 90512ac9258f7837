"""The engine: manifest, steering, chunk, decision, fetch, output. One session of one title, on one event loop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from dataclasses import replace

from abr.checked import ControllerFailed
from abr.controller import Controller
from abr.model import Decision, ThroughputSample
from player.engine import gaps, ledger, lookout, opening
from player.engine.corners import elsewhere, end_all, fixed_by_viewer, keep, post, situation, top_allowed_bps
from player.engine.download import Arrived, Downloader, SegmentGone
from player.engine.errors import ENDING, ContentUnreadable, SessionError, session_error
from player.engine.guide import Guide
from player.engine.hints import talk
from player.engine.improve import improve
from player.engine.live import Live
from player.engine.observing import observe
from player.engine.settings import EngineSettings
from player.engine.shelf import Shelf
from player.engine.snapshot import Problem, Snapshot, Status
from player.engine.source import Source
from player.engine.view import snapshot
from player.engine.viewer import Viewer
from player.engine.watch import Situation
from player.engine.wire import Wire
from player.fetch.transport import Transport
from player.output.sink import MediaError, Sink, SinkState
from player.schedule.window import Reach, delay_until_room_s
from player.steering.pathway import Edge
from player.telemetry.record import ProblemRecord, Stall
from player.telemetry.report import SessionLog

KEEP_EVERY_S = 5.0
SHORTEST_REST_S = 0.05  # at a title's end, for an output that is late


class Session:
    """Plays `source` through `sink`; what the viewer does to it is in `viewer`."""

    def __init__(
        self,
        source: Source,
        transport: Transport,
        controller: Controller,
        sink: Sink,
        settings: EngineSettings,
        log: SessionLog,
        on_snapshot: Callable[[Snapshot], None] | None = None,
    ) -> None:
        self.source = source
        self.sink = sink
        self.settings = settings
        self.log = log
        self.controller = controller
        self.wire = Wire(transport, opening.first_steering(source), self._tell, settings.give_up_s, log.session_id)
        self.wire.renew = self._renew if source.renew else None
        self.hints = talk(self)
        self._on_snapshot = on_snapshot
        self.shelf = Shelf()
        self.opened: opening.Opened | None = None
        self.problem: Problem | None = None
        self.status_over: Status | None = None
        self.decision: Decision | None = None
        self.edge: Edge | None = None
        self.fixed_rung = settings.fixed_rung
        self.rung_cap = settings.rung_cap
        self.speed = settings.speed
        self.audio_delay_s = settings.audio_delay_s
        self.paused = False
        self.audio_id: str | None = None
        self.subtitles_id: str | None = None
        self.fetching: int | None = None
        self.reach = Reach(0)
        self.kept_window: tuple[int, int] | None = None
        self.samples: tuple[ThroughputSample, ...] = ()
        self._fetch: asyncio.Future[Arrived] | None = None
        self.wake = asyncio.Event()
        self._over = False
        self._buffered: tuple[SinkState | None, float] = (None, 0.0)
        self.began_s = 0.0
        self.last_position_s = settings.start_at_s
        self.kept_at_s = 0.0
        self.viewer = Viewer(self)
        self.live: Live | None = None
        self._jobs: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Play to the end, to `stop_after_s`, to `stop`, or to the first error that can't be recovered from."""
        self._loop = asyncio.get_running_loop()
        self.began_s = self._loop.time()
        helpers: list[asyncio.Task[None]] = [self._loop.create_task(self._tick())]
        try:
            await self._open()
            if self.opened is not None:
                helpers.append(self._loop.create_task(Guide(self.wire, self.source, self.opened).run()))
                if opening.goes_on(self.opened.presentation):
                    self.live = Live(self)
                    helpers.append(self._loop.create_task(self.live.run()))
                await self._feed()
        except ENDING as error:
            self._fail(session_error(error))
        finally:
            await end_all((*helpers, *self._jobs))
            await self._finish()

    @property
    def opened_now(self) -> opening.Opened:
        assert self.opened is not None, "the title is not open yet"
        return self.opened

    def stop(self, why: str = "stopped") -> None:
        """End the session; `run` returns soon."""
        if not self._over:
            self.log.ended = self.log.ended or why
        self._over = True
        self.cancel_fetch()
        self.wake.set()

    async def _open(self) -> None:
        opening_task = asyncio.ensure_future(self._prepare())
        stopping = asyncio.ensure_future(self._stopped())
        try:
            await asyncio.wait({opening_task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if opening_task.done():
                opening_task.result()
        finally:
            await end_all((opening_task, stopping))

    async def _stopped(self) -> None:
        while not self._over:
            await self._rest(None)
            self.wake.clear()

    async def _prepare(self) -> None:
        presentation = await opening.load(self.source, self.wire)
        self.wire.steering = opening.steering_of(presentation, self.source)
        opened = opening.Opened.of(presentation, self.settings)
        self.attach(opened)
        await self.open_sink(opened, opening.start_at_s(opened, self.settings.start_at_s))
        self.opened = opened
        if self.settings.subtitle_language:
            track = opening.chosen(presentation.subtitles, self.settings.subtitle_language)
            self.viewer.choose_subtitles(track.id if track else None)

    def attach(self, opened: opening.Opened) -> None:
        """What is fetched from now on is of this title."""
        self.log.ladder = opened.ladder
        self.downloader = Downloader(self.wire, self.shelf, opened.presentation.video, opened.audio, opened.grid)
        self.downloader.top_bps = lambda: top_allowed_bps(self)
        self.audio_id = opened.audio.id if opened.audio else None

    async def open_sink(self, opened: opening.Opened, at_s: float) -> None:
        timeline = await opening.timeline(opened, self.downloader, at_s)
        self.reach = Reach(opened.grid.at(at_s))
        self.kept_window = None
        loop = self._loop
        try:
            self.sink.open(timeline, lambda index: post(loop, self._wanted, index))
        except MediaError as error:
            raise ContentUnreadable(
                f"The film's header is damaged: {error}", "Encode it again, or try another."
            ) from error
        self.sink.set_speed(self.speed)
        self.sink.set_audio_delay(self.audio_delay_s)
        self.sink.set_paused(self.paused)

    async def _finish(self) -> None:
        self.look()
        self.status_over = self.status_over or (Status.ENDED if self.log.ended == "end" else Status.CLOSED)
        position_s = self.sink.state().position_s if self.opened else None
        self.log.stalls = self.stalls()
        self.log.bytes_fetched = self.wire.bytes_fetched
        self.log.session_s = self._loop.time() - self.began_s
        # Before the output closes and forgets where it was.
        last = snapshot(self) if self._on_snapshot is not None else None
        self.sink.close()
        if position_s is not None:
            await keep(self.source, position_s, self.opened_now.grid.duration_s)
        if self._on_snapshot is not None and last is not None:
            self._on_snapshot(last)

    def _fail(self, error: SessionError) -> None:
        self.problem = error.problem
        self.status_over = Status.FAILED
        self.log.ended = error.code
        self.record(error.problem, "")

    # ---- the sentence

    async def _feed(self) -> None:
        """Which chunk, which rung, fetch, output; until the end."""
        while not self._over:
            self.wake.clear()
            index = self._next()
            if index is None:
                self.look()  # the end is seen when it comes, not up to a tick later
            delay_s = self._delay_s(index)
            if index is None or delay_s is None or delay_s > 0:
                await self._rest(delay_s)
                continue
            decision = self._decide(index)
            if self.settings.replacement and await improve(self, index, decision):
                continue
            wait_s = self._wait_s(decision)
            # What came in between may have changed everything: then the choice is made anew.
            if wait_s > 0 and not await self._rest(wait_s):
                continue
            await self._bring(index, decision)

    def _next(self) -> int | None:
        return self.reach.first_missing(self.reach.target, self.opened_now.grid, self.sink.has)

    def _delay_s(self, index: int | None) -> float | None:
        state = self.sink.state()
        if index is not None and lookout.picture_is_due(self, state):
            return lookout.GIVE_WAY_S
        moving = not state.paused and state.started
        if index is None:
            return max(self.buffer_s(state) / self.speed, SHORTEST_REST_S) if moving else None
        chunk_s = self.opened_now.grid.length_s(index)
        delay_s = delay_until_room_s(self.buffer_s(state), chunk_s, self.settings.buffer_cap_s, self.speed, moving)
        crowded_s = lookout.crowded_s(self, index, state)
        if not crowded_s or delay_s is None:
            return delay_s
        return max(delay_s, crowded_s) if moving else None

    def _wait_s(self, decision: Decision) -> float:
        """The controller's own wait; it never empties the buffer, and where nothing plays it would wait for nothing."""
        if decision.wait_s <= 0:
            return 0.0
        state = self.sink.state()
        if state.paused or state.stalled or not state.started:
            return 0.0
        return min(decision.wait_s, self.buffer_s() / self.speed)

    async def _rest(self, delay_s: float | None) -> bool:
        """Until woken by a command, the output or the end; or for `delay_s`, and True when all of that has passed."""
        due_s = math.inf if delay_s is None else self._loop.time() + delay_s
        timer = None if delay_s is None else self._loop.call_at(due_s, self.wake.set)
        try:
            await self.wake.wait()
        finally:
            if timer is not None:
                timer.cancel()
        return self._loop.time() >= due_s - 1e-6  # a loop's timers may ring early by its clock's resolution

    def buffer_s(self, state: SinkState | None = None) -> float:
        """Media ahead of the playhead without a gap."""
        if self.opened is None:
            return 0.0
        state = state or self.sink.state()
        # An output that was looked at a moment ago answers with the same look as long as nothing has changed.
        if state is not self._buffered[0]:
            self._buffered = state, lookout.ahead_s(self, state)
        return self._buffered[1]

    def _decide(self, index: int) -> Decision:
        if self.fixed_rung is not None:
            return fixed_by_viewer(self.opened_now.ladder, self.fixed_rung)
        return self.hints.explained(self.controller.decide(observe(self, index)))

    async def carry(self, index: int, decision: Decision, about: Situation) -> Arrived | None:
        """Fetch a chunk; None when the viewer, or the output, wants something else meanwhile."""
        self.decision, self.fetching = decision, index
        self._fetch = self._loop.create_task(self.downloader.chunk(index, decision, about))
        try:
            return await self._fetch
        except asyncio.CancelledError:
            if not self._fetch.cancelled():
                self._fetch.cancel()
                raise
            return None
        except SegmentGone:
            if self.live is not None:
                self.live.follow_window()
            await self._rest(SHORTEST_REST_S)
            return None
        finally:
            self.fetching = None

    async def _bring(self, index: int, decision: Decision) -> None:
        """Fetch a chunk and give it to the output; damaged bytes are fetched again, then at another rung."""
        found = gaps.playable(self, index, decision)
        if found is None:
            return
        decision = self.decision = found
        buffer_s = self.buffer_s()
        for attempt in range(self.settings.corrupt_attempts):
            arrived = await self.carry(index, decision, situation(self, index))
            if arrived is None:
                return
            try:
                self.sink.append(arrived.intact)
            except MediaError as error:
                ledger.damaged(self, arrived, index, error)
                decision = elsewhere(decision, attempt, self.opened_now.ladder.top)
                continue
            self._remember(arrived, buffer_s, attempt)
            return
        raise ContentUnreadable(
            f"Chunk {index} is damaged at every attempt.", "The title may need to be encoded again."
        )

    def _remember(self, arrived: Arrived, buffer_s: float, attempt: int) -> None:
        ledger.remember(self, arrived, buffer_s, attempt)

    # ---- where the playhead is

    def _wanted(self, index: int) -> None:
        """The output lacks this chunk: follow it, wherever the feed was."""
        if not self.sink.has(index):
            self.aim(index)

    def aim(self, index: int) -> None:
        self.reach = Reach(index)
        if self.fetching is not None and self.fetching != self._next():
            self.cancel_fetch()
        self.wake.set()

    def end_with(self, error: SessionError | ControllerFailed) -> None:
        """End the session by an error that a helper met."""
        self._fail(session_error(error))
        self.stop()

    def cancel_fetch(self) -> None:
        if self._fetch is not None and not self._fetch.done():
            self._fetch.cancel()

    async def _tick(self) -> None:
        """Look at the output, forget what is behind, keep the resume point, show a snapshot."""
        while True:
            self.look()
            if self._on_snapshot is not None:
                self._on_snapshot(snapshot(self))
            started = self.opened is not None and self.log.startup_s is not None
            await asyncio.sleep(self.settings.snapshot_interval_s if started else 0.02)

    def look(self) -> None:
        if self.opened is None:
            return
        state = self.sink.state()
        lookout.account(self, state)
        now_s = self.now_s()
        if self.log.startup_s is None and state.started:
            self.log.startup_s = self.log.first_frame_s = round(now_s, 6)
        if state.ended and not self._over:
            self.stop("end")
        if self.settings.stop_after_s is not None and self.log.played_s >= self.settings.stop_after_s:
            self.stop("seconds")
        if not self._over and state.started and now_s - self.kept_at_s >= KEEP_EVERY_S and self.source.keep:
            self.kept_at_s = now_s
            self.spawn(keep(self.source, state.position_s, self.opened.grid.duration_s))
        gaps.leap(self, state)
        lookout.forget(self, state.position_s)

    def spawn(self, job: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return task

    # ---- what went wrong

    async def _renew(self) -> bool:
        assert self.source.renew is not None
        fresh = await self.source.renew()
        if fresh is None:
            return False
        self.wire.steering.rebase(self.source.manifest_uri, fresh)
        self.source = replace(self.source, manifest_uri=fresh)
        return True

    def _tell(self, problem: Problem, edge: Edge) -> None:
        self.problem = problem
        self.record(problem, edge.pathway_id, self.fetching)

    def record(self, problem: Problem, edge: str, chunk: int | None = None) -> None:
        self.log.add_problem(ProblemRecord(self.now_s(), problem.code, problem.message, edge, chunk))

    def stalls(self) -> tuple[Stall, ...]:
        began = self.began_s
        return tuple(Stall(s.at_s - began, s.media_s, s.duration_s) for s in getattr(self.sink, "stalls", tuple)())

    def now_s(self) -> float:
        return self._loop.time() - self.began_s
