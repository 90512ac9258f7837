"""Users, devices and their tokens.

A short access token (JWT, 15 min) proves who one is without asking the database. A long refresh token (opaque, only
its hash is stored) fetches the next one and is used once: each use rotates it. A token that comes twice was stolen or
copied, and the whole family of that device is revoked; the owner signs in again.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jwt
from sqlalchemy import Connection, delete, insert, select, update

from backend_stub.auth.passwords import Passwords
from backend_stub.db import Database
from backend_stub.db.schema import devices, refresh_tokens, users
from backend_stub.errors import ApiError

DEMO_USERNAME = "demo"
DEMO_PASSWORD = "evenflow"
_ALGORITHM = "HS256"
_AUDIENCE = "evenflow"


class Profile(NamedTuple):
    """Who is signed in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in or a refresh hands out."""

    access_token: str
    expires_in_s: int
    refresh_token: str
    profile: Profile


class Accounts:
    """The auth service's heart, without HTTP. `clock` is wall time in seconds."""

    def __init__(
        self,
        database: Database,
        key: bytes,
        *,
        access_life_s: float,
        refresh_life_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._key = key
        self._access_life_s = access_life_s
        self._refresh_life_s = refresh_life_s
        self._clock = clock
        self._passwords = Passwords()

    async def ensure_demo(self) -> None:
        """The preset account, so that a newcomer can sign in at once."""
        if await self._find(DEMO_USERNAME) is None:
            encoded = await self._passwords.hash(DEMO_PASSWORD)
            row = {"id": uuid.uuid4().hex, "username": DEMO_USERNAME, "name": "Demo", "password_hash": encoded}
            await self._database.write(lambda db: db.execute(insert(users).prefix_with("OR IGNORE"), row))

    async def login(self, username: str, password: str, device: str) -> Grant | None:
        """A new device session, or None when name or password is wrong."""
        found = await self._find(username)
        if not await self._passwords.verify(found[1] if found else None, password) or found is None:
            return None
        profile, now_s, token = found[0], self._clock(), secrets.token_urlsafe(32)
        device_id = uuid.uuid4().hex

        def store(db: Connection) -> None:
            row = {"id": device_id, "user_id": profile.id, "device": device, "created_at": now_s}
            db.execute(insert(devices), row)
            db.execute(insert(refresh_tokens), self._row(token, device_id, now_s))
            # A used or expired token is only kept as long as its reuse would tell us something.
            db.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < now_s))

        await self._database.write(store)
        return self._grant(profile, token, now_s)

    async def refresh(self, token: str) -> Grant:
        """Rotate. Raises ApiError 401 for a token that is unknown, expired, revoked or used before."""
        now_s, following = self._clock(), secrets.token_urlsafe(32)
        # One transaction on the one writer: two uses at once cannot both find the token unused.
        outcome = await self._database.write(lambda db: self._rotate(db, token, following, now_s))
        if isinstance(outcome, ApiError):
            # Returned, not raised, inside the transaction: the revocation must be committed.
            raise outcome
        return self._grant(outcome, following, now_s)

    def _rotate(self, db: Connection, token: str, following: str, now_s: float) -> Profile | ApiError:
        query = (
            select(refresh_tokens, devices.c.revoked_at, users.c.id, users.c.name)
            .join(devices, devices.c.id == refresh_tokens.c.device_id)
            .join(users, users.c.id == devices.c.user_id)
            .where(refresh_tokens.c.token_hash == _hashed(token))
        )
        row = db.execute(query).one_or_none()
        if row is None or row.expires_at <= now_s or row.revoked_at is not None:
            return ApiError(401, "invalid-refresh-token", "This sign-in has ended. Please sign in again.")
        if row.used_at is not None:
            db.execute(update(devices).where(devices.c.id == row.device_id).values(revoked_at=now_s))
            return ApiError(
                401, "refresh-token-reused", "This sign-in was used twice and has been ended. Please sign in again."
            )
        db.execute(update(refresh_tokens).where(refresh_tokens.c.token_hash == _hashed(token)).values(used_at=now_s))
        db.execute(insert(refresh_tokens), self._row(following, row.device_id, now_s))
        return Profile(row.id, row.name)

    async def logout(self, token: str) -> None:
        """Revoke the device the token belongs to; an unknown token is no error, the wish is already fulfilled."""
        now_s = self._clock()
        owner = select(refresh_tokens.c.device_id).where(refresh_tokens.c.token_hash == _hashed(token))
        change = update(devices).where(devices.c.id.in_(owner), devices.c.revoked_at.is_(None))
        await self._database.write(lambda db: db.execute(change.values(revoked_at=now_s)))

    def identify(self, access_token: str) -> Profile:
        """Who an access token belongs to. Raises ApiError 401."""
        try:
            claims = jwt.decode(
                access_token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise ApiError(401, "invalid-token", "The access token is not valid. Please sign in.") from error
        if float(claims["exp"]) <= self._clock():
            raise ApiError(401, "token-expired", "The access token has expired. Refresh it, or sign in again.")
        return Profile(str(claims["sub"]), str(claims.get("name", "")))

    async def close(self) -> None:
        """End the threads that hash."""
        await self._passwords.close()

    async def _find(self, username: str) -> tuple[Profile, str] | None:
        query = select(users).where(users.c.username == username)
        row = await self._database.read(lambda db: db.execute(query).one_or_none())
        return (Profile(row.id, row.name), row.password_hash) if row else None

    def _grant(self, profile: Profile, refresh_token: str, now_s: float) -> Grant:
        claims = {"sub": profile.id, "name": profile.name, "aud": _AUDIENCE, "exp": now_s + self._access_life_s}
        access = jwt.encode(claims, self._key, algorithm=_ALGORITHM)
        return Grant(access, int(self._access_life_s), refresh_token, profile)

    def _row(self, token: str, device_id: str, now_s: float) -> dict[str, object]:
        return {"token_hash": _hashed(token), "device_id": device_id, "expires_at": now_s + self._refresh_life_s}


def _hashed(token: str) -> str:
    # The token has 256 bits of chance: a plain hash is enough, there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()
