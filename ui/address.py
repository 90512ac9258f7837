"""A service for a film that has none: one address, one title, nobody to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from player.service.model import Card, Home, NotFound, Person, Playback, Profile, Refused, ResumePoint, TitleDetails

_NO_SERVER = "This film is played from its address alone; there is no server to keep that."


class Address:
    """A service for a film that has none: one address, one title, nothing to sign in to."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        name = unquote(PurePosixPath(urlsplit(uri).path).parent.name) or urlsplit(uri).netloc
        self._card = Card(id=uri, name=name, duration_s=0.0)

    async def login(self, username: str, password: str) -> Profile:
        return Profile("local", username)

    async def logout(self) -> None:
        return None

    async def people(self) -> tuple[Person, ...]:
        return ()

    async def choose(self, profile_id: str, pin: str | None = None) -> Profile:
        raise Refused(_NO_SERVER)

    async def add_person(self, name: str, *, kids: bool = False, pin: str | None = None) -> Person:
        raise Refused(_NO_SERVER)

    async def change_person(self, profile_id: str, changes: Mapping[str, object]) -> Person:
        raise Refused(_NO_SERVER)

    async def remove_person(self, profile_id: str, pin: str | None = None) -> None:
        raise Refused(_NO_SERVER)

    async def home(self) -> Home:
        return Home(self._card, ())

    def known_home(self) -> Home | None:
        return None

    async def titles(self) -> tuple[Card, ...]:
        return (self._card,)

    async def search(self, typed: str) -> tuple[Card, ...]:
        return (self._card,) if typed.casefold() in self._card.name.casefold() else ()

    async def my_list(self) -> tuple[Card, ...]:
        return ()

    async def list_title(self, title_id: str, listed: bool) -> None:
        raise Refused(_NO_SERVER)

    async def history(self) -> tuple[ResumePoint, ...]:
        return ()

    async def forget_history(self, title_id: str) -> None:
        return None

    async def title(self, title_id: str) -> TitleDetails:
        return TitleDetails(self._known(title_id))

    async def playback(self, title_id: str) -> Playback:
        return Playback(self._known(title_id), self._uri, float("inf"))

    async def remember(self, title_id: str, position_s: float, duration_s: float) -> bool:
        return True

    async def aclose(self) -> None:
        return None

    def _known(self, title_id: str) -> Card:
        if title_id != self._card.id:
            raise NotFound(f"There is no title {title_id!r} here.")
        return self._card
