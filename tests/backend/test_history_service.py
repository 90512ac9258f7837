"""Resume points: the last by event time wins, and no report fails because the database is busy."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import sqlite3
import tempfile
import time
from pathlib import Path

from backend_stub.auth.passwords import Passwords
from backend_stub.auth.profiles import Changes, Profiles
from backend_stub.db import Database
from backend_stub.db.schema import users
from backend_stub.resume import History, Watch, later
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert


async def report(client, position_s, event_at, duration_s=6.0, title_id="demo"):
    body = {"position_s": position_s, "duration_s": duration_s, "event_at": event_at}
    return await client.http.put(f"{client.api}/v1/history/{title_id}", json=body, headers=client.auth)


async def test_a_report_that_arrives_late_does_not_undo_a_newer_one(house, film):
    film()
    async with house() as client:
        for position_s, event_at in [(3.0, 200.0), (1.0, 100.0)]:
            assert (await report(client, position_s, event_at)).status_code == 204
        assert (await client.play())["resume_position_s"] == 3.0
        items = (await client.get("/v1/history")).json()["items"]
        assert items == [{"id": "lantern-river", "position_s": 3.0, "duration_s": 6.0, "event_at": 200.0}]


async def test_a_film_seen_to_its_end_begins_anew(house, film):
    film()
    async with house() as client:
        await report(client, 5.9, 100.0)
        assert (await client.play())["resume_position_s"] == 0.0
        assert [row["id"] for row in (await client.get("/v1/home")).json()["rows"]] == ["films", "genre-quiet"]


async def test_resume_points_outlive_a_restart(house, film):
    film()
    async with house() as client:
        await report(client, 4.0, 100.0)
    async with house() as client:
        assert (await client.play())["resume_position_s"] == 4.0


async def test_a_clock_that_runs_ahead_does_not_win_for_ever(house, film):
    film()
    async with house() as client:
        await report(client, 4.0, time.time() + 1e6)
        assert (await client.get("/v1/history")).json()["items"][0]["event_at"] < time.time() + 200


async def test_reports_that_make_no_sense_are_refused(house, film):
    film()
    async with house() as client:
        for position_s, event_at, duration_s in [(-1, 1, 6), (1, -1, 6), (1, 1, 0), ("NaN", 1, 6), (1, "Infinity", 6)]:
            assert (await report(client, position_s, event_at, duration_s)).status_code == 422
        assert (await report(client, 1.0, 1.0, title_id="nothing")).status_code == 404


async def test_a_report_succeeds_and_is_seen_while_another_program_holds_the_database(house, film, tmp_path):
    film()
    async with house() as client:
        with sqlite3.connect(tmp_path / "evenflow.db", isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert (await report(client, 2.0, 100.0)).status_code == 204
            assert (await client.play())["resume_position_s"] == 2.0
            other.execute("ROLLBACK")
        other.close()
    async with house() as client:
        assert (await client.play())["resume_position_s"] == 2.0


points = st.lists(st.tuples(st.floats(0, 6), st.integers(0, 5).map(float)), min_size=1, max_size=12)


@given(points, st.lists(st.booleans(), min_size=12, max_size=12))
@settings(max_examples=25, deadline=None)
def test_whatever_the_order_and_the_flushes_the_latest_event_is_what_remains(reports, flushes):
    watches = [Watch("u", "t", position_s, 6.0, event_at) for position_s, event_at in reports]
    expected = functools.reduce(later, watches, None)
    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(what_remains(Path(folder) / "h.db", watches, flushes)) == expected


async def what_remains(path, watches, flushes):
    database = await Database.open(path)
    row = {"id": "u", "username": "u", "name": "u", "password_hash": ""}
    await database.write(lambda db: db.execute(insert(users), row))
    await Profiles(database, Passwords()).add("u", Changes("U"))
    profile_id = (await Profiles(database, Passwords()).of("u"))[0].id
    watches = [dataclasses.replace(watch, profile_id=profile_id) for watch in watches]
    history = History(database)
    for watch, flush in zip(watches, flushes, strict=False):
        history.record(watch)
        if flush:
            await history._flush()
    seen = (await history.of(profile_id))["t"]
    await history.close()
    stored = (await History(database).of(profile_id))["t"]
    await database.close()
    assert seen == stored
    return dataclasses.replace(stored, profile_id="u")


async def test_a_report_of_a_removed_profile_does_not_hold_the_others_up(tmp_path):
    database = await Database.open(tmp_path / "h.db")
    row = {"id": "u", "username": "u", "name": "u", "password_hash": ""}
    await database.write(lambda db: db.execute(insert(users), row))
    there = await Profiles(database, Passwords()).add("u", Changes("There"))
    history = History(database)
    history.record(Watch("removed", "t", 1.0, 6.0, 1.0))
    history.record(Watch(there.id, "t", 2.0, 6.0, 1.0))
    await history.close()
    assert list(await History(database).of(there.id)) == ["t"]
    assert await History(database).of("removed") == {}
    await database.close()


async def test_a_forgotten_film_leaves_continue_watching(house, film):
    film()
    async with house() as client:
        await report(client, 3.0, 200.0)
        assert (await client.http.delete(f"{client.api}/v1/history/demo", headers=client.auth)).status_code == 204
        assert (await client.get("/v1/history")).json()["items"] == []
        assert (await client.play())["resume_position_s"] == 0.0
