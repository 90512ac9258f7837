"""Who's watching: profiles with their own history and list, PINs, and what a Kids profile gets to see."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from backend_stub.auth.profiles import MOST_PROFILES
from backend_stub.db import Database
from backend_stub.db.schema import MIGRATIONS
from backend_stub.resume import History


async def call(client, method, path, body=None, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else client.auth
    return await client.http.request(method, client.api + path, json=body, headers=headers)


async def make(client, name, **others):
    answer = await call(client, "POST", "/v1/profiles", {"name": name, **others})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def become(client, profile_id, pin=None):
    """The same caller as somebody else."""
    answer = await call(client, "POST", f"/v1/profiles/{profile_id}/select", {"pin": pin} if pin else {})
    assert answer.status_code == 200, answer.text
    return replace(client, grant={**client.grant, **answer.json()})


async def error_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


async def test_an_account_begins_with_one_profile_of_its_own_name(house):
    async with house() as client:
        items = (await client.get("/v1/profiles")).json()["items"]
        assert [(one["name"], one["kids"], one["locked"]) for one in items] == [("Demo", False, False)]
        assert items[0]["id"] == client.grant["profile"]["id"]


async def test_each_profile_has_its_own_resume_points_and_list(house, film):
    film()
    async with house() as client:
        noor = await become(client, (await make(client, "Noor"))["id"])
        report = {"position_s": 2.0, "duration_s": 6.0, "event_at": 100.0}
        await call(noor, "PUT", "/v1/history/demo", report)
        await call(noor, "PUT", "/v1/list/demo")
        assert (await noor.play())["resume_position_s"] == 2.0
        assert (await client.play())["resume_position_s"] == 0.0
        assert [item["id"] for item in (await noor.get("/v1/list")).json()["items"]] == ["lantern-river"]
        assert (await client.get("/v1/list")).json()["items"] == []


async def test_a_refresh_stays_with_the_chosen_profile(house):
    async with house() as client:
        made = await make(client, "Noor", kids=True)
        await become(client, made["id"])
        body = {"refresh_token": client.grant["refresh_token"]}
        renewed = (await client.http.post(f"{client.api}/v1/auth/refresh", json=body)).json()
        assert renewed["profile"] == {"id": made["id"], "name": "Noor", "kids": True}


async def test_a_removed_profile_ends_its_devices_and_never_hands_them_to_another(house):
    async with house() as client:
        made = await make(client, "Noor", kids=True)
        await become(client, made["id"])
        assert (await call(client, "POST", f"/v1/profiles/{made['id']}/remove", {})).status_code == 204
        body = {"refresh_token": client.grant["refresh_token"]}
        answer = await client.http.post(f"{client.api}/v1/auth/refresh", json=body)
        assert await error_of(answer) == (401, "profile-removed")


async def test_a_locked_profile_opens_with_its_pin_only(house):
    async with house() as client:
        made = await make(client, "Noor", pin="2580")
        assert made["locked"]
        select = f"/v1/profiles/{made['id']}/select"
        assert await error_of(await call(client, "POST", select, {})) == (403, "pin-needed")
        assert await error_of(await call(client, "POST", select, {"pin": "0000"})) == (403, "wrong-pin")
        assert (await call(client, "POST", select, {"pin": "2580"})).status_code == 200
        patch = f"/v1/profiles/{made['id']}"
        assert await error_of(await call(client, "PATCH", patch, {"pin": None})) == (403, "pin-needed")
        opened = await call(client, "PATCH", patch, {"pin": None, "current_pin": "2580"})
        assert opened.json()["locked"] is False


async def test_a_pin_cannot_be_guessed_for_long(house):
    async with house() as client:
        made = await make(client, "Noor", pin="2580")
        select = f"/v1/profiles/{made['id']}/select"
        tries = [await call(client, "POST", select, {"pin": f"{n:04}"}) for n in range(6)]
        assert [answer.status_code for answer in tries] == [403] * 5 + [429]
        assert int(tries[-1].headers["retry-after"]) >= 1


async def test_a_kids_profile_sees_what_suits_it_and_manages_nothing(house, film):
    film("lantern-river", maturity="All")
    film("night-train", maturity="16")
    film("paper-tide", maturity="")
    async with house() as client:
        for title_id in ("night-train", "lantern-river"):
            await call(client, "PUT", f"/v1/list/{title_id}")
        kids = await become(client, (await make(client, "Kids", kids=True))["id"])
        assert [item["id"] for item in (await kids.get("/v1/titles")).json()["items"]] == ["lantern-river"]
        assert (await kids.get("/v1/titles/night-train")).status_code == 404
        assert (await call(kids, "POST", "/v1/playback/night-train")).status_code == 404
        assert (await call(kids, "PUT", "/v1/list/night-train")).status_code == 404
        assert (await kids.get("/v1/search?q=train")).json()["items"] == []
        shown = {item["id"] for row in (await kids.get("/v1/home")).json()["rows"] for item in row["items"]}
        assert shown == {"lantern-river"}
        for method, path in (("POST", ""), ("PATCH", f"/{client.grant['profile']['id']}")):
            answer = await call(kids, method, f"/v1/profiles{path}", {"name": "Boss"})
            assert await error_of(answer) == (403, "kids-profile")


async def test_profiles_are_bounded_named_apart_and_never_all_gone(house):
    async with house() as client:
        own = client.grant["profile"]["id"]
        assert await error_of(await call(client, "POST", f"/v1/profiles/{own}/remove", {})) == (409, "profile-in-use")
        assert await error_of(await call(client, "POST", "/v1/profiles", {"name": "demo"})) == (409, "name-taken")
        made = [await make(client, f"P{n}") for n in range(MOST_PROFILES - 1)]
        assert len({one["colour"] for one in made}) == len(made)
        assert await error_of(await call(client, "POST", "/v1/profiles", {"name": "X"})) == (409, "too-many-profiles")
        assert (await call(client, "PATCH", f"/v1/profiles/{own}", {"name": "P1"})).status_code == 409
        renamed = await call(client, "PATCH", f"/v1/profiles/{own}", {"name": "Boss", "colour": "sky"})
        assert (renamed.json()["name"], renamed.json()["colour"]) == ("Boss", "sky")


async def test_what_makes_no_profile_is_refused(house):
    async with house() as client:
        for body in ({"name": ""}, {"name": " x"}, {"name": "x" * 41}, {"name": "x", "pin": "12"}, {"colour": "red"}):
            assert (await call(client, "POST", "/v1/profiles", body)).status_code == 422
        assert await error_of(await call(client, "PATCH", "/v1/profiles/nobody", {"name": "x"})) == (
            404,
            "unknown-profile",
        )
        assert (await call(client, "POST", "/v1/profiles/nobody/select", {})).status_code == 404


async def test_a_file_of_the_first_release_keeps_its_people_and_their_history(tmp_path):
    with sqlite3.connect(tmp_path / "old.db") as old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute("INSERT INTO users VALUES ('u1', 'ada', 'Ada', 'hash')")
        old.execute("INSERT INTO history VALUES ('u1', 'lantern-river', 2.0, 6.0, 100.0)")
        old.execute("PRAGMA user_version = 1")
    old.close()
    database = await Database.open(tmp_path / "old.db")
    watches = await History(database).of("u1")
    assert [(watch.title_id, watch.position_s) for watch in watches.values()] == [("lantern-river", 2.0)]
    rows = await database.read(lambda db: db.exec_driver_sql("SELECT id, user_id, name FROM profiles").all())
    assert rows == [("u1", "u1", "Ada")]
    await database.close()
