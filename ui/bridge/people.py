"""Who's watching, as QML sees it: choosing a profile, its PIN, and making, changing and removing one."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Property, QObject, Signal, Slot

from player.service.model import Person, PinNeeded, ServiceError, SignInNeeded
from ui.bridge.pages import Spawn
from ui.bridge.rows import RowsModel
from ui.ports import Service
from ui.view_models.people import MOST_PROFILES, PersonView, people_view, pin_problem

NEW = "new"


class PeoplePage(QObject):
    """The chooser. `step` says what is open over it: "" nothing, "pin", "edit"."""

    changed = Signal()
    chosen = Signal(str)
    session_over = Signal(str)

    def __init__(self, service: Service, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service, self._spawn = service, spawn
        self._people: tuple[Person, ...] = ()
        self._tiles = RowsModel(PersonView, self)
        self._step, self._about, self._pin = "", "", ""
        self._managing, self._busy, self._error = False, False, ""

    async def load(self) -> int:
        """Ask who there is; answers how many. Raises `ServiceError`s."""
        self._people = await self._service.people()
        self._tiles.show(people_view(self._people))
        self._open("")
        return len(self._people)

    def forget(self) -> None:
        """Nothing of one account is shown to the next."""
        self._people, self._managing = (), False
        self._tiles.show([])
        self._open("")

    @Slot()
    def reload(self) -> None:
        self._do(self._load_again())

    async def _load_again(self) -> None:
        await self.load()

    @Slot(str)
    def pick(self, profile_id: str) -> None:
        """A tile was chosen: to watch, or while managing to be changed."""
        person = self._person(profile_id)
        if person is None or self._busy:
            return
        self._about, self._pin = profile_id, ""
        if person.locked:
            self._open("pin")
        elif self._managing:
            self._open("edit")
        else:
            self._do(self._choose(profile_id, None))

    @Slot(str)
    def givePin(self, pin: str) -> None:  # noqa: N802
        problem = pin_problem(pin, may_be_empty=False)
        if problem:
            self._say(problem)
        elif self._managing:
            # The server looks at it when the changes are saved.
            self._pin = pin
            self._open("edit")
        else:
            self._do(self._choose(self._about, pin))

    @Slot()
    def manage(self) -> None:
        self._managing = not self._managing
        self._open("")

    @Slot()
    def add(self) -> None:
        self._about, self._pin = NEW, ""
        self._open("edit")

    @Slot()
    def cancel(self) -> None:
        self._open("")

    @Slot(str, bool, str)
    def save(self, name: str, kids: bool, pin: str) -> None:
        """What the form says; an empty PIN means none."""
        problem = pin_problem(pin, may_be_empty=True) or ("" if name.strip() else "A profile needs a name.")
        if problem:
            self._say(problem)
        elif self._about == NEW:
            self._do(self._after(self._service.add_person(name.strip(), kids=kids, pin=pin or None)))
        else:
            person = self._person(self._about)
            changes: dict[str, object] = {"name": name.strip(), "kids": kids}
            if pin or (person is not None and person.locked):
                changes["pin"] = pin or None
            if self._pin:
                changes["current_pin"] = self._pin
            self._do(self._after(self._service.change_person(self._about, changes)))

    @Slot()
    def remove(self) -> None:
        self._do(self._after(self._service.remove_person(self._about, self._pin or None)))

    async def _choose(self, profile_id: str, pin: str | None) -> None:
        profile = await self._service.choose(profile_id, pin)
        self._open("")
        self.chosen.emit(profile.name)

    async def _after(self, change: Coroutine[Any, Any, object]) -> None:
        await change
        await self.load()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        if self._busy:
            work.close()
            return
        self._busy, self._error = True, ""
        self.changed.emit()
        self._spawn(self._told(work))

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except SignInNeeded as error:
            self.session_over.emit(str(error))
        except PinNeeded as error:
            self._step, self._error = "pin", str(error)
        except ServiceError as error:
            self._error = str(error)
        finally:
            self._busy = False
            self.changed.emit()

    def _open(self, step: str) -> None:
        self._step, self._error = step, ""
        self.changed.emit()

    def _say(self, text: str) -> None:
        self._error = text
        self.changed.emit()

    def _person(self, profile_id: str) -> Person | None:
        return next((person for person in self._people if person.id == profile_id), None)

    def _form(self) -> dict[str, Any]:
        person = self._person(self._about)
        if person is None:
            return {"id": "", "name": "", "kids": False, "locked": False}
        return {"id": person.id, "name": person.name, "kids": person.kids, "locked": person.locked}

    tiles = Property(QObject, lambda self: self._tiles, constant=True)
    step = Property(str, lambda self: self._step, notify=changed)
    managing = Property(bool, lambda self: self._managing, notify=changed)
    busy = Property(bool, lambda self: self._busy, notify=changed)
    error = Property(str, lambda self: self._error, notify=changed)
    full = Property(bool, lambda self: len(self._people) >= MOST_PROFILES, notify=changed)
    form = Property("QVariantMap", _form, notify=changed)  # type: ignore[arg-type]
