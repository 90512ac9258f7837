"""Search, My List and history as one page of cards, and the sheet with a title's details, as QML sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

from player.service.model import Card, ServiceError, SignInNeeded
from ui.bridge.pages import SKELETON_AFTER_MS, Spawn
from ui.bridge.rows import RowsModel
from ui.ports import Service
from ui.view_models.home import CardView, card_view, details_lines, watched_cards

SEARCH_AFTER_MS = 180
"""After the last letter; nobody reads what is found for half a word."""

_EMPTY = {
    "search": ("Nothing found", "Try fewer letters, or another word: names, genres and descriptions are searched."),
    "list": ("Nothing on your list yet", "Put a title aside with \u201cMy List\u201d in its details."),
    "history": ("Nothing watched yet", "What you have begun or seen stands here."),
}
_HEADING = {"search": "Search", "list": "My List", "history": "Watched"}


class BrowsePage(QObject):
    """One grid of cards; `section` is "search", "list" or "history"."""

    changed = Signal()
    session_over = Signal(str)

    def __init__(self, service: Service, base_url: str, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service, self._base_url, self._spawn = service, base_url, spawn
        self._cards = RowsModel(CardView, self)
        self._section, self._query, self._error = "search", "", ""
        self._loaded, self._slow = False, False
        self._asked = 0
        self._typing = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._typing.timeout.connect(self.reload)
        self._waiting = QTimer(self, singleShot=True, interval=SKELETON_AFTER_MS)
        self._waiting.timeout.connect(self._show_waiting)

    def open(self, section: str) -> None:
        """Another page: its cards come soon."""
        if section != self._section:
            self._section, self._loaded, self._error = section, False, ""
            self._cards.show([])
        self.reload()

    @Slot(str)
    def type(self, text: str) -> None:
        """What stands in the search field now."""
        self._query = text
        if not text.strip():
            self._typing.stop()
            self._asked += 1
            self._show([], loaded=False)
        else:
            self._typing.start()
        self.changed.emit()

    @Slot()
    def reload(self) -> None:
        if self._section == "search" and not self._query.strip():
            return
        self._asked += 1
        self._waiting.start()
        self._spawn(self._load(self._asked))

    @Slot(str)
    def forget(self, title_id: str) -> None:
        """Out of the history."""
        self._spawn(self._forget(title_id))

    async def _forget(self, title_id: str) -> None:
        try:
            await self._service.forget_history(title_id)
        except ServiceError as error:
            self._error = str(error)
        self.reload()

    async def _load(self, number: int) -> None:
        """Only the answer to the last question counts, in whatever order they come."""
        try:
            cards = await self._found()
        except SignInNeeded as error:
            self.session_over.emit(str(error))
        except ServiceError as error:
            if number == self._asked:
                self._waiting.stop()
                self._error = str(error)
                self.changed.emit()
        else:
            if number == self._asked:
                self._show([card_view(card, self._base_url) for card in cards], loaded=True)

    async def _found(self) -> Sequence[Card]:
        if self._section == "search":
            return await self._service.search(self._query.strip())
        if self._section == "list":
            return await self._service.my_list()
        titles, points = await asyncio.gather(self._service.titles(), self._service.history())
        return watched_cards(titles, points)

    def _show(self, cards: Sequence[CardView], *, loaded: bool) -> None:
        self._waiting.stop()
        self._loaded, self._slow, self._error = loaded, False, ""
        self._cards.show(cards)
        self.changed.emit()

    def _show_waiting(self) -> None:
        self._slow = not self._loaded
        self.changed.emit()

    def clear(self) -> None:
        """Nothing of one viewer is shown to the next."""
        self._query = ""
        self._asked += 1
        self._show([], loaded=False)

    section = Property(str, lambda self: self._section, notify=changed)
    heading = Property(str, lambda self: _HEADING[self._section], notify=changed)
    query = Property(str, lambda self: self._query, notify=changed)
    cards = Property(QObject, lambda self: self._cards, constant=True)
    error = Property(str, lambda self: self._error, notify=changed)
    waiting = Property(bool, lambda self: self._slow, notify=changed)
    empty = Property(bool, lambda self: self._loaded and not self._cards.rows, notify=changed)
    emptyHeading = Property(str, lambda self: _EMPTY[self._section][0], notify=changed)  # noqa: N815
    emptyText = Property(str, lambda self: _EMPTY[self._section][1], notify=changed)  # noqa: N815


class DetailsSheet(QObject):
    """One title over the page: what it is, in which languages and qualities, and whether it is on the list."""

    changed = Signal()
    list_changed = Signal()

    def __init__(self, service: Service, base_url: str, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service, self._base_url, self._spawn = service, base_url, spawn
        self._card: CardView | None = None
        self._title_id, self._error = "", ""
        self._lines: list[dict[str, str]] = []

    @Slot(str)
    def open(self, title_id: str) -> None:
        self._title_id, self._card, self._error, self._lines = title_id, None, "", []
        self.changed.emit()
        self._spawn(self._load(title_id))

    @Slot()
    def close(self) -> None:
        self._title_id, self._card = "", None
        self.changed.emit()

    @Slot()
    def toggleList(self) -> None:  # noqa: N802
        if self._card is not None:
            self._spawn(self._list(self._card))

    async def _load(self, title_id: str) -> None:
        try:
            details = await self._service.title(title_id)
        except ServiceError as error:
            self._tell(title_id, str(error))
            return
        if self._title_id == title_id:
            self._card = card_view(details.card, self._base_url)
            self._lines = [{"name": name, "text": text} for name, text in details_lines(details)]
            self.changed.emit()

    async def _list(self, card: CardView) -> None:
        try:
            await self._service.list_title(card.id, not card.listed)
        except ServiceError as error:
            self._tell(card.id, str(error))
            return
        self.list_changed.emit()
        await self._load(card.id)

    def _tell(self, title_id: str, text: str) -> None:
        if self._title_id == title_id:
            self._error = text
            self.changed.emit()

    opened = Property(bool, lambda self: self._title_id != "", notify=changed)
    loaded = Property(bool, lambda self: self._card is not None, notify=changed)
    card = Property(
        "QVariantMap",  # type: ignore[arg-type]
        lambda self: asdict(self._card) if self._card else {},
        notify=changed,
    )
    lines = Property("QVariantList", lambda self: self._lines, notify=changed)  # type: ignore[arg-type]
    error = Property(str, lambda self: self._error, notify=changed)
