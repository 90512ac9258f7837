"""Sign in, stay signed in, sign out."""

from __future__ import annotations

import asyncio
import math

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from backend_stub.auth.accounts import Grant
from backend_stub.errors import ApiError
from backend_stub.services.context import WithParts

router = APIRouter(prefix="/v1/auth", tags=["auth"])


class LoginRequest(BaseModel):
    """Name, password, and what the device is called."""

    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1000)
    device: str = Field(default="", max_length=200)


class RefreshRequest(BaseModel):
    """A refresh token."""

    refresh_token: str = Field(min_length=1, max_length=200)


class ProfileModel(BaseModel):
    """Who is signed in."""

    id: str
    name: str
    kids: bool


class GrantModel(BaseModel):
    """Tokens. The refresh token is good for one use."""

    access_token: str
    token_type: str = "Bearer"
    expires_in_s: int
    refresh_token: str
    profile: ProfileModel


@router.post("/login", summary="Sign in", description="401 when name or password is wrong, 429 after too many tries.")
async def login(body: LoginRequest, request: Request, parts: WithParts) -> GrantModel:
    """Name and password for tokens."""
    address = request.client.host if request.client else ""
    wait_s = parts.limiter.admit(body.username, address, asyncio.get_running_loop().time())
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        message = f"Too many tries for this account. Please wait {seconds} s and try again."
        raise ApiError(429, "too-many-tries", message, {"Retry-After": str(seconds)})
    grant = await parts.accounts.login(body.username, body.password, body.device)
    if grant is None:
        raise ApiError(401, "wrong-credentials", "The name or the password is wrong. Please try again.")
    parts.limiter.forget(body.username, address)
    return _model(grant)


@router.post(
    "/refresh",
    summary="Renew the tokens",
    description="Rotates the refresh token. One that was used before ends the whole sign-in of its device (401).",
)
async def refresh(body: RefreshRequest, parts: WithParts) -> GrantModel:
    """A refresh token for new tokens."""
    return _model(await parts.accounts.refresh(body.refresh_token))


@router.post("/logout", status_code=204, summary="Sign out on this device")
async def logout(body: RefreshRequest, parts: WithParts) -> None:
    """Revoke the device's tokens."""
    await parts.accounts.logout(body.refresh_token)


def _model(grant: Grant) -> GrantModel:
    return GrantModel(
        access_token=grant.access_token,
        expires_in_s=grant.expires_in_s,
        refresh_token=grant.refresh_token,
        profile=ProfileModel(id=grant.profile.id, name=grant.profile.name, kids=grant.profile.kids),
    )
