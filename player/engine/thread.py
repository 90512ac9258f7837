"""A session on a thread and an event loop of its own: a busy window must not bend its throughput samples."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any, Protocol

from player.engine.errors import SessionError
from player.engine.remote import Listener
from player.engine.session import Session
from player.engine.snapshot import Problem, Snapshot, Status
from player.telemetry.record import ChunkRecord
from player.telemetry.report import SessionLog, report

log = logging.getLogger(__name__)


class Staged(Protocol):
    """A session and what must be closed after it."""

    @property
    def session(self) -> Session: ...

    async def aclose(self) -> None: ...


Build = Callable[[Callable[[Snapshot], None]], Awaitable[Staged]]
"""Makes the session on the engine's loop (sockets belong to a loop); raises `SessionError` when it can't."""


class EngineThread:
    """The `Remote` of one session. `start` returns at once; what happens is told by snapshots."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._listeners: list[Listener] = []
        self._latest = Snapshot()
        self._session: Session | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._waiting: list[Callable[[Session], None]] = []
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> EngineThread:
        self._thread.start()
        return self

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the session's end; False when it has not come by then."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ---- what a window does

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def seek(self, position_s: float) -> None:
        self._do(lambda session: session.viewer.seek(position_s))

    def set_paused(self, paused: bool) -> None:
        self._do(lambda session: session.viewer.set_paused(paused))

    def set_speed(self, speed: float) -> None:
        self._do(lambda session: session.viewer.set_speed(speed))

    def set_audio_delay(self, delay_s: float) -> None:
        self._do(lambda session: session.viewer.set_audio_delay(delay_s))

    def fix_rung(self, rung: int | None) -> None:
        self._do(lambda session: session.viewer.fix_rung(rung))

    def cap_rung(self, rung: int | None) -> None:
        self._do(lambda session: session.viewer.cap_rung(rung))

    def choose_audio(self, track_id: str) -> None:
        self._do(lambda session: session.viewer.choose_audio(track_id))

    def choose_subtitles(self, track_id: str | None) -> None:
        self._do(lambda session: session.viewer.choose_subtitles(track_id))

    def snapshot(self) -> Snapshot:
        return self._latest

    def report(self) -> dict[str, Any]:
        return report(self._session.log, version("evenflow")) if self._session else {}

    @property
    def log(self) -> SessionLog | None:
        """What was written down so far; None before there is a session."""
        return self._session.log if self._session else None

    def chunks_since(self, count: int) -> list[ChunkRecord]:
        """The chunks that came after the first `count`."""
        return self._session.log.chunks_since(count) if self._session else []

    def close(self, timeout_s: float = 5.0) -> None:
        self._closing.set()
        self._do(lambda session: session.stop("closed"))
        loop = self._loop
        if loop is not None and self._session is None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._give_up_building)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    # ---- the thread

    def _do(self, act: Callable[[Session], None]) -> None:
        """On the engine's loop: now, or as soon as there is a session. After the end it is too late, and no harm."""
        with self._guard:
            if self._session is None:
                self._waiting.append(act)
                return
            session, loop = self._session, self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(act, session)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:
            # The last line of defence: a window must hear of a broken engine, whatever broke.
            log.exception("the engine stopped")
            self._publish(_failed("The player stopped because of an error of its own.", "The log has the details."))

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._building = asyncio.ensure_future(self._build(self._publish))
        if self._closing.is_set():
            self._building.cancel()
        try:
            staged = await self._building
        except asyncio.CancelledError:
            self._publish(Snapshot(status=Status.CLOSED))
            return
        except SessionError as error:
            self._publish(_failed(error.message, error.advice, error.code))
            return
        try:
            with self._guard:
                self._session = staged.session
                waiting, self._waiting = self._waiting, []
            for act in waiting:
                self._loop.call_soon(act, staged.session)
            await staged.session.run()
        finally:
            await staged.aclose()

    def _give_up_building(self) -> None:
        if not self._building.done():
            self._building.cancel()

    def _publish(self, snapshot: Snapshot) -> None:
        self._latest = snapshot
        for listener in tuple(self._listeners):
            listener(snapshot)


def _failed(message: str, advice: str, code: str = "internal") -> Snapshot:
    return Snapshot(status=Status.FAILED, problem=Problem(code, message, advice, fatal=True))
