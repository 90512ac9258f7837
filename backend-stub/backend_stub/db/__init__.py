"""The backend's memory: one SQLite file in WAL mode, many readers, one writer.

`read(fn)` and `write(fn)` run `fn(connection)` in a transaction on a thread of their own and await its value.
The writer is a single thread, so within this process writes queue up instead of meeting SQLITE_BUSY.
"""

from backend_stub.db.sqlite import Database

__all__ = ["Database"]
