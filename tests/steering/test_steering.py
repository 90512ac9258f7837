"""Which edge is chosen, for how long a failed one is left alone, and how URIs travel between them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.steering.content_steering import SteeringError, SteeringManifest, parse_steering, steering_query
from player.steering.health import EdgeHealth
from player.steering.pathway import Edge, Pathway
from player.steering.steering import Steering

A = "http://127.0.0.1:8781"
MASTER = f"{A}/s/99-ab/titles/river/1/master.m3u8"
EDGE_A, EDGE_B = Edge("edge-a", "127.0.0.1:8781"), Edge("edge-b", "127.0.0.1:8782")
STEERING_URI = "http://127.0.0.1:8780/v1/steering/river?session=x"


def manifest(*priority: str, **clones: str) -> SteeringManifest:
    made = tuple(Pathway(pathway_id, "edge-a", host) for pathway_id, host in clones.items())
    return SteeringManifest(10.0, None, priority, made)


def two_edges() -> Steering:
    steering = Steering(MASTER, "edge-a")
    steering.update(manifest("edge-a", "edge-b", **{"edge-b": "127.0.0.1:8782"}))
    return steering


def test_before_any_manifest_the_starting_pathway_is_chosen() -> None:
    assert Steering(MASTER, "edge-a").choose(0.0) == EDGE_A


def test_the_first_of_the_priority_is_chosen_and_its_uris_live_on_its_host() -> None:
    steering = Steering(MASTER, "edge-a")
    steering.update(manifest("edge-b", "edge-a", **{"edge-b": "127.0.0.1:8782"}))
    edge = steering.choose(0.0)
    assert edge == EDGE_B
    assert steering.map(MASTER, edge) == "http://127.0.0.1:8782/s/99-ab/titles/river/1/master.m3u8"
    assert steering.authority(steering.map(MASTER, "edge-b")) == EDGE_B.authority


def test_a_banned_edge_is_tried_again_after_its_penalty() -> None:
    steering = two_edges()
    assert steering.failed(EDGE_A, 100.0) == 102.0
    assert steering.choose(101.9) == EDGE_B
    assert steering.choose(102.0) == EDGE_A


def test_penalties_double_up_to_a_minute_and_a_success_forgives() -> None:
    health = EdgeHealth()
    now_s, penalties = 0.0, []
    for _ in range(7):
        until_s = health.failed(EDGE_A, now_s)
        penalties.append(until_s - now_s)
        now_s = until_s
    assert penalties == [2, 4, 8, 16, 32, 60, 60]
    health.succeeded(EDGE_A)
    assert health.failed(EDGE_A, now_s) - now_s == 2


def test_failures_of_requests_under_way_lengthen_nothing() -> None:
    health = EdgeHealth()
    assert health.failed(EDGE_A, 0.0) == health.failed(EDGE_A, 1.0) == 2.0


def test_an_old_failure_decays() -> None:
    health = EdgeHealth()
    for now_s in (0.0, 2.0, 6.0):
        health.failed(EDGE_A, now_s)
    assert health.failed(EDGE_A, 500.0) == 502.0


def test_an_edge_that_asks_for_patience_gets_it() -> None:
    steering = two_edges()
    steering.wait(EDGE_A, 30.0)
    assert steering.choose(29.0) == EDGE_B
    assert steering.choose(30.0) == EDGE_A


def test_an_excluded_edge_is_not_chosen() -> None:
    assert two_edges().choose(0.0, exclude=[EDGE_A]) == EDGE_B


def test_when_all_are_banned_the_one_soonest_free_is_chosen() -> None:
    steering = two_edges()
    steering.failed(EDGE_A, 0.0)
    steering.failed(EDGE_A, 2.0)
    steering.failed(EDGE_B, 2.0)
    assert steering.choose(2.1) == EDGE_B
    assert steering.choose(2.1, exclude=[EDGE_B]) == EDGE_A


def test_when_all_are_excluded_there_is_still_an_edge() -> None:
    assert two_edges().choose(0.0, exclude=[EDGE_A, EDGE_B]) == EDGE_A


def test_a_pathway_that_the_server_left_out_is_the_last_resort() -> None:
    steering = Steering(MASTER, "edge-a")
    steering.update(manifest("edge-b", **{"edge-b": "127.0.0.1:8782"}))
    assert steering.choose(0.0) == EDGE_B
    steering.failed(EDGE_B, 0.0)
    assert steering.choose(0.1) == EDGE_A


def test_a_manifest_of_unknown_pathways_changes_nothing() -> None:
    steering = Steering(MASTER, "edge-a")
    steering.update(manifest("mars"))
    assert steering.choose(0.0) == EDGE_A
    assert steering.map(MASTER, "mars") == MASTER


def test_measurements_are_smoothed() -> None:
    steering = two_edges()
    steering.succeeded(EDGE_A, 0.1, 1e6)
    steering.succeeded(EDGE_A, 0.2, 2e6)
    record = steering.record(EDGE_A)
    assert record.latency_s == pytest.approx(0.13)
    assert record.goodput_bps == pytest.approx(1.3e6)


def test_a_clone_sets_its_parameters() -> None:
    pathway = Pathway("c", "a", "c.example", (("token", "n w"), ("a", "1")))
    assert pathway.replaced("https://x/y?b=2&token=old") == "https://c.example/y?b=2&a=1&token=n+w"


def test_a_clone_of_a_clone_maps_through_both() -> None:
    steering = Steering(MASTER, "edge-a")
    clones = (Pathway("b", "edge-a", "b.example"), Pathway("c", "b", params=(("k", "v"),)))
    steering.update(SteeringManifest(10.0, None, ("c",), clones))
    assert steering.map(f"{A}/x", "c") == "http://b.example/x?k=v"


def test_a_pathway_of_the_playlist_replaces_the_base() -> None:
    steering = Steering(f"{A}/v/m.m3u8", "a", {"a": f"{A}/v/", "b": "http://b.example/w/"})
    assert steering.map(f"{A}/v/0/s1.m4s", "b") == "http://b.example/w/0/s1.m4s"


def test_renewed_authorisation_reaches_every_pathway() -> None:
    steering = two_edges()
    steering.rebase(MASTER, f"{A}/s/200-cd/titles/river/1/master.m3u8")
    assert steering.map(MASTER, EDGE_B) == "http://127.0.0.1:8782/s/200-cd/titles/river/1/master.m3u8"
    steering.rebase(f"{A}/s/200-cd/x", "http://127.0.0.1:8782/s/300-ef/x")
    assert steering.map(MASTER, EDGE_A) == f"{A}/s/300-ef/titles/river/1/master.m3u8"
    assert steering.map(f"{A}/s/200-cd/y", EDGE_A) == f"{A}/s/300-ef/y"


def test_renewal_reaches_a_pathway_that_the_playlist_named() -> None:
    steering = Steering(MASTER, "a", {"a": f"{A}/s/99-ab/", "b": "http://b.example/s/99-ab/"})
    steering.rebase(MASTER, f"{A}/s/200-cd/m")
    assert steering.map(f"{A}/s/99-ab/x", "b") == "http://b.example/s/200-cd/x"


def wire(**changed: Any) -> dict[str, Any]:
    clone = {"BASE-ID": "edge-a", "ID": "edge-c", "URI-REPLACEMENT": {"HOST": "127.0.0.1:8783", "PARAMS": {"a": "b"}}}
    fields = {"VERSION": 1, "TTL": 10, "RELOAD-URI": "river?session=y", "PATHWAY-PRIORITY": ["edge-c", "edge-a"]}
    return {**fields, "PATHWAY-CLONES": [clone], **changed}


def test_a_steering_manifest_is_read() -> None:
    found = parse_steering(json.dumps(wire()), STEERING_URI)
    assert found == SteeringManifest(
        10.0,
        "http://127.0.0.1:8780/v1/steering/river?session=y",
        ("edge-c", "edge-a"),
        (Pathway("edge-c", "edge-a", "127.0.0.1:8783", (("a", "b"),)),),
    )


@pytest.mark.parametrize(("ttl", "wanted_s"), [(0, 1), (10, 10), (1e9, 3600), (None, 300)])
def test_the_time_to_live_has_bounds(ttl: float | None, wanted_s: float) -> None:
    fields = wire(TTL=ttl)
    if ttl is None:
        del fields["TTL"]
    assert parse_steering(json.dumps(fields), STEERING_URI).ttl_s == wanted_s


@pytest.mark.parametrize(
    "changed",
    [
        {"VERSION": 2},
        {"TTL": "soon"},
        {"TTL": True},
        {"TTL": -1},
        {"TTL": float("nan")},
        {"RELOAD-URI": "file:///x"},
        {"RELOAD-URI": 5},
        {"PATHWAY-PRIORITY": []},
        {"PATHWAY-PRIORITY": "edge-a"},
        {"PATHWAY-PRIORITY": ["a b"]},
        {"PATHWAY-PRIORITY": ["a"] * 33},
        {"PATHWAY-CLONES": [{}]},
        {"PATHWAY-CLONES": [{"BASE-ID": "a", "ID": "b", "URI-REPLACEMENT": {"HOST": "u@h/x"}}]},
        {"PATHWAY-CLONES": [{"BASE-ID": "a", "ID": "b", "URI-REPLACEMENT": {"PARAMS": {"a": 1}}}]},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SteeringError):
        parse_steering(json.dumps(wire(**changed)), STEERING_URI)


@given(st.binary() | st.text())
def test_garbage_raises_nothing_but_steering_errors(text: str | bytes) -> None:
    with pytest.raises(SteeringError):
        parse_steering(text, STEERING_URI)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["TTL", "RELOAD-URI", "PATHWAY-PRIORITY", "PATHWAY-CLONES", "VERSION"]), JSON)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: Any) -> None:
    try:
        found = parse_steering(json.dumps(wire(**{field: value})), STEERING_URI)
    except SteeringError:
        return
    assert 1 <= found.ttl_s <= 3600
    assert found.priority


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(SteeringError):
        parse_steering("[" * 60_000, STEERING_URI)


def test_the_steering_server_is_told_where_we_are_and_how_fast() -> None:
    asked = steering_query(STEERING_URI, "edge-a", 1234567.8)
    assert asked == STEERING_URI + "&_HLS_pathway=edge-a&_HLS_throughput=1234568"
    assert steering_query("http://x/y", ".") == "http://x/y?_HLS_pathway=."


def test_after_its_penalty_an_edge_gets_one_request_until_that_is_answered() -> None:
    health = EdgeHealth()
    health.failed(EDGE_A, 0.0)
    assert health.banned(EDGE_A, 1.9)
    assert not health.banned(EDGE_A, 2.0)
    health.tried(EDGE_A, 2.0)
    assert health.banned(EDGE_A, 2.1), "the probe is out"
    health.succeeded(EDGE_A)
    assert not health.banned(EDGE_A, 2.2)


def test_a_probe_that_fails_doubles_the_penalty_and_one_that_is_lost_is_forgotten() -> None:
    health = EdgeHealth()
    health.failed(EDGE_A, 0.0)
    health.tried(EDGE_A, 2.0)
    assert health.failed(EDGE_A, 3.0) == 7.0
    health.tried(EDGE_A, 7.0)
    assert health.banned(EDGE_A, 14.9)
    assert not health.banned(EDGE_A, 15.0)


def test_an_edge_that_never_failed_may_have_any_number_of_requests() -> None:
    health = EdgeHealth()
    health.succeeded(EDGE_A)
    health.tried(EDGE_A, 1.0)
    assert not health.banned(EDGE_A, 1.0)
