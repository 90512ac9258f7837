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
from typing import Any, NamedTuple

import jwt
from sqlalchemy import Connection, Row, delete, insert, select, update

from backend_stub.auth.passwords import Passwords
from backend_stub.db import Database
from backend_stub.db.schema import devices, profiles, refresh_tokens, users
from backend_stub.errors import ApiError

DEMO_USERNAME = "demo"
DEMO_PASSWORD = "evenflow"
_ALGORITHM = "HS256"
_AUDIENCE = "evenflow"


class Profile(NamedTuple):
    """Who is signed in: a profile of an account, on a device. `kids` sees only what suits them."""

    id: str
    name: str
    user_id: str
    kids: bool = False
    device_id: str = ""


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
        self.passwords = Passwords()

    async def ensure_demo(self) -> None:
        """The preset account, so that a newcomer can sign in at once."""
        if await self._find(DEMO_USERNAME) is None:
            encoded = await self.passwords.hash(DEMO_PASSWORD)
            user_id, now_s = uuid.uuid4().hex, self._clock()
            user = {"id": user_id, "username": DEMO_USERNAME, "name": "Demo", "password_hash": encoded}
            await self._database.write(lambda db: _store_account(db, user, now_s))

    async def login(self, username: str, password: str, device: str) -> Grant | None:
        """A new device session in the account's first profile, or None when name or password is wrong."""
        found = await self._find(username)
        if not await self.passwords.verify(found[1] if found else None, password) or found is None:
            return None
        user_id, now_s, token = found[0], self._clock(), secrets.token_urlsafe(32)
        device_id = uuid.uuid4().hex

        def store(db: Connection) -> Profile:
            first = select(profiles).where(profiles.c.user_id == user_id)
            found = db.execute(first.order_by(profiles.c.created_at, profiles.c.id).limit(1)).one()
            profile = _profile(found, device_id)
            row = {
                "id": device_id, "user_id": user_id, "device": device, "created_at": now_s, "profile_id": profile.id
            }  # fmt: skip
            db.execute(insert(devices), row)
            db.execute(insert(refresh_tokens), self._row(token, device_id, now_s))
            # A used or expired token is only kept as long as its reuse would tell us something.
            db.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < now_s))
            return profile

        return self._grant(await self._database.write(store), token, now_s)

    async def select(self, who: Profile, profile_id: str) -> tuple[str, int, Profile]:
        """The device is somebody else's of the same account from now on: access token, its life, who it is.

        The caller has checked that they may. Raises ApiError 401 when the device's sign-in has ended.
        """
        query = (
            select(profiles)
            .join(devices, devices.c.user_id == profiles.c.user_id)
            .where(profiles.c.id == profile_id, devices.c.id == who.device_id, devices.c.revoked_at.is_(None))
        )

        def store(db: Connection) -> Profile | None:
            row = db.execute(query).one_or_none()
            if row is None:
                return None
            db.execute(update(devices).where(devices.c.id == who.device_id).values(profile_id=profile_id))
            return _profile(row, who.device_id)

        profile = await self._database.write(store)
        if profile is None:
            raise ApiError(401, "invalid-token", "This sign-in has ended. Please sign in again.")
        return self._access_token(profile, self._clock()), int(self._access_life_s), profile

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
            select(
                refresh_tokens, devices.c.revoked_at, devices.c.user_id, profiles.c.id, profiles.c.name, profiles.c.kids
            )
            .join(devices, devices.c.id == refresh_tokens.c.device_id)
            .join(profiles, profiles.c.id == devices.c.profile_id, isouter=True)
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
        if row.id is None:
            # Never somebody else's instead: a child's device would become a grown-up's.
            return ApiError(401, "profile-removed", "This profile was removed. Please sign in again.")
        db.execute(update(refresh_tokens).where(refresh_tokens.c.token_hash == _hashed(token)).values(used_at=now_s))
        db.execute(insert(refresh_tokens), self._row(following, row.device_id, now_s))
        return _profile(row, row.device_id)

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
                options={"require": ["exp", "sub", "pid", "did"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise ApiError(401, "invalid-token", "The access token is not valid. Please sign in.") from error
        if float(claims["exp"]) <= self._clock():
            raise ApiError(401, "token-expired", "The access token has expired. Refresh it, or sign in again.")
        kids = claims.get("kids") is not False  # of a token that does not say, the less is allowed
        return Profile(str(claims["pid"]), str(claims.get("name", "")), str(claims["sub"]), kids, str(claims["did"]))

    async def close(self) -> None:
        """End the threads that hash."""
        await self.passwords.close()

    async def _find(self, username: str) -> tuple[str, str] | None:
        """The account's id and the hash of its password."""
        query = select(users).where(users.c.username == username)
        row = await self._database.read(lambda db: db.execute(query).one_or_none())
        return (row.id, row.password_hash) if row else None

    def _grant(self, profile: Profile, refresh_token: str, now_s: float) -> Grant:
        return Grant(self._access_token(profile, now_s), int(self._access_life_s), refresh_token, profile)

    def _access_token(self, profile: Profile, now_s: float) -> str:
        claims = {"sub": profile.user_id, "pid": profile.id, "name": profile.name, "kids": profile.kids}
        claims |= {"did": profile.device_id, "aud": _AUDIENCE, "exp": now_s + self._access_life_s}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def _row(self, token: str, device_id: str, now_s: float) -> dict[str, object]:
        return {"token_hash": _hashed(token), "device_id": device_id, "expires_at": now_s + self._refresh_life_s}


def _profile(row: Row[Any], device_id: str) -> Profile:
    """A row of the profiles, on a device."""
    return Profile(row.id, row.name, row.user_id, row.kids, device_id)


def _store_account(db: Connection, user: dict[str, str], now_s: float) -> None:
    """An account and its first profile; nothing when the name is taken."""
    if db.execute(insert(users).prefix_with("OR IGNORE"), user).rowcount:
        first = {"id": user["id"], "user_id": user["id"], "name": user["name"]}
        db.execute(insert(profiles), {**first, "colour": "amber", "kids": False, "created_at": now_s})


def _hashed(token: str) -> str:
    # The token has 256 bits of chance: a plain hash is enough, there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()
