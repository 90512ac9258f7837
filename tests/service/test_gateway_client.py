"""The gateway's client against a gateway of raw sockets: sign-in, renewal, refusals, and resume points that survive."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.service.client import GatewayClient
from player.service.model import (
    BadAnswer,
    Fields,
    NotFound,
    RateLimited,
    ResumePoint,
    ServiceError,
    SignInNeeded,
    Unreachable,
    read_home,
    read_playback,
)
from player.service.outbox import HistoryOutbox
from player.service.tokens import FileTokenStore, MemoryTokenStore, Tokens

CARD = {
    "id": "river",
    "name": "Lantern River",
    "year": 2026,
    "duration_s": 72.5,
    "description": "A river.",
    "maturity": "all",
    "genres": ["calm"],
    "poster_url": "/v1/images/river/1/poster.jpg",
    "position_s": None,
    "state": "ready",
    "progress": 1,
}
Answer = tuple[int, Any]


class Gateway:
    """Answers "METHOD /path" by a function of (headers, body); remembers what was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.renewals = 0
        self.token = "t0"
        self.extra = ""
        self.routes: dict[str, Callable[[Any], Answer]] = {
            "POST /v1/auth/login": self._login,
            "POST /v1/auth/refresh": self._refresh,
            "POST /v1/auth/logout": lambda _b: (204, None),
        }

    def session(self) -> dict[str, Any]:
        names = {"access_token": self.token, "token_type": "Bearer", "expires_in_s": 900, "refresh_token": "r"}
        return {**names, "profile": {"id": "p1", "name": "Demo"}}

    def _login(self, body: Any) -> Answer:
        return (200, self.session()) if body["password"] == "evenflow" else (401, said("Wrong name or password."))

    def _refresh(self, _body: Any) -> Answer:
        self.renewals += 1
        self.token = f"t{self.renewals}"
        return 200, self.session()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = dict(line.lower().split(": ", 1) for line in head.strip().split("\r\n")[1:])
                body = await reader.readexactly(int(lines.get("content-length", 0)))
                what = " ".join(head.split(" ")[:2])
                self.asked.append(what)
                self.bodies.append(json.loads(body) if body else None)
                status, answer = self._answer(what, lines)
                raw = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
                kind = "image/jpeg" if isinstance(answer, bytes) else "application/json"
                start = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(raw)}\r\n{self.extra}\r\n"
                writer.write(start.encode() + raw)
                await writer.drain()
        writer.close()

    def _answer(self, what: str, headers: dict[str, str]) -> Answer:
        open_to_all = "/auth/" in what or "/images/" in what or "/health" in what
        if not open_to_all and headers.get("authorization") != f"bearer {self.token}":
            return 401, said("The token is over.")
        route = self.routes.get(what)
        return route(self.bodies[-1]) if route else (404, said("No such title."))


def said(message: str) -> dict[str, Any]:
    return {"error": {"code": "x", "message": message}}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    listening = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()


@pytest.fixture
async def client(gateway: Gateway, tmp_path: Path) -> AsyncIterator[GatewayClient]:
    async with GatewayClient(gateway.url, outbox=tmp_path / "outbox.jsonl") as made:
        await made.login("demo", "evenflow")
        yield made


async def test_a_viewer_signs_in_and_sees_the_home_page(gateway: Gateway, client: GatewayClient) -> None:
    row = {"id": "films", "title": "Films", "kind": "posters", "items": [CARD]}
    gateway.routes["GET /v1/home"] = lambda _b: (200, {"hero": CARD, "rows": [row]})
    home = await client.home()
    assert client.profile is not None
    assert client.profile.name == "Demo"
    assert home.hero is not None
    assert home.hero.poster_url == f"{gateway.url}/v1/images/river/1/poster.jpg"
    assert home.rows[0].items[0].genres == ("calm",)


async def test_a_wrong_password_is_told_in_the_gateways_words(gateway: Gateway) -> None:
    async with GatewayClient(gateway.url) as client:
        with pytest.raises(SignInNeeded, match="Wrong name or password"):
            await client.login("demo", "guess")
        assert client.profile is None


async def test_without_a_session_nothing_is_asked(gateway: Gateway) -> None:
    async with GatewayClient(gateway.url) as client:
        with pytest.raises(SignInNeeded):
            await client.home()
    assert gateway.asked == []


async def test_an_expired_token_is_renewed_once_for_all_who_need_it(gateway: Gateway, client: GatewayClient) -> None:
    gateway.routes["GET /v1/titles"] = lambda _b: (200, {"items": [CARD]})
    gateway.token = "another"
    found = await asyncio.gather(*(client.titles() for _ in range(5)))
    assert [len(cards) for cards in found] == [1] * 5
    assert gateway.renewals == 1


async def test_a_revoked_session_ends_at_the_sign_in_page(gateway: Gateway, client: GatewayClient) -> None:
    gateway.routes["POST /v1/auth/refresh"] = lambda _b: (401, said("Revoked."))
    gateway.token = "another"
    with pytest.raises(SignInNeeded, match="Sign in again"):
        await client.home()
    assert client.profile is None


async def test_signing_out_forgets_the_session_even_when_the_gateway_is_gone(tmp_path: Path) -> None:
    store = MemoryTokenStore(Tokens("http://127.0.0.1:9/", "a", "r", 9e9))
    async with GatewayClient("http://127.0.0.1:9", store) as client:
        await client.logout()
    assert store.load() is None


async def test_permission_to_play_is_read(gateway: Gateway, client: GatewayClient) -> None:
    playback = {
        "title": CARD,
        "manifest_url": "http://127.0.0.1:1/s/9-a/titles/river/1/master.m3u8",
        "steering_uri": f"{gateway.url}/v1/steering/river",
        "expires_at": 1_800_000_000,
        "resume_position_s": 12.5,
        "sprites_url": "",
        "pathways": [{"id": "edge-a", "base_url": "http://127.0.0.1:1"}],
    }
    gateway.routes["POST /v1/playback/demo"] = lambda _b: (200, playback)
    found = await client.playback("demo")
    assert (found.resume_position_s, found.sprites_url, found.pathways[0].id) == (12.5, None, "edge-a")


async def test_a_title_has_its_languages_and_rungs(gateway: Gateway, client: GatewayClient) -> None:
    rung = {"width": 640, "height": 360, "bitrate_bps": 800_000}
    details = {**CARD, "audio": [{"lang": "en", "name": "English"}], "subtitles": [], "rungs": [rung]}
    gateway.routes["GET /v1/titles/river"] = lambda _b: (200, details)
    found = await client.title("river")
    assert (found.audio[0].lang, found.rungs[0].height, found.card.year) == ("en", 360, 2026)


async def test_a_title_id_cannot_leave_its_path(gateway: Gateway, client: GatewayClient) -> None:
    with pytest.raises(NotFound):
        await client.title("../auth/logout?x")
    assert gateway.asked[-1] == "GET /v1/titles/..%2Fauth%2Flogout%3Fx"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, said("Gone."), NotFound),
        (429, said("Slowly."), RateLimited),
        (500, None, Unreachable),
        (503, b"<html>", Unreachable),
        (400, None, BadAnswer),
        (200, b"not json", BadAnswer),
        (200, [1], BadAnswer),
        (200, {"items": "many"}, BadAnswer),
        (200, {"items": [{**CARD, "duration_s": -1}]}, BadAnswer),
        (200, {"items": [{**CARD, "poster_url": "file:///etc/passwd"}]}, BadAnswer),
        (200, {"items": [CARD] * 501}, BadAnswer),
        (200, b" " * (5 << 20), BadAnswer),
    ],
)
async def test_every_refusal_and_every_nonsense_has_its_error(
    gateway: Gateway, client: GatewayClient, status: int, body: Any, kind: type[ServiceError]
) -> None:
    gateway.routes["GET /v1/titles"] = lambda _b: (status, body)
    gateway.extra = "retry-after: 7\r\n"
    with pytest.raises(kind) as caught:
        await client.titles()
    assert str(caught.value).endswith((".", "?"))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_s == 7


async def test_a_gateway_that_is_not_there_is_said_to_be_unreachable() -> None:
    async with GatewayClient("http://127.0.0.1:9") as client:
        assert not await client.health()
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9 cannot be reached"):
            await client.login("demo", "evenflow")
    with pytest.raises(Unreachable):
        GatewayClient("not an address")


async def test_pictures_are_brought_without_a_token(gateway: Gateway, client: GatewayClient) -> None:
    gateway.routes["GET /v1/images/river/1/poster.jpg"] = lambda _b: (200, b"\xff\xd8jpeg")
    gateway.token = "nobody has this"
    assert await client.image("/v1/images/river/1/poster.jpg") == b"\xff\xd8jpeg"
    with pytest.raises(NotFound):
        await client.image("/v1/images/none.jpg")


async def test_a_resume_point_is_delivered(gateway: Gateway, client: GatewayClient) -> None:
    gateway.routes["PUT /v1/history/river"] = lambda _b: (204, None)
    assert await client.remember("river", 30.0, 72.5)
    assert gateway.bodies[-1]["position_s"] == 30.0
    assert gateway.bodies[-1]["event_at"] > 1.6e9


async def test_a_resume_point_outlives_an_outage_and_a_restart(gateway: Gateway, tmp_path: Path) -> None:
    path, store = tmp_path / "state" / "outbox.jsonl", FileTokenStore(tmp_path / "tokens.json")
    gateway.routes["PUT /v1/history/river"] = lambda _b: (503, None)
    async with GatewayClient(gateway.url, store, outbox=path) as client:
        await client.login("demo", "evenflow")
        assert not await client.remember("river", 30.0, 72.5)
        assert not await client.remember("river", 40.0, 72.5)
    gateway.routes["PUT /v1/history/river"] = lambda _b: (204, None)
    async with GatewayClient(gateway.url, store, outbox=path) as client:
        assert await client.flush_history() == 1
        assert gateway.bodies[-1]["position_s"] == 40.0
        assert await client.flush_history() == 0


async def test_a_point_that_the_gateway_will_never_take_does_not_block_the_others(tmp_path: Path) -> None:
    outbox = HistoryOutbox(tmp_path / "o")
    for second, title_id in enumerate(("gone", "river")):
        outbox.add(ResumePoint(title_id, 5.0, 9.0, float(second)))

    async def put(point: ResumePoint) -> None:
        if point.id == "gone":
            raise NotFound("No such title.")

    assert await outbox.flush(put) == 1
    assert outbox.pending == ()


async def test_a_newer_point_that_comes_during_delivery_stays(tmp_path: Path) -> None:
    outbox = HistoryOutbox(tmp_path / "o")
    outbox.add(ResumePoint("river", 5.0, 9.0, 1.0))

    async def put(_point: ResumePoint) -> None:
        outbox.add(ResumePoint("river", 6.0, 9.0, 2.0))

    await outbox.flush(put)
    assert HistoryOutbox(tmp_path / "o").position_s("river") == 6.0


def test_an_older_event_never_replaces_a_newer_one(tmp_path: Path) -> None:
    outbox = HistoryOutbox(tmp_path / "o")
    outbox.add(ResumePoint("river", 6.0, 9.0, 2.0))
    outbox.add(ResumePoint("river", 5.0, 9.0, 1.0))
    assert outbox.position_s("river") == 6.0


def test_a_disk_that_cannot_be_written_keeps_the_point_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    outbox = HistoryOutbox(tmp_path / "file" / "outbox")
    outbox.add(ResumePoint("river", 6.0, 9.0, 2.0))
    assert outbox.position_s("river") == 6.0
    assert isinstance(outbox.unsaved, OSError)


@given(st.binary())
def test_a_broken_outbox_or_token_file_is_read_as_far_as_it_goes(tmp_path_factory: Any, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("broken") / "file"
    path.write_bytes(raw + b'\n{"id":"river","position_s":1,"duration_s":2,"event_at":3}\n')
    assert HistoryOutbox(path).position_s("river") == 1.0
    assert FileTokenStore(path).load() is None


def test_tokens_are_kept_where_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tokens.json"
    store, tokens = FileTokenStore(path), Tokens("http://g/", "access", "refresh", 5.0, "p", "Demo")
    assert store.load() is None
    store.save(tokens)
    assert store.load() == tokens
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "access" not in repr(tokens).replace("access_token", "")
    store.clear()
    store.clear()
    assert store.load() is None


async def test_tokens_of_another_gateway_are_not_shown_to_this_one(gateway: Gateway) -> None:
    store = MemoryTokenStore(Tokens("http://elsewhere/", "a", "r", 9e9))
    async with GatewayClient(gateway.url, store) as client:
        assert client.profile is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*CARD, "hero", "rows", "title", "manifest_url", "expires_at", "pathways"]), JSON)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: Any) -> None:
    card = {**CARD, field: value}
    home = {"hero": card, "rows": [{"id": "r", "title": "R", "kind": "stills", "items": [card]}], field: value}
    playback = {"title": card, "manifest_url": "http://x/", "expires_at": 5, field: value}
    for read, fields in ((read_home, home), (read_playback, playback)):
        with contextlib.suppress(BadAnswer):
            read(Fields(fields, "http://g/"))
