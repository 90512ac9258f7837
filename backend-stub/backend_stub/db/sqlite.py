"""SQLite through SQLAlchemy Core: a reading and a writing engine over the same file."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from backend_stub.db.schema import SchemaTooNew, migrate
from backend_stub.errors import StartError, disk_error

T = TypeVar("T")

# Other processes (a backup, a shell) may hold the file for a while; longer than any sane transaction of theirs.
_BUSY_TIMEOUT_MS = 10_000
_READERS = 2


class Database:
    """One file. Made by `open`, which also migrates it; `close` ends its threads."""

    def __init__(self, path: Path, busy_timeout_ms: int = _BUSY_TIMEOUT_MS) -> None:
        self._readers = _engine(path, "BEGIN", busy_timeout_ms)
        # IMMEDIATE: take the write lock at the start, where waiting is possible, never half-way, where it is not.
        self._writer = _engine(path, "BEGIN IMMEDIATE", busy_timeout_ms)
        self._read_pool = ThreadPoolExecutor(_READERS, thread_name_prefix="db-read")
        self._write_pool = ThreadPoolExecutor(1, thread_name_prefix="db-write")

    @classmethod
    async def open(cls, path: Path, busy_timeout_ms: int = _BUSY_TIMEOUT_MS) -> Database:
        """Open and migrate. Raises StartError when the file cannot be used."""
        database = cls(path, busy_timeout_ms)
        try:
            await database.write(migrate)
        except SchemaTooNew as error:
            await database.close()
            raise StartError(
                f"{path} was written by a newer Evenflow ({error}). Update, or name another folder with --data.", 3
            ) from error
        except DatabaseError as error:
            await database.close()
            raise _start_error(path, error) from error
        return database

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction: a consistent snapshot."""
        return await self._run(self._read_pool, self._readers, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction: committed when this returns, undone when it raises."""
        return await self._run(self._write_pool, self._writer, work)

    async def _run(self, pool: ThreadPoolExecutor, engine: Engine, work: Callable[[Connection], T]) -> T:
        def transact() -> T:
            with engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(pool, transact)

    async def close(self) -> None:
        """Wait for what runs, close the connections."""
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._write_pool.shutdown()
        self._read_pool.shutdown()
        self._writer.dispose()
        self._readers.dispose()


def _engine(path: Path, begin: str, busy_timeout_ms: int) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    def on_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # We say BEGIN ourselves: the driver's own rule would leave reads outside the transaction.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _start_error(path: Path, error: DatabaseError) -> StartError:
    reason = str(error.orig)
    if "full" in reason:
        return disk_error(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if "not a database" in reason or "malformed" in reason:
        return StartError(f"{path} is not a usable database ({reason}). Move it away and start again.", 3)
    return StartError(
        f"{path} cannot be opened: {reason}. Check that the folder is writable and no other program holds it.",
        3,
    )
