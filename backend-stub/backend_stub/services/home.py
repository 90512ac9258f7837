"""The first page: a film on top, what was begun, what was put aside, all films, and a row per genre."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from backend_stub.services.catalog import Card, Personal, card
from backend_stub.services.context import SignedIn, WithParts

router = APIRouter(prefix="/v1", tags=["home"])

_MAX_ROW = 50


class Row(BaseModel):
    """A row of films; `kind` says which picture it shows."""

    id: str
    title: str
    kind: Literal["stills", "posters"]
    items: list[Card]


class Home(BaseModel):
    """The home page."""

    hero: Card | None
    rows: list[Row]


@router.get("/home", summary="The home page")
async def home(parts: WithParts, profile: SignedIn) -> Home:
    """Rows for the caller."""
    personal = await Personal.of(parts, profile)
    cards = {title.id: card(parts, title, personal) for title in await parts.titles(profile)}
    # Both come latest first, so the rows do too.
    begun = [cards[id_] for id_ in personal.watches if id_ in cards and cards[id_].position_s is not None]
    listed = [cards[id_] for id_ in personal.listed if id_ in cards]
    films = list(cards.values())
    rows = [Row(id="continue-watching", title="Continue watching", kind="stills", items=begun[:_MAX_ROW])]
    rows.append(Row(id="my-list", title="My List", kind="posters", items=listed[:_MAX_ROW]))
    rows.append(Row(id="films", title="Films", kind="posters", items=films[:_MAX_ROW]))
    rows += _genre_rows(films)
    return Home(hero=films[0] if films else None, rows=[row for row in rows if row.items])


def _genre_rows(films: list[Card]) -> list[Row]:
    by_genre: dict[str, list[Card]] = defaultdict(list)
    for film in films:
        for genre in dict.fromkeys(film.genres):
            by_genre[genre].append(film)
    return [
        Row(id=f"genre-{genre.casefold().replace(' ', '-')}", title=genre, kind="posters", items=items[:_MAX_ROW])
        for genre, items in sorted(by_genre.items())
    ]
