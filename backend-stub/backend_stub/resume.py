"""Where someone stopped watching: the last report by event time wins, however late or out of order it arrives.

A report never fails because the database is busy: it is taken into memory at once, seen by every later read, and
written by a task that tries again until it succeeds. What is lost when the process is killed is at most what the last
fraction of a second brought, and the player reports again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from backend_stub.db import Database
from backend_stub.db.schema import history, profiles

log = logging.getLogger(__name__)

FINISHED = 0.95
_RETRY_S = 0.5
_MAX_PENDING = 10_000


@dataclass(frozen=True, slots=True)
class Watch:
    """How far one profile is in one film, and when the player saw it."""

    profile_id: str
    title_id: str
    position_s: float
    duration_s: float
    event_at: float

    @property
    def finished(self) -> bool:
        """Near enough to the end that the next play starts from the beginning."""
        return self.position_s > FINISHED * self.duration_s

    @property
    def resume_s(self) -> float:
        """Where the next play starts."""
        return 0.0 if self.finished else self.position_s


def later(one: Watch | None, other: Watch) -> Watch:
    """The rule: by event time; of two at the same instant the one further on, so that order never matters."""
    if one is None:
        return other
    return max(one, other, key=lambda watch: (watch.event_at, watch.position_s))


class History:
    """Resume points. `start` and `close` belong to the running loop; `close` writes what is still in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[tuple[str, str], Watch] = {}
        self._news = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin writing in the background."""
        self._writer = asyncio.create_task(self._write_for_ever())

    async def close(self) -> None:
        """Write what is pending, once, and end."""
        if self._writer:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._flush()

    def record(self, watch: Watch) -> None:
        """Take a report; returns at once."""
        key = (watch.profile_id, watch.title_id)
        if key not in self._pending and len(self._pending) >= _MAX_PENDING:
            log.error("resume points: the database has been busy for too long, a report was dropped")
            return
        self._pending[key] = later(self._pending.get(key), watch)
        self._news.set()

    async def of(self, profile_id: str) -> dict[str, Watch]:
        """All of a profile's resume points by title, latest first."""
        query = select(history).where(history.c.profile_id == profile_id)
        rows = await self._database.read(lambda db: db.execute(query).all())
        # Pending after the read: what was flushed meanwhile is in one of the two.
        merged = {row.title_id: Watch(*row) for row in rows}
        for (owner, title_id), watch in self._pending.items():
            if owner == profile_id:
                merged[title_id] = later(merged.get(title_id), watch)
        ordered = sorted(merged.values(), key=lambda watch: watch.event_at, reverse=True)
        return {watch.title_id: watch for watch in ordered}

    async def forget(self, profile_id: str, title_id: str) -> None:
        """As if this film had never been begun."""
        self._pending.pop((profile_id, title_id), None)
        here = (history.c.profile_id == profile_id) & (history.c.title_id == title_id)
        await self._database.write(lambda db: db.execute(delete(history).where(here)))

    async def _write_for_ever(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if not await self._flush():
                await asyncio.sleep(_RETRY_S)
                self._news.set()

    async def _flush(self) -> bool:
        batch = list(self._pending.values())
        if not batch:
            return True
        try:
            await self._database.write(lambda db: _upsert(db, batch))
        except DatabaseError as error:
            log.warning("resume points: not written yet (%s), trying again", error.orig)
            return False
        for watch in batch:
            # Only what was written: a later report may have taken its place meanwhile.
            if self._pending.get((watch.profile_id, watch.title_id)) is watch:
                del self._pending[watch.profile_id, watch.title_id]
        return True


def _upsert(db: Connection, batch: Sequence[Watch]) -> None:
    statement = insert(history)
    new, old = statement.excluded, history.c
    wins = (new.event_at > old.event_at) | ((new.event_at == old.event_at) & (new.position_s > old.position_s))
    merge = statement.on_conflict_do_update(
        index_elements=[old.profile_id, old.title_id],
        set_={"position_s": new.position_s, "duration_s": new.duration_s, "event_at": new.event_at},
        where=wins,
    )
    # A report of a profile that was removed meanwhile has nowhere to go, and must not hold the others up.
    known = set(db.scalars(select(profiles.c.id).where(profiles.c.id.in_({watch.profile_id for watch in batch}))))
    for watch in batch:
        if watch.profile_id in known:
            db.execute(merge, asdict(watch))
