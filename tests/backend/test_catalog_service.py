"""Films as cards, rows and pictures."""

from __future__ import annotations


async def test_an_empty_house_has_an_empty_home(house):
    async with house() as client:
        assert (await client.get("/v1/home")).json() == {"hero": None, "rows": []}
        missing = await client.get("/v1/titles/demo")
        assert missing.status_code == 404
        assert missing.json()["error"]["code"] == "unknown-title"


async def test_demo_is_another_name_of_the_first_film(house, film):
    film()
    async with house() as client:
        detail = (await client.get("/v1/titles/demo")).json()
        assert detail["id"] == "lantern-river"
        assert [rung["height"] for rung in detail["rungs"]] == [180, 360]
        assert detail["audio"] == [{"lang": "en", "name": "English"}]
        assert (detail["state"], detail["progress"], detail["position_s"]) == ("ready", 1.0, None)


async def test_a_growing_film_says_how_far_it_is(house, film):
    folder = film("night-train", chunks=4, made=1)
    (folder / "v0" / "s00001.m4s").write_bytes(b"only one rung has this chunk")
    async with house() as client:
        item = (await client.get("/v1/titles")).json()["items"][0]
        assert (item["state"], item["progress"]) == ("encoding", 0.25)


async def test_a_broken_title_file_hides_its_own_film_only(house, film, tmp_path):
    film()
    (film("night-train") / "title.json").write_text("{ not json")
    (film("no-rungs") / "title.json").write_text('{"id": "no-rungs", "name": "x"}')
    film("impostor", id="lantern-river")
    (tmp_path / "objects" / "titles" / "empty" / "rev").mkdir(parents=True)
    async with house() as client:
        assert [item["id"] for item in (await client.get("/v1/titles")).json()["items"]] == ["lantern-river"]


async def test_a_repaired_title_file_is_seen_without_a_restart(house, film):
    folder = film()
    good = (folder / "title.json").read_text()
    (folder / "title.json").write_text("broken")
    async with house() as client:
        assert (await client.get("/v1/titles")).json()["items"] == []
        (folder / "title.json").write_text(good)
        assert len((await client.get("/v1/titles")).json()["items"]) == 1


async def test_home_shows_what_was_begun_then_all_films_then_genres(house, film):
    film("paper-tide", genres=["Sea", "Quiet"])
    film("lantern-river")
    async with house() as client:
        report = {"position_s": 2.5, "duration_s": 6.0, "event_at": 1000.0}
        await client.http.put(f"{client.api}/v1/history/paper-tide", json=report, headers=client.auth)
        home = (await client.get("/v1/home")).json()
        assert home["hero"]["id"] == "lantern-river"
        shown = [(row["id"], row["kind"], [item["id"] for item in row["items"]]) for row in home["rows"]]
        assert shown == [
            ("continue-watching", "stills", ["paper-tide"]),
            ("films", "posters", ["lantern-river", "paper-tide"]),
            ("genre-quiet", "posters", ["lantern-river", "paper-tide"]),
            ("genre-sea", "posters", ["paper-tide"]),
        ]
        assert home["rows"][0]["items"][0]["position_s"] == 2.5


async def test_a_poster_is_public_cacheable_and_revalidated(house, film):
    film()
    async with house() as client:
        url = (await client.get("/v1/titles/demo")).json()["poster_url"]
        first = await client.http.get(url)
        assert first.status_code == 200
        assert first.headers["content-type"] == "image/jpeg"
        assert first.headers["cache-control"].startswith("public")
        again = await client.http.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert (await client.http.head(url)).headers["content-length"] == str(len(first.content))
        assert (await client.http.get(url.replace("poster", "title.json"))).status_code == 422
        assert (await client.http.get(url.replace("poster", "still"))).status_code == 404


async def test_health_and_the_description_of_the_api_need_no_sign_in(house):
    async with house() as client:
        assert (await client.http.get(f"{client.api}/v1/health")).json() == {"status": "ok"}
        described = (await client.http.get(f"{client.api}/openapi.json")).json()["paths"]
        assert {"/v1/auth/login", "/v1/home", "/v1/playback/{title_id}", "/v1/history/{title_id}"} <= set(described)
        nothing = await client.http.get(f"{client.api}/v2/nothing")
        assert nothing.json()["error"]["code"] == "not-found"
