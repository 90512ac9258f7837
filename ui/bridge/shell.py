"""The whole window as one object for QML: which page is shown, and what keys do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Property, QObject, Signal, Slot

from player.service.model import ServiceError
from ui import keys
from ui.bridge.browse import BrowsePage, DetailsSheet
from ui.bridge.pages import HomePage, SignInPage, Spawn
from ui.bridge.people import PeoplePage
from ui.bridge.player import PlayerPage
from ui.bridge.rows import RowsModel
from ui.ports import PlaybackStarter, Service


@dataclass(frozen=True, slots=True)
class _KeyRow:
    action: str
    keySequences: tuple[str, ...]  # noqa: N815
    argument: float
    repeats: bool
    anywhere: bool


class Shell(QObject):
    """Sign-in, who is watching, home, browsing and player, one at a time."""

    changed = Signal()
    full_screen_changed = Signal()
    quit_asked = Signal()

    def __init__(self, service: Service, starter: PlaybackStarter, gateway_url: str, spawn: Spawn) -> None:
        super().__init__()
        self._service, self._spawn, self._gateway_url = service, spawn, gateway_url
        self._page, self._profile = "sign-in", ""
        self._help_open, self._full_screen, self._leaving = False, False, False
        self._back_to = "home"
        self._play_first: str | None = None
        self._sign_in = SignInPage(service, spawn, self)
        self._home = HomePage(service, gateway_url, spawn, self)
        self._people = PeoplePage(service, spawn, self)
        self._browse = BrowsePage(service, gateway_url, spawn, self)
        self._details = DetailsSheet(service, gateway_url, spawn, self)
        self._player = PlayerPage(service, starter, spawn, self)
        self._sign_in.signed_in.connect(self._signed_in)
        self._people.chosen.connect(self._chosen)
        self._details.list_changed.connect(self._reload)
        for page in (self._home, self._people, self._browse):
            page.session_over.connect(self._session_over)
        self._player.left.connect(self.back)
        self._player.ended.connect(self.back)
        self._keys = RowsModel(_KeyRow, self)
        self._keys.show([_key_row(key) for key in keys.KEYS])

    @property
    def player_page(self) -> PlayerPage:
        return self._player

    def play_first(self, title_id: str | None) -> None:
        """Play this title as soon as somebody is signed in."""
        self._play_first = title_id

    def _signed_in(self, name: str) -> None:
        title_id, self._play_first = self._play_first, None
        if title_id:
            # Somebody who named a film wants to see it, not to be asked who they are.
            self._chosen(name)
            self.play(title_id, -1.0)
        else:
            self._spawn(self._who_is_watching(name))

    async def _who_is_watching(self, name: str) -> None:
        """The chooser, where there is anything to choose."""
        try:
            several = await self._people.load() > 1
        except ServiceError:
            several = False  # the home page will tell what is wrong
        if several:
            self._show("people")
        else:
            self._chosen(name)

    def _chosen(self, name: str) -> None:
        self._profile = name
        self._forget()
        self._show("home")
        self._home.reload()

    def _forget(self) -> None:
        """Nothing of one viewer is shown to the next."""
        self._home.forget()
        self._browse.clear()
        self._details.close()

    def _session_over(self, text: str) -> None:
        if self._page not in ("sign-in", "player"):
            self._forget()
            self._people.forget()
            self._show("sign-in")
            self._sign_in.say(text)

    @Slot()
    def signOut(self) -> None:  # noqa: N802
        self._profile = ""
        self._forget()
        self._people.forget()
        self._show("sign-in")
        self._spawn(self._service.logout())

    @Slot()
    def whoIsWatching(self) -> None:  # noqa: N802
        """Back to the chooser."""
        self._home.pause()
        self._people.reload()
        self._show("people")

    @Slot()
    def goHome(self) -> None:  # noqa: N802
        self._show("home")
        self._home.reload()

    @Slot(str)
    def browse(self, section: str) -> None:
        """Search, My List or what was watched."""
        if self._page not in ("home", "browse"):
            return
        self._home.pause()
        self._browse.open(section)
        self._show("browse")

    def _reload(self) -> None:
        if self._page == "browse":
            self._browse.reload()
        elif self._page == "home":
            self._home.reload()

    @Slot(str, float)
    def play(self, title_id: str, start_at_s: float) -> None:
        """Play from `start_at_s`; a negative one asks the server where the title was left."""
        if self._leaving or self._page == "player":
            return
        self._home.pause()
        self._details.close()
        self._back_to = self._page
        self._show("player")
        self._player.open(title_id, None if start_at_s < 0 else start_at_s)

    @Slot()
    def back(self) -> None:
        """From the player to the home page, whose rows then know how far the film was watched."""
        if self._page != "player" or self._leaving:
            return
        self._leaving = True
        self.set_full_screen(False)
        self._spawn(self._leave_player())

    async def _leave_player(self) -> None:
        try:
            await self._player.close()
        finally:
            self._leaving = False
            self._show(self._back_to)
            self._reload()

    @Slot(str)
    @Slot(str, float)
    def act(self, action: str, argument: float = 0.0) -> None:
        """Do what a line of `ui.keys` or a button names."""
        match action:
            case "quit":
                self.quit_asked.emit()
            case "toggle-full-screen":
                self.set_full_screen(not self._full_screen)
            case "toggle-help":
                self._help_open = not self._help_open
                self.changed.emit()
            case "escape":
                self._escape()
            case "search":
                self.browse("search")
            case _ if self._page == "player":
                self._player.act(action, argument)

    def _escape(self) -> None:
        if self._help_open:
            self.act("toggle-help")
        elif self._page == "player" and self._player.escape():
            return
        elif self._details.property("opened"):
            self._details.close()
        elif self._page == "people" and self._people.property("step"):
            self._people.cancel()
        elif self._full_screen:
            self.set_full_screen(False)
        elif self._page == "browse" or (self._page == "people" and self._profile):
            self.goHome()
        else:
            self.back()

    def set_full_screen(self, on: bool) -> None:
        if on != self._full_screen:
            self._full_screen = on
            self.full_screen_changed.emit()

    def _show(self, page: str) -> None:
        self._page, self._help_open = page, False
        self.changed.emit()

    async def close(self) -> None:
        """Stop what plays. The service is its owner's to close, once no coroutine uses it any more."""
        self._home.pause()
        await self._player.close()

    def _sheet(self) -> list[dict[str, Any]]:
        return [
            {"title": name, "lines": [{"keys": shown, "text": text} for shown, text in lines]}
            for name, lines in keys.sheet()
        ]

    page = Property(str, lambda self: self._page, notify=changed)
    profile = Property(str, lambda self: self._profile, notify=changed)
    server = Property(str, lambda self: self._gateway_url.split("://", 1)[-1].rstrip("/"), constant=True)
    helpOpen = Property(bool, lambda self: self._help_open, notify=changed)  # noqa: N815
    fullScreen = Property(bool, lambda self: self._full_screen, notify=full_screen_changed)  # noqa: N815
    signIn = Property(QObject, lambda self: self._sign_in, constant=True)  # noqa: N815
    people = Property(QObject, lambda self: self._people, constant=True)
    browsing = Property(QObject, lambda self: self._browse, constant=True)
    details = Property(QObject, lambda self: self._details, constant=True)
    home = Property(QObject, lambda self: self._home, constant=True)
    player = Property(QObject, lambda self: self._player, constant=True)
    keyRows = Property(QObject, lambda self: self._keys, constant=True)  # noqa: N815
    sheet = Property("QVariantList", _sheet, constant=True)  # type: ignore[arg-type]


def _key_row(key: keys.Key) -> _KeyRow:
    return _KeyRow(key.action, key.sequences, key.argument, key.repeats, key.where is keys.Where.ANYWHERE)
