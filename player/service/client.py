"""The gateway's client: sign-in, catalog, permission to play, resume points, pictures."""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from player.presentation.uris import authority, join_http, shown
from player.service.answers import bounded, decoded, refusal
from player.service.known_home import KnownHome
from player.service.model import (
    BadAnswer,
    Card,
    Fields,
    Home,
    Person,
    Playback,
    Profile,
    ResumePoint,
    ServiceError,
    Session,
    SignInNeeded,
    TitleDetails,
    Unreachable,
    read_card,
    read_home,
    read_person,
    read_playback,
    read_profile,
    read_resume_point,
    read_session,
    read_title,
)
from player.service.outbox import HistoryOutbox
from player.service.tokens import MemoryTokenStore, Tokens, TokenStore

LARGEST_ANSWER_BYTES = 4 * 2**20
LARGEST_IMAGE_BYTES = 8 * 2**20
TIMEOUT_S = 10.0
# Renewed this long before its end, so that a request never carries a token that dies on the way.
RENEW_BEFORE_S = 30.0
LONGEST_LIFE_S = 365 * 24 * 3600.0
LONGEST_QUERY = 200

Json = Mapping[str, object]


class GatewayClient:
    """One viewer's connection to one gateway; belongs to one event loop.

    Renews the access token by itself, once for all requests that need it. All methods raise `ServiceError`s.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenStore | None = None,
        *,
        outbox: Path | None = None,
        known: KnownHome | None = None,
        device: str = "desktop",
    ) -> None:
        try:
            self._base = join_http(base_url.rstrip("/") + "/", "")
        except ValueError as error:
            raise Unreachable(f"{shown(base_url)} is not the address of a server. Check it in the settings.") from error
        self._store = tokens or MemoryTokenStore()
        self._tokens = self._ours(self._store.load())
        self._device = device
        self._known = known
        self._renewing = asyncio.Lock()
        self._outbox = HistoryOutbox(outbox) if outbox else None
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> GatewayClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    @property
    def profile(self) -> Profile | None:
        """Who is signed in, as far as we know."""
        known = self._tokens
        return Profile(known.profile_id, known.profile_name, known.kids) if known else None

    @property
    def _profile_id(self) -> str:
        return self._tokens.profile_id if self._tokens else ""

    @property
    def outbox(self) -> HistoryOutbox | None:
        return self._outbox

    async def health(self) -> bool:
        """Does the gateway answer?"""
        try:
            await self._ask("GET", "v1/health", signed=False)
        except ServiceError:
            return False
        return True

    async def login(self, username: str, password: str) -> Profile:
        """Sign in. `SignInNeeded` when the name or the password is wrong, `RateLimited` after too many tries."""
        body = {"username": username, "password": password, "device": self._device}
        session = read_session(await self._ask("POST", "v1/auth/login", body, signed=False))
        self._keep(session)
        return session.profile

    async def logout(self) -> None:
        """Forget the session here, and end it there if the gateway can be reached."""
        tokens, self._tokens = self._tokens, None
        self._store.clear()
        if tokens is not None:
            try:
                await self._ask("POST", "v1/auth/logout", {"refresh_token": tokens.refresh_token}, signed=False)
            except ServiceError:
                return

    async def people(self) -> tuple[Person, ...]:
        """The account's profiles, for "Who's watching?"."""
        return (await self._ask("GET", "v1/profiles")).each("items", read_person)

    async def choose(self, profile_id: str, pin: str | None = None) -> Profile:
        """Become this profile. `PinNeeded` without the right PIN, `RateLimited` after too many."""
        body = {} if pin is None else {"pin": pin}
        fields = await self._ask("POST", f"v1/profiles/{_part(profile_id)}/select", body)
        assert self._tokens is not None, "that call needs a session"
        token, life_s = fields.text("access_token"), fields.number("expires_in_s", LONGEST_LIFE_S)
        profile = read_profile(fields.child("profile"))
        self._keep(Session(token, self._tokens.refresh_token, life_s, profile))
        return profile

    async def add_person(self, name: str, *, kids: bool = False, pin: str | None = None) -> Person:
        """A new profile. `Refused` when the name is taken, or there are too many."""
        return read_person(await self._ask("POST", "v1/profiles", {"name": name, "kids": kids, "pin": pin}))

    async def change_person(self, profile_id: str, changes: Json) -> Person:
        """`changes` as the gateway's PATCH /v1/profiles takes them: name, colour, kids, pin, current_pin."""
        return read_person(await self._ask("PATCH", f"v1/profiles/{_part(profile_id)}", changes))

    async def remove_person(self, profile_id: str, pin: str | None = None) -> None:
        body = {} if pin is None else {"pin": pin}
        await self._ask("POST", f"v1/profiles/{_part(profile_id)}/remove", body)

    async def home(self) -> Home:
        home = read_home(await self._ask("GET", "v1/home"))
        if self._known is not None:
            await asyncio.to_thread(self._known.save, self._base, self._profile_id, home)
        return home

    def known_home(self) -> Home | None:
        """The home page as it was last seen, for the moment until the server answers."""
        return self._known.load(self._base, self._profile_id) if self._known and self._tokens else None

    async def titles(self) -> tuple[Card, ...]:
        return (await self._ask("GET", "v1/titles")).each("items", read_card)

    async def search(self, typed: str) -> tuple[Card, ...]:
        """The titles that fit what was typed so far, the best first."""
        query = urlencode({"q": typed[:LONGEST_QUERY]})
        return (await self._ask("GET", f"v1/search?{query}")).each("items", read_card)

    async def my_list(self) -> tuple[Card, ...]:
        return (await self._ask("GET", "v1/list")).each("items", read_card)

    async def list_title(self, title_id: str, listed: bool) -> None:
        """Put a title on My List, or take it off. `Refused` when the list is full."""
        await self._ask("PUT" if listed else "DELETE", f"v1/list/{_part(title_id)}")

    async def title(self, title_id: str) -> TitleDetails:
        return read_title(await self._ask("GET", f"v1/titles/{_part(title_id)}"))

    async def playback(self, title_id: str) -> Playback:
        """Permission to play a title, with its signed manifest."""
        return read_playback(await self._ask("POST", f"v1/playback/{_part(title_id)}", {}))

    async def history(self) -> tuple[ResumePoint, ...]:
        return (await self._ask("GET", "v1/history")).each("items", read_resume_point)

    async def forget_history(self, title_id: str) -> None:
        """As if the title had never been begun."""
        if self._outbox is not None:
            self._outbox.forget(title_id, self._profile_id)
        await self._ask("DELETE", f"v1/history/{_part(title_id)}")

    async def put_history(self, point: ResumePoint) -> None:
        """Deliver one resume point now, or raise."""
        body = {"position_s": point.position_s, "duration_s": point.duration_s, "event_at": point.event_at_s}
        await self._ask("PUT", f"v1/history/{_part(point.id)}", body)

    async def remember(self, title_id: str, position_s: float, duration_s: float) -> bool:
        """Keep a resume point on disk and deliver it when possible; True when the gateway has it. Never raises."""
        point = ResumePoint(title_id, position_s, duration_s, time.time(), self._profile_id)
        if self._outbox is None:
            try:
                await self.put_history(point)
            except ServiceError:
                return False
            return True
        self._outbox.add(point)
        await self.flush_history()
        return self._outbox.position_s(title_id, self._profile_id) is None

    async def flush_history(self) -> int:
        """Deliver the resume points that wait; how many were."""
        return await self._outbox.flush(self.put_history, self._profile_id) if self._outbox else 0

    async def image(self, url: str) -> bytes:
        """A picture's bytes, bounded; not decoded and not checked."""
        status, headers, body = await self._send("GET", join(self._base, url), {}, None, LARGEST_IMAGE_BYTES)
        if status != 200 or not headers.get("content-type", "").startswith("image/"):
            raise refusal(status, headers, b"", "picture") if status != 200 else BadAnswer("That is no picture.")
        return body

    async def _ask(self, method: str, path: str, body: Json | None = None, *, signed: bool = True) -> Fields:
        """One call; with a fresh token if the gateway says that ours is over."""
        url = join(self._base, path)
        token = await self._access_token() if signed else None
        status, headers, raw = await self._send(method, url, _bearer(token), body)
        if status == 401 and token is not None:
            status, headers, raw = await self._send(method, url, _bearer(await self._renewed(token)), body)
        if status == 204:
            return Fields({}, self._base)
        if status not in (200, 201):
            raise refusal(status, headers, raw, path)
        return Fields(decoded(raw), self._base)

    async def _access_token(self) -> str:
        if self._tokens is None:
            raise SignInNeeded("You are not signed in. Sign in to go on.")
        if time.time() > self._tokens.expires_at_s - RENEW_BEFORE_S:
            return await self._renewed(self._tokens.access_token)
        return self._tokens.access_token

    async def _renewed(self, stale: str) -> str:
        """A token other than `stale`: whoever comes first renews, the others take what it brought."""
        async with self._renewing:
            # Another process with the same store may have renewed: using an old refresh token again would end both.
            if self._tokens is None or self._tokens.access_token == stale:
                self._tokens = self._ours(self._store.load()) or self._tokens
            if self._tokens is None:
                raise SignInNeeded("You are not signed in. Sign in to go on.")
            if self._tokens.access_token != stale:
                return self._tokens.access_token
            return await self._renew(self._tokens)

    async def _renew(self, tokens: Tokens) -> str:
        body = {"refresh_token": tokens.refresh_token}
        try:
            session = read_session(await self._ask("POST", "v1/auth/refresh", body, signed=False))
        except SignInNeeded:
            self._tokens = None
            self._store.clear()
            raise SignInNeeded("Your session is over. Sign in again.") from None
        self._keep(session)
        return session.access_token

    def _keep(self, session: Session) -> None:
        self._tokens = Tokens(
            gateway=self._base,
            access_token=session.access_token,
            refresh_token=session.refresh_token,
            expires_at_s=time.time() + session.expires_in_s,
            profile_id=session.profile.id,
            profile_name=session.profile.name,
            kids=session.profile.kids,
        )
        try:
            self._store.save(self._tokens)
        except OSError:
            # A full disk costs a sign-in at the next start, not the film of tonight.
            return

    def _ours(self, tokens: Tokens | None) -> Tokens | None:
        """Tokens of another gateway are never shown to this one."""
        return tokens if tokens is not None and tokens.gateway == self._base else None

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Json | None,
        limit_bytes: int = LARGEST_ANSWER_BYTES,
    ) -> tuple[int, Mapping[str, str], bytes]:
        client = await self._client()
        try:
            async with asyncio.timeout(2 * TIMEOUT_S), client.stream(method, url, headers=headers, json=body) as answer:
                return answer.status_code, answer.headers, await bounded(answer, limit_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            where = authority(url)
            raise Unreachable(
                f"The server {where} cannot be reached. Check that it runs and that you are online, then try again."
            ) from error

    async def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            secure = self._base.startswith("https:")
            context = await asyncio.to_thread(_trust) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._http = self._http or httpx.AsyncClient(
                verify=context, timeout=TIMEOUT_S, trust_env=False, headers={"Accept-Encoding": "identity"}
            )
        return self._http


def _part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def join(base: str, reference: str) -> str:
    """An address on the gateway. Raises `BadAnswer` when it is none."""
    try:
        return join_http(base, reference)
    except ValueError as error:
        raise BadAnswer(f"{shown(reference)} is not an address that can be fetched.") from error


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@functools.cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
