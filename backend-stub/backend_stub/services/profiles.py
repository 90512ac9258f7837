"""Who's watching: the account's profiles, and becoming one of them."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from backend_stub.auth.accounts import Profile
from backend_stub.auth.profiles import COLOURS, Changes, Person
from backend_stub.errors import ApiError
from backend_stub.services.auth import ProfileModel
from backend_stub.services.context import Parts, SignedIn, WithParts

router = APIRouter(prefix="/v1/profiles", tags=["profiles"])

_Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]
_Pin = Annotated[str, Field(pattern=r"^[0-9]{4}$", description="Four digits.")]
Colour = Literal["amber", "teal", "violet", "rose", "sky", "lime", "coral", "slate"]
assert get_args(Colour) == COLOURS


class PersonModel(BaseModel):
    """A profile; `locked`: it asks for a PIN."""

    id: str
    name: str
    colour: Colour
    kids: bool
    locked: bool


class People(BaseModel):
    """All of the account's profiles, the oldest first."""

    items: list[PersonModel]


class NewPerson(BaseModel):
    """A profile to be made."""

    name: _Name
    colour: Colour | None = None
    kids: bool = False
    pin: _Pin | None = None


class PersonChanges(BaseModel):
    """What is to be different; what is left out stays. `pin` null takes the PIN away; `current_pin` opens a lock."""

    name: _Name | None = None
    colour: Colour | None = None
    kids: bool | None = None
    pin: _Pin | None = None
    current_pin: _Pin | None = None


class Opening(BaseModel):
    """What opens a profile."""

    pin: _Pin | None = None


class Selected(BaseModel):
    """An access token for that profile; the device's refresh token stays good, and brings more for it."""

    access_token: str
    expires_in_s: int
    profile: ProfileModel


@router.get("", summary="The account's profiles")
async def get(parts: WithParts, profile: SignedIn) -> People:
    """For the chooser."""
    return People(items=[_model(person) for person in await parts.profiles.of(profile.user_id)])


@router.post("", status_code=201, summary="Make a profile")
async def post(body: NewPerson, parts: WithParts, profile: SignedIn) -> PersonModel:
    """Not from a Kids profile."""
    _grown_up(profile)
    wanted = Changes(body.name, body.colour, body.kids, body.pin)
    return _model(await parts.profiles.add(profile.user_id, wanted))


@router.patch("/{profile_id}", summary="Change a profile")
async def patch(
    profile_id: _Id, body: PersonChanges, request: Request, parts: WithParts, profile: SignedIn
) -> PersonModel:
    """Not from a Kids profile; somebody else's with a lock asks for its PIN."""
    _grown_up(profile)
    if profile_id != profile.id:
        await _open(parts, profile, profile_id, body.current_pin, request)
    pin = (body.pin or "") if "pin" in body.model_fields_set else None
    return _model(
        await parts.profiles.change(profile.user_id, profile_id, Changes(body.name, body.colour, body.kids, pin))
    )


@router.post("/{profile_id}/remove", status_code=204, summary="Remove a profile, with its history and its list")
async def remove(profile_id: _Id, body: Opening, request: Request, parts: WithParts, profile: SignedIn) -> None:
    """Not from a Kids profile, not the one in use, and not without its PIN."""
    _grown_up(profile)
    if profile_id == profile.id:
        raise ApiError(409, "profile-in-use", "This profile is in use here; choose another one, then remove it.")
    await _open(parts, profile, profile_id, body.pin, request)
    await parts.profiles.remove(profile.user_id, profile_id)


@router.post("/{profile_id}/select", summary="Become this profile", description="403 when the PIN is wrong.")
async def select(profile_id: _Id, body: Opening, request: Request, parts: WithParts, profile: SignedIn) -> Selected:
    """The device is theirs from now on."""
    await _open(parts, profile, profile_id, body.pin, request)
    token, expires_in_s, chosen = await parts.accounts.select(profile, profile_id)
    who = ProfileModel(id=chosen.id, name=chosen.name, kids=chosen.kids)
    return Selected(access_token=token, expires_in_s=expires_in_s, profile=who)


def _grown_up(profile: Profile) -> None:
    if profile.kids:
        raise ApiError(403, "kids-profile", "Profiles are not managed from a Kids profile. Choose another one first.")


async def _open(parts: Parts, who: Profile, profile_id: str, pin: str | None, request: Request) -> None:
    """Raises ApiError 403 without the right PIN, 429 after too many tries, 404 for none of the account's."""
    person = await parts.profiles.find(who.user_id, profile_id)
    if not person.locked:
        return
    if pin is None:
        raise ApiError(403, "pin-needed", f"{person.name} asks for a PIN.")
    address = request.client.host if request.client else ""
    wait_s = parts.limiter.admit(f"pin:{profile_id}", address, asyncio.get_running_loop().time())
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        message = f"Too many tries. Please wait {seconds} s and try again."
        raise ApiError(429, "too-many-tries", message, {"Retry-After": str(seconds)})
    if not await parts.profiles.check_pin(who.user_id, profile_id, pin):
        raise ApiError(403, "wrong-pin", "That is not the PIN. Please try again.")
    parts.limiter.forget(f"pin:{profile_id}", address)


def _model(person: Person) -> PersonModel:
    return PersonModel.model_validate(person, from_attributes=True)
