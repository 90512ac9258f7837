"""The tables, and the numbered steps that bring an older file up to them.

A list and `PRAGMA user_version`, not alembic: one engine, one file, a handful of tables, and a migration environment
would cost every start a third of a second. A step never changes once released; changes are new steps.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, Float, MetaData, String, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("username", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password_hash", String, nullable=False),
)

#: Who watches with an account; the first one has the account's own id.
profiles = Table(
    "profiles",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("colour", String, nullable=False),
    Column("kids", Boolean, nullable=False),
    Column("pin_hash", String),
    Column("created_at", Float, nullable=False),
)

#: One per sign-in on a device: the family of refresh tokens that descends from it.
devices = Table(
    "devices",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("device", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("profile_id", String),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

history = Table(
    "history",
    metadata,
    Column("profile_id", String, primary_key=True),
    Column("title_id", String, primary_key=True),
    Column("position_s", Float, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("event_at", Float, nullable=False),
)

my_list = Table(
    "my_list",
    metadata,
    Column("profile_id", String, primary_key=True),
    Column("title_id", String, primary_key=True),
    Column("added_at", Float, nullable=False),
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE users (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
        " password_hash TEXT NOT NULL)",
        "CREATE TABLE devices (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id), device TEXT NOT NULL,"
        " created_at REAL NOT NULL, revoked_at REAL)",
        "CREATE TABLE refresh_tokens (token_hash TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES devices(id),"
        " expires_at REAL NOT NULL, used_at REAL)",
        "CREATE INDEX refresh_tokens_by_age ON refresh_tokens (expires_at)",
        "CREATE TABLE history (user_id TEXT NOT NULL REFERENCES users(id), title_id TEXT NOT NULL,"
        " position_s REAL NOT NULL, duration_s REAL NOT NULL, event_at REAL NOT NULL,"
        " PRIMARY KEY (user_id, title_id)) WITHOUT ROWID",
    ),
    (
        "CREATE TABLE profiles (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id), name TEXT NOT NULL,"
        " colour TEXT NOT NULL, kids INTEGER NOT NULL, pin_hash TEXT, created_at REAL NOT NULL)",
        "CREATE INDEX profiles_by_user ON profiles (user_id)",
        "INSERT INTO profiles SELECT id, id, name, 'amber', 0, NULL, 0 FROM users",
        "ALTER TABLE devices ADD COLUMN profile_id TEXT",
        "UPDATE devices SET profile_id = user_id",
        "CREATE TABLE watched (profile_id TEXT NOT NULL REFERENCES profiles(id) ON DELETE CASCADE,"
        " title_id TEXT NOT NULL, position_s REAL NOT NULL, duration_s REAL NOT NULL, event_at REAL NOT NULL,"
        " PRIMARY KEY (profile_id, title_id)) WITHOUT ROWID",
        "INSERT INTO watched SELECT user_id, title_id, position_s, duration_s, event_at FROM history",
        "DROP TABLE history",
        "ALTER TABLE watched RENAME TO history",
        "CREATE TABLE my_list (profile_id TEXT NOT NULL REFERENCES profiles(id) ON DELETE CASCADE,"
        " title_id TEXT NOT NULL, added_at REAL NOT NULL, PRIMARY KEY (profile_id, title_id)) WITHOUT ROWID",
    ),
)


class SchemaTooNew(Exception):
    """The file was written by a later release; the command line says so."""


def migrate(connection: Connection) -> None:
    """Bring the file up to date, inside the caller's write transaction: all steps or none."""
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > len(MIGRATIONS):
        raise SchemaTooNew(f"schema {version}, this release knows {len(MIGRATIONS)}")
    for step in MIGRATIONS[version:]:
        for statement in step:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS)}")
