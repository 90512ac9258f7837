"""My List: the films that a profile put aside for later."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from backend_stub.db import Database
from backend_stub.db.schema import my_list
from backend_stub.errors import ApiError

MOST_LISTED = 500


class MyList:
    """The lists of all profiles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, profile_id: str) -> dict[str, float]:
        """When each film was added (unix seconds), by its id, the latest first."""
        query = (
            select(my_list.c.title_id, my_list.c.added_at)
            .where(my_list.c.profile_id == profile_id)
            .order_by(my_list.c.added_at.desc(), my_list.c.title_id)
        )
        return {row.title_id: row.added_at for row in await self._database.read(lambda db: db.execute(query).all())}

    async def add(self, profile_id: str, title_id: str, now_s: float) -> None:
        """Twice is no error, and leaves its place as it was. Raises ApiError 409 when the list is full."""

        def store(db: Connection) -> bool:
            listed = select(func.count()).where(my_list.c.profile_id == profile_id, my_list.c.title_id != title_id)
            if (db.scalar(listed) or 0) >= MOST_LISTED:
                return False
            row = {"profile_id": profile_id, "title_id": title_id, "added_at": now_s}
            db.execute(insert(my_list).on_conflict_do_nothing(), row)
            return True

        if not await self._database.write(store):
            raise ApiError(409, "list-full", f"My List holds {MOST_LISTED} films; take one off first.")

    async def remove(self, profile_id: str, title_id: str) -> None:
        """Taking off what is not on it is no error."""
        here = (my_list.c.profile_id == profile_id) & (my_list.c.title_id == title_id)
        await self._database.write(lambda db: db.execute(delete(my_list).where(here)))
