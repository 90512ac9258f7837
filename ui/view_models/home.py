"""The home page as rows of cards, ready to be shown: what each card says, how far it was watched, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from player.service.model import Card, Home, ResumePoint, TitleDetails
from ui.view_models import formatting

RESUME_FROM_S = 5.0
"""A title left in its first seconds starts over; nobody wants those back."""


@dataclass(frozen=True, slots=True)
class CardView:
    """One card as its delegate reads it."""

    id: str
    name: str
    meta: str
    description: str
    poster: str
    still: str
    backdrop: str
    watched: float
    resume_s: float
    action: str
    caption: str
    preparing: str
    listed: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """A shelf: `stills` are landscape, `posters` upright."""

    id: str
    title: str
    stills: bool
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True)
class HomeView:
    """The page: the hero may be missing, rows without a card are left out."""

    hero: CardView | None
    rows: tuple[RowView, ...]

    @property
    def empty(self) -> bool:
        return self.hero is None and not self.rows

    @property
    def preparing(self) -> bool:
        """Whether some title is still being encoded, so that the page should look again soon."""
        return any(card.preparing for row in self.rows for card in row.cards)


def card_view(card: Card, base_url: str) -> CardView:
    """What a card says; image addresses become absolute."""
    position_s = card.position_s or 0.0
    resumes = position_s >= RESUME_FROM_S and position_s < card.duration_s
    remaining = formatting.left(position_s, card.duration_s)
    return CardView(
        id=card.id,
        name=card.name,
        meta=" \u00b7 ".join(_meta(card)),
        description=card.description,
        poster=_absolute(base_url, card.poster_url),
        still=_absolute(base_url, card.still_url),
        backdrop=_absolute(base_url, card.backdrop_url),
        watched=min(1.0, position_s / card.duration_s) if resumes else 0.0,
        resume_s=position_s if resumes else 0.0,
        action=f"Resume \u00b7 {remaining}" if resumes else "Play",
        caption=remaining if resumes else formatting.span(card.duration_s),
        listed=card.listed,
        preparing=f"Preparing \u00b7 {formatting.percent(card.progress)}" if card.state == "encoding" else "",
    )


def watched_cards(titles: Sequence[Card], points: Sequence[ResumePoint]) -> tuple[Card, ...]:
    """The titles that were begun or seen, the latest first; those that are gone are left out."""
    by_id = {card.id: card for card in titles}
    latest = sorted(points, key=lambda point: point.event_at_s, reverse=True)
    return tuple(by_id[point.id] for point in latest if point.id in by_id)


def details_lines(details: TitleDetails) -> list[tuple[str, str]]:
    """What the sheet says beside the description; a line with nothing to say is left out."""
    best = max(details.rungs, key=lambda rung: (rung.height, rung.bitrate_bps), default=None)
    lines = [
        ("Genres", ", ".join(details.card.genres)),
        ("Audio", ", ".join(language.name for language in details.audio)),
        ("Subtitles", ", ".join(language.name for language in details.subtitles)),
        ("Quality", f"up to {best.height}p, {formatting.rate(best.bitrate_bps)}" if best else ""),
    ]
    return [(name, text) for name, text in lines if text]


def _meta(card: Card) -> list[str]:
    facts = [str(card.year)] if card.year else []
    facts.append(formatting.span(card.duration_s))
    facts += [card.maturity] if card.maturity else []
    return facts + list(card.genres)[:2]


def _absolute(base_url: str, url: str | None) -> str:
    return urljoin(base_url.rstrip("/") + "/", url) if url else ""


def home_view(home: Home, base_url: str) -> HomeView:
    """The whole page."""
    rows = tuple(
        RowView(row.id, row.title, row.kind == "stills", _cards(row.items, base_url)) for row in home.rows if row.items
    )
    return HomeView(card_view(home.hero, base_url) if home.hero else None, rows)


def _cards(cards: Sequence[Card], base_url: str) -> tuple[CardView, ...]:
    return tuple(card_view(card, base_url) for card in cards)
