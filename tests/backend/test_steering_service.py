"""Which edge a session is sent to, as a rule and over HTTP."""

from __future__ import annotations

from urllib.parse import urlsplit

from backend_stub.cdn.steering import SINCE_EVER_S, EdgeState, Steering, manifest


def edges(**up_since):
    return [
        EdgeState(f"edge-{name}", f"127.0.0.1:{index}", index, since)
        for index, (name, since) in enumerate(up_since.items(), 1)
    ]


def first(steering, states, session, now_s):
    return steering.order(states, session, now_s)[0].id


def test_the_nearest_healthy_edge_comes_first_and_dead_ones_last():
    order = Steering().order(edges(a=None, b=SINCE_EVER_S, c=SINCE_EVER_S), "s", 0.0)
    assert [edge.id for edge in order] == ["edge-b", "edge-c", "edge-a"]


def test_when_no_edge_is_healthy_the_nearest_is_still_named():
    assert first(Steering(), edges(a=None, b=None), None, 0.0) == "edge-a"


def test_a_session_returns_to_a_nearer_edge_only_after_it_has_been_up_for_a_while():
    steering = Steering(return_after_s=30)
    assert first(steering, edges(a=None, b=SINCE_EVER_S), "s", 0.0) == "edge-b"
    assert first(steering, edges(a=10.0, b=SINCE_EVER_S), "s", 15.0) == "edge-b"
    assert first(steering, edges(a=10.0, b=SINCE_EVER_S), "new", 15.0) == "edge-a"
    assert first(steering, edges(a=10.0, b=SINCE_EVER_S), "s", 40.0) == "edge-a"


def test_every_edge_but_the_base_is_a_clone_of_the_base():
    states = edges(a=SINCE_EVER_S, b=SINCE_EVER_S, c=SINCE_EVER_S)
    content = manifest(states, "edge-b", "http://x/again", 10)
    assert content["PATHWAY-CLONES"] == [
        {"BASE-ID": "edge-b", "ID": "edge-a", "URI-REPLACEMENT": {"HOST": "127.0.0.1:1"}},
        {"BASE-ID": "edge-b", "ID": "edge-c", "URI-REPLACEMENT": {"HOST": "127.0.0.1:3"}},
    ]


async def test_a_session_is_sent_elsewhere_when_its_edge_stops(house, film):
    film()
    async with house() as client:
        playback = await client.play()
        assert [pathway["id"] for pathway in playback["pathways"]] == ["edge-a", "edge-b"]
        uri = playback["steering_uri"]
        answer = await client.http.get(uri, params={"_HLS_pathway": "edge-a", "_HLS_throughput": "5000000"})
        assert answer.json()["PATHWAY-PRIORITY"] == ["edge-a", "edge-b"]
        client.backend.stop_edge("edge-a")
        moved = (await client.http.get(answer.json()["RELOAD-URI"])).json()
        assert (moved["VERSION"], moved["TTL"], moved["PATHWAY-PRIORITY"][0]) == (1, 10, "edge-b")
        clone = moved["PATHWAY-CLONES"][0]
        assert (clone["BASE-ID"], clone["ID"]) == ("edge-a", "edge-b")
        address = urlsplit(playback["manifest_url"])._replace(netloc=clone["URI-REPLACEMENT"]["HOST"])
        assert (await client.http.get(address.geturl())).status_code == 200
        assert urlsplit((await client.play())["manifest_url"]).netloc == clone["URI-REPLACEMENT"]["HOST"]


async def test_playback_needs_a_sign_in_and_a_film(house, film):
    film()
    async with house() as client:
        assert (await client.http.post(f"{client.api}/v1/playback/demo")).status_code == 401
        unknown = await client.http.post(f"{client.api}/v1/playback/nothing", headers=client.auth)
        assert unknown.status_code == 404


async def test_the_life_of_an_address_is_what_was_set(house, film):
    film()
    async with house(token_life_s=0.001) as client:
        playback = await client.play()
        assert f"/s/{playback['expires_at']}-" in playback["manifest_url"]
        client.backend.edges[0].edge.clock = lambda: playback["expires_at"]
        assert (await client.http.get(playback["manifest_url"])).json()["error"]["code"] == "expired"
