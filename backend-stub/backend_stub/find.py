"""Finding films by what somebody has typed so far: every word begins a word of the film's, whatever its accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from backend_stub.library import Title

MOST_WORDS = 12
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Case, accents and punctuation make no difference."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def search(titles: Iterable[Title], query: str) -> list[Title]:
    """The films that have a word for each of the query's, the best first.

    A word in the name counts before one in the genres, and that before one in the description or the year; within
    that, the earlier it stands and the fuller it is typed the better. A query without a word finds nothing.
    """
    wanted = words(query)[:MOST_WORDS]
    if not wanted:
        return []
    ranked = [(rank, title) for title in titles if (rank := _rank(title, wanted)) is not None]
    return [title for _, title in sorted(ranked, key=lambda one: (one[0], one[1].facts.name.casefold(), one[1].id))]


def _rank(title: Title, wanted: list[str]) -> tuple[int, int, int] | None:
    """Lower is better; None: the film lacks a word."""
    facts = title.facts
    shelves = (
        words(facts.name),
        words(" ".join(facts.genres)),
        words(f"{facts.description} {facts.year or ''} {' '.join(track.name for track in facts.audio)}"),
    )
    hits = [_hit(word, shelves) for word in wanted]
    found = [hit for hit in hits if hit is not None]
    if len(found) < len(hits):
        return None
    return max(hit[0] for hit in found), sum(hit[1] for hit in found), sum(hit[2] for hit in found)


def _hit(word: str, shelves: tuple[list[str], ...]) -> tuple[int, int, int] | None:
    """Shelf, place on it, and letters not typed yet, of the best word that begins with this one."""
    for shelf, there in enumerate(shelves):
        found = [(place, len(one) - len(word)) for place, one in enumerate(there) if one.startswith(word)]
        if found:
            return (shelf, *min(found))
    return None
