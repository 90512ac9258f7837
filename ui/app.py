"""Runs the window: `run(...)` opens it, plays what was asked for, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ui.machine import MachineMissing, check_window
from ui.ports import PlaybackStarter, RendererFactory, Service

__all__ = ["Driver", "MachineMissing", "run"]

Driver = Callable[[Any, Any], Coroutine[Any, Any, None]]
"""Uses the window by program, from inside its loop: `(shell, window)`. For tests of the real thing."""

GRAB_BEFORE_END_S = 0.5
PICTURE_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


def run(
    *,
    gateway_url: str,
    starter: PlaybackStarter,
    make_renderer: RendererFactory | None,
    service: Service,
    title_id: str | None = None,
    seconds: float | None = None,
    screenshot: Path | None = None,
    auto_sign_in: tuple[str, str] | None = None,
    stats: bool = False,
    pictures: Path | None = None,
    drive: Driver | None = None,
) -> int:
    """Open the window and stay until it is closed. Returns an exit code.

    `auto_sign_in` skips the first page; `title_id` then plays at once. With `seconds` the window closes by itself when
    the film has played for so long (or never began), and `screenshot` keeps what it showed at the end.
    `stats` shows the statistics from the start; `pictures` is the folder that keeps posters between starts; `drive`
    uses the window by program. Without `make_renderer` no picture is drawn.
    Raises `MachineMissing` when this machine cannot show a window.
    """
    check_window()
    import qasync

    from ui.collector import QtThreadCollector
    from ui.window import prepare_qt, require_opengl

    app = prepare_qt(sys.argv[:1], opengl=make_renderer is not None)
    if make_renderer is not None:
        require_opengl()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    try:
        with QtThreadCollector():
            # The session has no name here: nothing may hold its Qt objects when the collector closes.
            return int(
                loop.run_until_complete(
                    _Session(gateway_url, service, starter, make_renderer, stats, pictures, drive).main(
                        title_id, seconds, screenshot, auto_sign_in
                    )
                )
            )
    finally:
        loop.close()
        asyncio.set_event_loop(None)


class _Session:
    """One window from opening to closing."""

    def __init__(
        self,
        gateway_url: str,
        service: Service,
        starter: PlaybackStarter,
        make_renderer: RendererFactory | None,
        stats: bool,
        pictures: Path | None,
        drive: Driver | None,
    ) -> None:
        self._stats, self._pictures, self._drive = stats, pictures, drive
        self._gateway_url, self._service, self._starter = gateway_url, service, starter
        self._make_renderer = make_renderer
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._failure: BaseException | None = None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
            self._closing.set()

    async def main(
        self, title_id: str | None, seconds: float | None, screenshot: Path | None, account: tuple[str, str] | None
    ) -> int:
        from ui.bridge.shell import Shell
        from ui.window import CloseGuard, NoStage, VideoStage, Window

        shell = Shell(self._service, self._starter, self._gateway_url, self._spawn)
        window = Window(shell, self._pictures)
        stage = VideoStage(window, self._make_renderer) if self._make_renderer else NoStage()
        shell.player_page.use_stage(stage)
        if self._stats:
            shell.player_page.open_stats()
        shell.quit_asked.connect(self._closing.set)
        # Closing the window waits for the engine; the scene is destroyed after it, not by the click.
        guard = CloseGuard(self._closing.set)
        window.view.installEventFilter(guard)
        window.show()
        shell.play_first(title_id)
        if account is not None:
            shell.property("signIn").submit(*account)
        if self._drive is not None:
            self._spawn(self._drive(shell, window))
        try:
            await self._stay(
                seconds, screenshot, window.grab, shell.player_page.has_picture if title_id else lambda: True
            )
        finally:
            await shell.close()
            await self._finish_tasks()
            await self._service.aclose()
            window.view.removeEventFilter(guard)
            window.close()
        if self._failure is not None:
            raise self._failure
        return 0

    async def _stay(
        self, seconds: float | None, screenshot: Path | None, grab: Callable[[], Any], playing: Callable[[], bool]
    ) -> None:
        if seconds is None:
            await self._closing.wait()
        else:
            await self._closed_within(PICTURE_WITHIN_S, playing)
            await self._closed_within(max(0.0, seconds - GRAB_BEFORE_END_S), lambda: False)
        if screenshot is not None:
            screenshot.parent.mkdir(parents=True, exist_ok=True)
            if not grab().save(str(screenshot)):
                raise OSError(f"The screenshot cannot be written to {screenshot}.")

    async def _closed_within(self, wait_s: float, enough: Callable[[], bool]) -> None:
        """Until the window is closed, `enough` says so, or the time is over."""
        deadline_s = asyncio.get_running_loop().time() + wait_s
        while not self._closing.is_set() and not enough():
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, LOOK_EVERY_S)):
                    await self._closing.wait()

    async def _finish_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
