"""My List: films put aside for later."""

from __future__ import annotations

from fastapi import APIRouter

from backend_stub.library import resolve_alias
from backend_stub.services.catalog import Personal, Titles, card
from backend_stub.services.context import SignedIn, TitleId, WithParts

router = APIRouter(prefix="/v1/list", tags=["list"])


@router.get("", summary="My List")
async def get(parts: WithParts, profile: SignedIn) -> Titles:
    """What the caller put aside, the latest first; films that are gone are left out, and come back if they do."""
    personal = await Personal.of(parts, profile)
    by_id = {title.id: title for title in await parts.titles(profile)}
    return Titles(items=[card(parts, by_id[id_], personal) for id_ in personal.listed if id_ in by_id])


@router.put("/{title_id}", status_code=204, summary="Put a film on the list")
async def put(title_id: TitleId, parts: WithParts, profile: SignedIn) -> None:
    """Twice is no error."""
    title = await parts.title(title_id, profile)
    await parts.my_list.add(profile.id, title.id, parts.clock())


@router.delete("/{title_id}", status_code=204, summary="Take a film off the list")
async def remove(title_id: TitleId, parts: WithParts, profile: SignedIn) -> None:
    """A film that is not on it, or is gone, is no error."""
    await parts.my_list.remove(profile.id, resolve_alias(title_id))
