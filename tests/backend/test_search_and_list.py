"""Finding films as somebody types, and putting them aside."""

from __future__ import annotations

import pytest
from backend_stub.find import words
from backend_stub.shelf import MOST_LISTED


async def found(client, query):
    answer = await client.http.get(f"{client.api}/v1/search", params={"q": query}, headers=client.auth)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_every_word_typed_so_far_begins_a_word_of_the_film(house, film):
    film("lantern-river", genres=["Quiet"], description="A river at night.")
    film("night-train", genres=["Travel"], description="A train.")
    film("paper-tide", name="Pàper Tide", genres=["Sea"], description="Boats of paper.")
    async with house() as client:
        assert await found(client, "l") == ["lantern-river"]
        assert await found(client, "PAPER") == ["paper-tide"]
        assert await found(client, "ri lan") == ["lantern-river"]
        assert await found(client, "lantern train") == []
        assert await found(client, "  ?! ") == []
        assert await found(client, "xyz") == []


async def test_a_name_counts_before_a_genre_and_that_before_a_description(house, film):
    film("a-one", name="Sea", genres=["Quiet"], description="")
    film("b-two", name="Boats", genres=["Sea"], description="")
    film("c-three", name="Sand", genres=["Quiet"], description="By the sea.")
    film("d-four", name="The Sea", genres=[], description="")
    film("e-five", name="Seaside", genres=[], description="")
    async with house() as client:
        assert await found(client, "sea") == ["a-one", "e-five", "d-four", "b-two", "c-three"]


async def test_a_query_without_end_is_refused(house):
    async with house() as client:
        answer = await client.http.get(f"{client.api}/v1/search", params={"q": "x" * 201}, headers=client.auth)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("text", "expected"), [("Crème-Brûlée, 2!", ["creme", "brulee", "2"]), ("Straße", ["strasse"]), ("", [])]
)
def test_case_accents_and_punctuation_make_no_difference(text, expected):
    assert words(text) == expected


async def test_a_film_on_the_list_is_marked_on_every_card_until_it_is_taken_off(house, film):
    film("lantern-river")
    film("night-train")
    async with house() as client:
        for title_id in ("night-train", "demo", "demo"):
            answer = await client.http.put(f"{client.api}/v1/list/{title_id}", headers=client.auth)
            assert answer.status_code == 204
        assert [item["id"] for item in (await client.get("/v1/list")).json()["items"]] == [
            "lantern-river",
            "night-train",
        ]
        assert (await client.get("/v1/titles/demo")).json()["listed"] is True
        row = next(row for row in (await client.get("/v1/home")).json()["rows"] if row["id"] == "my-list")
        assert [item["id"] for item in row["items"]] == ["lantern-river", "night-train"]
        for _ in range(2):
            gone = await client.http.delete(f"{client.api}/v1/list/demo", headers=client.auth)
            assert gone.status_code == 204
        assert [item["id"] for item in (await client.get("/v1/list")).json()["items"]] == ["night-train"]
        assert (await client.http.put(f"{client.api}/v1/list/nothing", headers=client.auth)).status_code == 404


async def test_a_list_has_an_end(house, film):
    film()
    async with house() as client:
        own = client.grant["profile"]["id"]
        full = client.backend.parts.my_list
        for n in range(MOST_LISTED):
            await full.add(own, f"film-{n}", float(n))
        answer = await client.http.put(f"{client.api}/v1/list/demo", headers=client.auth)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "list-full")
        assert len(await full.of(own)) == MOST_LISTED
