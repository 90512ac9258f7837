"""Sign-in and home, as QML sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

from player.service.model import ServiceError, SignInNeeded
from ui.bridge.rows import RowsModel
from ui.ports import Service
from ui.view_models.home import CardView, HomeView, home_view

Spawn = Callable[[Coroutine[Any, Any, None]], object]

SKELETON_AFTER_MS = 120
LOOK_AGAIN_PREPARING_MS = 2_000
LOOK_AGAIN_S = (5, 10, 20, 40)
"""How long to wait before the server is asked again by itself, after the first, second, ... failure."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A row of the page with the live model of its cards."""

    key: str
    title: str
    stills: bool
    cards: QObject


class SignInPage(QObject):
    """Name and password, and what became of them."""

    changed = Signal()
    signed_in = Signal(str)

    def __init__(self, service: Service, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._spawn = spawn
        self._busy = False
        self._error = ""

    @Slot(str, str)
    def submit(self, username: str, password: str) -> None:
        if self._busy:
            return
        if not username.strip() or not password:
            self._show(False, "Enter a name and a password.")
            return
        self._show(True, "")
        self._spawn(self._sign_in(username.strip(), password))

    async def _sign_in(self, username: str, password: str) -> None:
        try:
            profile = await self._service.login(username, password)
        except ServiceError as error:
            self._show(False, str(error))
            return
        self._show(False, "")
        self.signed_in.emit(profile.name)

    def say(self, text: str) -> None:
        """Tell why the page is shown again."""
        self._show(False, text)

    def _show(self, busy: bool, error: str) -> None:
        self._busy, self._error = busy, error
        self.changed.emit()

    busy = Property(bool, lambda self: self._busy, notify=changed)
    error = Property(str, lambda self: self._error, notify=changed)


class HomePage(QObject):
    """Hero and rows. A failed refresh keeps what is shown; a first failure shows the offline state."""

    changed = Signal()
    session_over = Signal(str)

    def __init__(self, service: Service, base_url: str, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._base_url = base_url
        self._spawn = spawn
        self._view: HomeView | None = None
        self._cards: dict[str, RowsModel] = {}
        self._shelves = RowsModel(Shelf, self)
        self._error = ""
        self._failures = 0
        self._wait_s = 0
        self._skeleton = False
        self._loading = False
        self._skeleton_timer = self._timer(self._show_skeleton, SKELETON_AFTER_MS, single=True)
        self._again_timer = self._timer(self.reload, LOOK_AGAIN_PREPARING_MS, single=True)
        self._countdown = self._timer(self._tick, 1000, single=False)

    def _timer(self, then: Callable[[], None], every_ms: int, single: bool) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(single)
        timer.setInterval(every_ms)
        timer.timeout.connect(then)
        return timer

    @Slot()
    def reload(self) -> None:
        """Ask the server for the page."""
        self.pause()
        if self._loading:
            return
        self._loading = True
        if self._view is None and not self._error:
            self._show_known()
        if self._view is None and not self._error:
            self._skeleton_timer.start()
        self._spawn(self._load())

    def _show_known(self) -> None:
        """What this viewer saw last, until the server answers."""
        known = self._service.known_home()
        if known is not None:
            self._show(home_view(known, self._base_url))
            self._again_timer.stop()

    def pause(self) -> None:
        """No asking by itself while another page is shown."""
        for timer in (self._again_timer, self._countdown):
            timer.stop()
        self._wait_s = 0
        self.changed.emit()

    async def _load(self) -> None:
        try:
            home = await self._service.home()
        except SignInNeeded as error:
            self._settle()
            self.session_over.emit(str(error))
        except ServiceError as error:
            self._settle()
            self._failed(str(error))
        except asyncio.CancelledError:
            self._settle()
            raise
        else:
            self._settle()
            self._show(home_view(home, self._base_url))

    def _settle(self) -> None:
        self._loading = False
        self._skeleton = False
        self._skeleton_timer.stop()

    def _failed(self, text: str) -> None:
        self._error = text
        self._wait_s = LOOK_AGAIN_S[min(self._failures, len(LOOK_AGAIN_S) - 1)]
        self._failures += 1
        self._countdown.start()
        self.changed.emit()

    def _tick(self) -> None:
        self._wait_s -= 1
        if self._wait_s <= 0:
            self.reload()
        self.changed.emit()

    def _show(self, view: HomeView) -> None:
        self._view, self._error, self._failures = view, "", 0
        shelves = []
        for row in view.rows:
            model = self._cards.get(row.id)
            if model is None:
                model = self._cards[row.id] = RowsModel(CardView, self)
            model.show(row.cards)
            shelves.append(Shelf(row.id, row.title, row.stills, model))
        self._shelves.show(shelves)
        if view.preparing:
            self._again_timer.start()
        self.changed.emit()

    def _show_skeleton(self) -> None:
        self._skeleton = True
        self.changed.emit()

    def resume_s(self, title_id: str) -> float | None:
        """How far this title was watched, as far as the page knows."""
        if self._view is None:
            return None
        cards = [card for row in self._view.rows for card in row.cards]
        cards += [self._view.hero] if self._view.hero else []
        return next((card.resume_s for card in cards if card.id == title_id), None)

    def forget(self) -> None:
        """Nothing of one viewer is shown to the next."""
        self.pause()
        self._view, self._error = None, ""
        self._cards.clear()
        self._shelves.show([])
        self.changed.emit()

    def _hero(self) -> dict[str, Any]:
        return asdict(self._view.hero) if self._view and self._view.hero else {}

    hero = Property("QVariantMap", _hero, notify=changed)  # type: ignore[arg-type]
    shelves = Property(QObject, lambda self: self._shelves, constant=True)
    error = Property(str, lambda self: self._error, notify=changed)
    loaded = Property(bool, lambda self: self._view is not None, notify=changed)
    empty = Property(bool, lambda self: self._view is not None and self._view.empty, notify=changed)
    skeleton = Property(bool, lambda self: self._skeleton, notify=changed)
    waitSeconds = Property(int, lambda self: self._wait_s, notify=changed)  # noqa: N815
