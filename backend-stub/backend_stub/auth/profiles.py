"""Who watches with one account: up to eight profiles, each with its own history and list, some behind a PIN.

A PIN keeps somebody at the same screen out of a profile. It is no wall against whoever knows the account's password:
that opens the account whole.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from backend_stub.auth.passwords import Passwords
from backend_stub.db import Database
from backend_stub.db.schema import profiles
from backend_stub.errors import ApiError

MOST_PROFILES = 8
COLOURS = ("amber", "teal", "violet", "rose", "sky", "lime", "coral", "slate")


@dataclass(frozen=True, slots=True)
class Person:
    """A profile as the chooser shows it; `locked`: a PIN is asked for."""

    id: str
    name: str
    colour: str
    kids: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different; None stays as it is, and an empty `pin` takes the PIN away."""

    name: str | None = None
    colour: str | None = None
    kids: bool | None = None
    pin: str | None = None


class Profiles:
    """The profiles of all accounts. `clock` is wall time in seconds."""

    def __init__(self, database: Database, passwords: Passwords, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock

    async def of(self, user_id: str) -> list[Person]:
        """An account's profiles, the oldest first."""
        query = select(profiles).where(profiles.c.user_id == user_id).order_by(profiles.c.created_at, profiles.c.id)
        return [_person(row) for row in await self._database.read(lambda db: db.execute(query).all())]

    async def find(self, user_id: str, profile_id: str) -> Person:
        """One of the account's profiles. Raises ApiError 404."""
        return _person(await self._row(user_id, profile_id))

    async def check_pin(self, user_id: str, profile_id: str, pin: str) -> bool:
        """Whether `pin` opens the profile; one without a PIN is open. Raises ApiError 404."""
        row = await self._row(user_id, profile_id)
        return row.pin_hash is None or await self._passwords.verify(row.pin_hash, pin)

    async def add(self, user_id: str, wanted: Changes) -> Person:
        """A new profile. Raises ApiError 409 for one too many, or a second one of the same name."""
        values = await self._values(wanted)
        made = {"id": uuid.uuid4().hex, "user_id": user_id, "created_at": self._clock(), "pin_hash": None, **values}
        made.setdefault("kids", False)

        def store(db: Connection) -> ApiError | None:
            count = db.scalar(select(func.count()).where(profiles.c.user_id == user_id)) or 0
            if count >= MOST_PROFILES:
                return ApiError(409, "too-many-profiles", f"An account has at most {MOST_PROFILES} profiles.")
            made.setdefault("colour", COLOURS[count % len(COLOURS)])
            taken = _name_taken(db, user_id, made["name"], made["id"])
            if taken is None:
                db.execute(insert(profiles), made)
            return taken

        await self._write(store)
        return await self.find(user_id, made["id"])

    async def change(self, user_id: str, profile_id: str, wanted: Changes) -> Person:
        """Raises ApiError 404 when there is no such profile, 409 when the name is taken."""
        values = await self._values(wanted)

        def store(db: Connection) -> ApiError | None:
            taken = _name_taken(db, user_id, values["name"], profile_id) if "name" in values else None
            if taken is None and values:
                db.execute(update(profiles).where(_this(user_id, profile_id)).values(values))
            return taken

        await self.find(user_id, profile_id)
        await self._write(store)
        return await self.find(user_id, profile_id)

    async def remove(self, user_id: str, profile_id: str) -> None:
        """With its history and its list. Raises ApiError 404, or 409 for the account's last one."""

        def store(db: Connection) -> ApiError | None:
            if (db.scalar(select(func.count()).where(profiles.c.user_id == user_id)) or 0) <= 1:
                return ApiError(409, "last-profile", "This is the account's only profile; make another one first.")
            db.execute(delete(profiles).where(_this(user_id, profile_id)))
            return None

        await self.find(user_id, profile_id)
        await self._write(store)

    async def _write(self, store: Callable[[Connection], ApiError | None]) -> None:
        if (refused := await self._database.write(store)) is not None:
            raise refused

    async def _row(self, user_id: str, profile_id: str) -> Row[Any]:
        query = select(profiles).where(_this(user_id, profile_id))
        row = await self._database.read(lambda db: db.execute(query).one_or_none())
        if row is None:
            raise ApiError(404, "unknown-profile", "There is no such profile in this account (any more).")
        return row

    async def _values(self, wanted: Changes) -> dict[str, Any]:
        values: dict[str, Any] = {"name": wanted.name, "colour": wanted.colour, "kids": wanted.kids}
        values = {key: value for key, value in values.items() if value is not None}
        if wanted.pin is not None:
            values["pin_hash"] = await self._passwords.hash(wanted.pin) if wanted.pin else None
        return values


def _this(user_id: str, profile_id: str) -> Any:
    return (profiles.c.user_id == user_id) & (profiles.c.id == profile_id)


def _name_taken(db: Connection, user_id: str, name: str, but: str) -> ApiError | None:
    query = select(profiles.c.name).where(profiles.c.user_id == user_id, profiles.c.id != but)
    if any(taken.casefold() == name.casefold() for taken in db.scalars(query)):
        return ApiError(409, "name-taken", f"There is a profile {name!r} already; choose another name.")
    return None


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.name, row.colour, bool(row.kids), row.pin_hash is not None)
