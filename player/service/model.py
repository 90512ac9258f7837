"""What the gateway tells: frozen values, read strictly and within bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from player.presentation.uris import join_http

T = TypeVar("T")

LONGEST_TEXT = 4000
MOST_ITEMS = 500
LONGEST_TITLE_S = 7 * 24 * 3600.0


class ServiceError(Exception):
    """The gateway did not do what was asked. The text is for people: what happened, and what to do.

    ServiceError
    |- Unreachable    nobody answers, or with a failure of its own; try again later, play what is known
    |- SignInNeeded   the session is over, or the name and password are wrong; the sign-in page
    |- PinNeeded      a profile is locked, or the PIN was wrong; the PIN pad
    |- Refused        it can't be done, and the text says why: a name that is taken, a list that is full
    |- NotFound       no such title any more; back to the home page
    |- RateLimited    too many tries; wait `retry_after_s`
    `- BadAnswer      an answer that makes no sense; a version too old or too new, or not a gateway at all
    """


class Unreachable(ServiceError):
    pass


class SignInNeeded(ServiceError):
    pass


class PinNeeded(ServiceError):
    pass


class Refused(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class RateLimited(ServiceError):
    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadAnswer(ServiceError):
    pass


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    name: str
    kids: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A profile as the chooser shows it: `colour` is a name, `locked` says that a PIN is asked for."""

    id: str
    name: str
    colour: str = ""
    kids: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A title as the pages show it. `position_s` is where to resume, None when it was never begun."""

    id: str
    name: str
    duration_s: float
    year: int | None = None
    description: str = ""
    maturity: str = ""
    genres: tuple[str, ...] = ()
    poster_url: str = ""
    still_url: str = ""
    backdrop_url: str = ""
    position_s: float | None = None
    listed: bool = False
    state: str = "ready"
    progress: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the home page; `kind` is "stills" or "posters"."""

    id: str
    title: str
    kind: str
    items: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Home:
    hero: Card | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Language:
    lang: str
    name: str


@dataclass(frozen=True, slots=True)
class CatalogRung:
    width: int
    height: int
    bitrate_bps: int


@dataclass(frozen=True, slots=True)
class TitleDetails:
    card: Card
    audio: tuple[Language, ...] = ()
    subtitles: tuple[Language, ...] = ()
    rungs: tuple[CatalogRung, ...] = ()


@dataclass(frozen=True, slots=True)
class PathwayBase:
    id: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Playback:
    """Permission to play a title: the signed manifest, until `expires_at_s` (wall clock, seconds since 1970)."""

    title: Card
    manifest_url: str
    expires_at_s: float
    resume_position_s: float = 0.0
    steering_uri: str | None = None
    sprites_url: str | None = None
    pathways: tuple[PathwayBase, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a title was left, by the wall clock of the moment itself, and whose place it is as far as that is known."""

    id: str
    position_s: float
    duration_s: float
    event_at_s: float
    profile_id: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """What a sign-in or a renewal brings."""

    access_token: str
    refresh_token: str
    expires_in_s: float
    profile: Profile


class Fields:
    """A JSON object, asked for its members one by one; whatever is wrong raises `BadAnswer` with the member's name."""

    def __init__(self, value: object, base: str, name: str = "answer") -> None:
        if not isinstance(value, dict):
            raise BadAnswer(f"The server's answer makes no sense ({name} is not an object).")
        self._values: dict[str, Any] = value
        self._base = base

    def _bad(self, key: str) -> BadAnswer:
        return BadAnswer(f"The server's answer makes no sense ({key}). Is this the right address and version?")

    def text(self, key: str, default: str | None = None, longest: int = LONGEST_TEXT) -> str:
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or len(value) > longest:
            raise self._bad(key)
        return value

    def number(self, key: str, most: float, default: float | None = None) -> float:
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._bad(key)
        if not math.isfinite(value) or not 0 <= value <= most:
            raise self._bad(key)
        return float(value)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self._bad(key)
        return value

    def maybe_number(self, key: str, most: float) -> float | None:
        return None if self._values.get(key) is None else self.number(key, most)

    def url(self, key: str) -> str | None:
        """An absolute http(s) address, or None when the member is absent or empty."""
        reference = self.text(key, "")
        if not reference:
            return None
        try:
            return join_http(self._base, reference)
        except ValueError as error:
            raise self._bad(key) from error

    def child(self, key: str) -> Fields:
        return Fields(self._values.get(key), self._base, key)

    def maybe_child(self, key: str) -> Fields | None:
        return None if self._values.get(key) is None else self.child(key)

    def each(self, key: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
        return tuple(read(Fields(item, self._base, key)) for item in self._items(key))

    def texts(self, key: str) -> tuple[str, ...]:
        items = self._items(key)
        if any(not isinstance(item, str) or len(item) > 200 for item in items):
            raise self._bad(key)
        return tuple(items)

    def _items(self, key: str) -> list[Any]:
        items = self._values.get(key, [])
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            raise self._bad(key)
        return items


def read_session(fields: Fields) -> Session:
    return Session(
        access_token=fields.text("access_token"),
        refresh_token=fields.text("refresh_token"),
        expires_in_s=fields.number("expires_in_s", 365 * 24 * 3600.0),
        profile=read_profile(fields.child("profile")),
    )


def read_profile(fields: Fields) -> Profile:
    return Profile(fields.text("id", longest=200), fields.text("name", longest=200), fields.flag("kids"))


def read_person(fields: Fields) -> Person:
    return Person(
        id=fields.text("id", longest=200),
        name=fields.text("name", longest=200),
        colour=fields.text("colour", "", 40),
        kids=fields.flag("kids"),
        locked=fields.flag("locked"),
    )


def read_card(fields: Fields) -> Card:
    year = fields.maybe_number("year", 9999)
    return Card(
        id=fields.text("id", longest=200),
        name=fields.text("name", longest=500),
        duration_s=fields.number("duration_s", LONGEST_TITLE_S),
        year=None if year is None else int(year),
        description=fields.text("description", ""),
        maturity=fields.text("maturity", "", 50),
        genres=fields.texts("genres"),
        poster_url=fields.url("poster_url") or "",
        still_url=fields.url("still_url") or "",
        backdrop_url=fields.url("backdrop_url") or "",
        position_s=fields.maybe_number("position_s", LONGEST_TITLE_S),
        listed=fields.flag("listed"),
        state=fields.text("state", "ready", 50),
        progress=fields.number("progress", 1.0, 1.0),
    )


def read_home(fields: Fields) -> Home:
    hero = fields.maybe_child("hero")
    return Home(hero=read_card(hero) if hero else None, rows=fields.each("rows", _read_row))


def _read_row(fields: Fields) -> Row:
    return Row(
        id=fields.text("id", longest=200),
        title=fields.text("title", longest=500),
        kind=fields.text("kind", "posters", 50),
        items=fields.each("items", read_card),
    )


def read_title(fields: Fields) -> TitleDetails:
    return TitleDetails(
        card=read_card(fields),
        audio=fields.each("audio", _read_language),
        subtitles=fields.each("subtitles", _read_language),
        rungs=fields.each("rungs", _read_rung),
    )


def _read_language(fields: Fields) -> Language:
    return Language(fields.text("lang", longest=64), fields.text("name", longest=200))


def _read_rung(fields: Fields) -> CatalogRung:
    width, height = fields.number("width", 65_536), fields.number("height", 65_536)
    return CatalogRung(int(width), int(height), int(fields.number("bitrate_bps", 1e10)))


def read_playback(fields: Fields) -> Playback:
    manifest_url = fields.url("manifest_url")
    if manifest_url is None:
        raise BadAnswer("The server named no manifest to play. Try again, or choose another title.")
    return Playback(
        title=read_card(fields.child("title")),
        manifest_url=manifest_url,
        expires_at_s=fields.number("expires_at", 1e11),
        resume_position_s=fields.number("resume_position_s", LONGEST_TITLE_S, 0.0),
        steering_uri=fields.url("steering_uri"),
        sprites_url=fields.url("sprites_url"),
        pathways=fields.each("pathways", _read_pathway),
    )


def _read_pathway(fields: Fields) -> PathwayBase:
    return PathwayBase(fields.text("id", longest=64), fields.url("base_url") or "")


def read_resume_point(fields: Fields) -> ResumePoint:
    return ResumePoint(
        id=fields.text("id", longest=200),
        position_s=fields.number("position_s", LONGEST_TITLE_S),
        duration_s=fields.number("duration_s", LONGEST_TITLE_S),
        event_at_s=fields.number("event_at", 1e11),
        profile_id=fields.text("profile_id", "", 200),
    )
