"""The real pages on Qt's offscreen platform, drawn in software, around a service and a player in memory."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")
sys.path.insert(0, str(Path(__file__).parent))

import pytest

pytest.importorskip("PySide6.QtQuick", reason="Qt is not installed (extra: gui)", exc_type=ImportError)

import qasync
from PySide6.QtCore import Qt
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest
from window_fakes import FakeRemote, FakeService, FakeStarter

from ui.bridge.shell import Shell
from ui.collector import QtThreadCollector
from ui.window import NoStage, Window, find_item, prepare_qt


class Stand:
    """The window under test, and hands to use it."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.service, self.starter = FakeService(), FakeStarter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.shell = Shell(self.service, self.starter, "http://127.0.0.1:8780", self._spawn)
        self.shell.player_page.use_stage(NoStage())
        self.window = Window(self.shell)
        self.window.show()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def until(self, holds: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Let the window live until this holds."""

        async def wait() -> None:
            async with asyncio.timeout(timeout_s):
                while not holds():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)

        self.loop.run_until_complete(wait())

    def for_s(self, seconds: float) -> None:
        """Let the window live for so long."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        # From inside the loop: QTest lets the window live for a moment, and tasks may go on in it.
        self.loop.call_soon(QTest.keyClick, self.window.view, key, modifier)
        self.for_s(0.02)

    def item(self, name: str) -> QQuickItem:
        found = find_item(self.window.view.contentItem(), name)
        assert found is not None, f"there is no {name}"
        return found

    def click(self, name: str) -> None:
        item = self.item(name)
        middle = item.mapToScene(item.boundingRect().center()).toPoint()
        view, none = self.window.view, Qt.KeyboardModifier.NoModifier
        self.loop.call_soon(QTest.mouseClick, view, Qt.MouseButton.LeftButton, none, middle)
        self.for_s(0.02)

    @property
    def page(self) -> str:
        return str(self.shell.property("page"))

    @property
    def state(self) -> dict[str, Any]:
        return dict(self.shell.player_page.property("state"))

    @property
    def remote(self) -> FakeRemote:
        return self.starter.remotes[-1]

    @property
    def focused(self) -> str:
        item = self.window.view.activeFocusItem()
        return item.objectName() if item is not None else ""

    def sign_in(self) -> None:
        self.shell.property("signIn").submit("demo", "evenflow")
        self.until(lambda: self.page == "home" and self.shell.property("home").property("loaded"))

    def play(self, title_id: str = "lantern-river", start_at_s: float = -1.0) -> None:
        self.sign_in()
        self.shell.play(title_id, start_at_s)
        self.until(lambda: self.starter.remotes and self.state["status"] == "playing")

    def close(self) -> None:
        self.loop.run_until_complete(self.shell.close())
        for task in list(self._tasks):
            task.cancel()
        self.for_s(0.01)
        self.window.close()


@pytest.fixture(scope="session")
def qt_loop() -> Iterator[Any]:
    loop = qasync.QEventLoop(prepare_qt(["evenflow"], opengl=False), set_running_loop=False)
    yield loop
    loop.close()


@pytest.fixture
def stand(qt_loop: Any) -> Iterator[Stand]:
    with QtThreadCollector():
        built = Stand(qt_loop)
        warnings = built.window.warnings
        try:
            yield built
        finally:
            built.close()
            # pytest holds the stand for longer, and its Qt objects must go while this thread collects.
            built.__dict__.clear()
    assert warnings == []
