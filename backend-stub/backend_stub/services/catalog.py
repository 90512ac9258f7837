"""The films: cards, details, and their pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend_stub.auth.accounts import Profile
from backend_stub.cdn.serve import Body, open_body, send_body
from backend_stub.errors import ApiError
from backend_stub.find import search
from backend_stub.library import Rung, Title, Track
from backend_stub.resume import Watch
from backend_stub.services.context import Parts, SignedIn, TitleId, WithParts

router = APIRouter(prefix="/v1", tags=["catalog"])

MOST_FOUND = 50
_IMAGE_CACHE = "public, max-age=86400"


class Card(BaseModel):
    """A film as lists show it. `position_s` is where it goes on, null when it would begin at the beginning.

    `listed`: it is on the caller's list.
    """

    id: str
    name: str
    year: int | None
    duration_s: float
    description: str
    maturity: str
    genres: list[str]
    poster_url: str
    still_url: str
    backdrop_url: str
    position_s: float | None
    listed: bool
    state: Literal["encoding", "ready"]
    progress: float


class Detail(Card):
    """A film with its tracks and its ladder."""

    audio: list[Track]
    subtitles: list[Track]
    rungs: list[Rung]


class Titles(BaseModel):
    """All films."""

    items: list[Card]


@dataclass(frozen=True, slots=True)
class Personal:
    """What makes the caller's cards theirs: resume points and list, each by title, the latest first."""

    watches: Mapping[str, Watch]
    listed: Mapping[str, float]

    @classmethod
    async def of(cls, parts: Parts, profile: Profile) -> Personal:
        """Read it."""
        watches, listed = await asyncio.gather(parts.history.of(profile.id), parts.my_list.of(profile.id))
        return cls(watches, listed)


def card(parts: Parts, title: Title, personal: Personal) -> Card:
    """The card of a film for the caller."""
    watch = personal.watches.get(title.id)
    images = f"{parts.gateway_url}/v1/images/{title.id}/{title.revision}"
    return Card(
        **title.facts.model_dump(include={"id", "name", "year", "duration_s", "description", "maturity", "genres"}),
        poster_url=f"{images}/poster.jpg",
        still_url=f"{images}/still.jpg",
        backdrop_url=f"{images}/backdrop.jpg",
        position_s=watch.resume_s if watch and watch.resume_s > 0 else None,
        listed=title.id in personal.listed,
        state=title.facts.state,
        progress=round(title.progress, 4),
    )


@router.get("/titles", summary="All films")
async def titles(parts: WithParts, profile: SignedIn) -> Titles:
    """Every film, ready or being encoded."""
    personal = await Personal.of(parts, profile)
    return Titles(items=[card(parts, title, personal) for title in await parts.titles(profile)])


@router.get(
    "/search",
    summary="Find films",
    description="Made for search as you type: every word of `q` must begin a word of the film's name, genres or "
    "description, whatever its case and accents. The best first.",
)
async def find(parts: WithParts, profile: SignedIn, q: Annotated[str, Query(max_length=200)] = "") -> Titles:
    """What fits."""
    personal = await Personal.of(parts, profile)
    found = search(await parts.titles(profile), q)
    return Titles(items=[card(parts, title, personal) for title in found[:MOST_FOUND]])


@router.get("/titles/{title_id}", summary="One film")
async def title(title_id: TitleId, parts: WithParts, profile: SignedIn) -> Detail:
    """A film with its tracks and ladder."""
    found = await parts.title(title_id, profile)
    summary = card(parts, found, await Personal.of(parts, profile))
    tracks = found.facts.model_dump(include={"audio", "subtitles", "rungs"})
    return Detail(**summary.model_dump(), **tracks)


class _FileResponse(Response):
    """A body of the edges' kind as an answer of the gateway."""

    def __init__(self, body: Body, method: str, request: Headers) -> None:
        super().__init__()
        self._body, self._method, self._request = body, method, request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_body(send, self._method, self._request, self._body)


_Picture = Annotated[str, Path(pattern=r"^(poster|still|backdrop)\.jpg$")]
_Revision = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]


_PATH = "/images/{title_id}/{revision}/{picture}"


@router.head(_PATH, include_in_schema=False)
@router.get(_PATH, summary="A picture: poster.jpg, still.jpg or backdrop.jpg", response_class=Response)
async def image(
    title_id: TitleId, revision: _Revision, picture: _Picture, request: Request, parts: WithParts
) -> Response:
    """Public and cacheable, with ETag."""
    path = parts.settings.objects_dir / "titles" / title_id / revision / picture
    body = await asyncio.to_thread(open_body, path, _IMAGE_CACHE)
    if body is None:
        raise ApiError(404, "unknown-image", "There is no such picture (yet).")
    return _FileResponse(body, request.method, request.headers)
