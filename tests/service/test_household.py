"""Profiles, search and My List through the client, against the real backend over real HTTP."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("backend_stub", reason="the backend is not installed (extra: backend)", exc_type=ImportError)

from backend_stub.supervisor import running_backend

from player.service.client import GatewayClient
from player.service.model import NotFound, PinNeeded, RateLimited, Refused, ResumePoint
from player.service.outbox import HistoryOutbox
from player.service.tokens import FileTokenStore

sys.path.insert(0, str(Path(__file__).parents[1] / "backend"))

from small_film import write_film


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[GatewayClient]:
    write_film(tmp_path / "data")
    async with (
        running_backend(tmp_path / "data", edges=1) as backend,
        GatewayClient(
            backend.gateway_url, FileTokenStore(tmp_path / "tokens.json"), outbox=tmp_path / "outbox.jsonl"
        ) as made,
    ):
        await made.login("demo", "evenflow")
        yield made


async def test_somebody_else_takes_over_and_is_remembered(client: GatewayClient, tmp_path: Path) -> None:
    noor = await client.add_person("Noor", kids=True)
    chosen = await client.choose(noor.id)
    assert (chosen.name, chosen.kids) == ("Noor", True)
    kept = FileTokenStore(tmp_path / "tokens.json").load()
    assert kept is not None
    assert (kept.profile_name, kept.kids) == ("Noor", True)
    assert [person.name for person in await client.people()] == ["Demo", "Noor"]
    with pytest.raises(Refused, match="Kids"):
        await client.add_person("Sam")


async def test_a_locked_profile_says_what_it_needs(client: GatewayClient) -> None:
    noor = await client.add_person("Noor", pin="2580")
    with pytest.raises(PinNeeded, match="asks for a PIN"):
        await client.choose(noor.id)
    for _ in range(5):
        with pytest.raises(PinNeeded, match="not the PIN"):
            await client.choose(noor.id, "0000")
    with pytest.raises(RateLimited):
        await client.choose(noor.id, "2580")


async def test_a_profile_is_renamed_and_removed(client: GatewayClient) -> None:
    noor = await client.add_person("Noor")
    assert (await client.change_person(noor.id, {"name": "Nora", "colour": "sky"})).colour == "sky"
    with pytest.raises(Refused, match="another name"):
        await client.change_person(noor.id, {"name": "Demo"})
    await client.remove_person(noor.id)
    with pytest.raises(NotFound):
        await client.choose(noor.id)


async def test_what_is_found_can_be_put_aside_and_taken_off(client: GatewayClient) -> None:
    assert [card.id for card in await client.search("lan riv")] == ["lantern-river"]
    assert await client.search("&limit=lantern") == ()
    await client.list_title("lantern-river", True)
    assert [card.listed for card in await client.my_list()] == [True]
    await client.list_title("lantern-river", False)
    assert await client.my_list() == ()


async def test_a_forgotten_title_is_forgotten_here_and_there(client: GatewayClient) -> None:
    await client.remember("lantern-river", 2.0, 6.0)
    assert [point.id for point in await client.history()] == ["lantern-river"]
    await client.forget_history("lantern-river")
    assert await client.history() == ()


async def test_a_point_that_waits_goes_to_the_profile_that_it_belongs_to(tmp_path: Path) -> None:
    outbox = HistoryOutbox(tmp_path / "outbox.jsonl")
    outbox.add(ResumePoint("film", 1.0, 6.0, 1.0, "ada"))
    outbox.add(ResumePoint("film", 2.0, 6.0, 2.0, "noor"))
    delivered: list[ResumePoint] = []

    async def put(point: ResumePoint) -> None:
        delivered.append(point)

    again = HistoryOutbox(tmp_path / "outbox.jsonl")
    assert await again.flush(put, "noor") == 1
    assert [point.position_s for point in delivered] == [2.0]
    assert again.position_s("film", "ada") == 1.0
