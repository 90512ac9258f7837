"""What a session tells the servers it asks (CMCD), as the servers see it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from edges_rig import CHUNKS, RATES_KBPS, Asked, Played, Said, Site
from structured_fields import plain, read_dictionary

NAMES = ("cmcd-object", "cmcd-request", "cmcd-session", "cmcd-status")


def told(asked: Asked) -> dict[str, Any]:
    """Everything that the headers say."""
    return {key: value for name in NAMES for key, value in plain(asked.headers.get(name, "")).items()}


def asked_for(site: Site, ending: str) -> list[dict[str, Any]]:
    return [told(it) for it in site.asked if it.path.endswith(ending)]


async def test_every_request_says_whose_it_is_and_what_it_is_for(site: Site) -> None:
    site.script = lambda asked: Said(404) if asked.path.startswith("advice") else None
    played = Played(site, steering_uri=site.base("edge-a") + "advice", subtitle_language="de")
    document = await played.play()
    assert document["ended"] == "end"
    kinds = {
        "master.m3u8": "m", "v0/playlist.m3u8": "m", "a/playlist.m3u8": "m", "v0/init.mp4": "i", "a/init.mp4": "i",
        "a/s3.m4s": "a", "t/words.vtt": "c", "advice": "o",
    }  # fmt: skip
    for path, kind in kinds.items():
        assert {it["ot"] for it in asked_for(site, path)} == {kind}, path
    assert {told(it)["ot"] for it in site.asked if it.path.startswith("v") and it.path.endswith(".m4s")} == {"v"}
    assert {told(it)["sid"] for it in site.asked} == {played.log.session_id}
    assert {(told(it)["cid"], told(it)["sf"]) for it in site.asked} == {("a film", "h")}


async def test_a_segments_request_tells_its_rate_its_duration_the_buffer_and_what_comes_next(site: Site) -> None:
    await Played(site).play()
    for asked in site.asked:
        if not asked.path.endswith(".m4s"):
            continue
        said, (folder, name) = told(asked), asked.path.split("/")
        index = int(name[1:].removesuffix(".m4s"))
        assert said["br"] == (RATES_KBPS[int(folder[1:])] if folder != "a" else pytest.approx(64, abs=2))
        assert said["d"] == 2000
        assert said["bl"] % 100 == 0
        assert 0 <= said["bl"] <= 30_000
        assert said.get("nor") == (f"s{index + 1}.m4s" if index + 1 < CHUNKS else None)
        assert said["pr"] == 4
        if folder != "a":
            assert said["tb"] == RATES_KBPS[-1]
    first, later = asked_for(site, "/s0.m4s")[0], asked_for(site, "/s9.m4s")[0]
    assert (first.get("su"), later.get("su")) == (True, None), "only what is needed at once is urgent"
    assert "mtp" not in first
    assert later["mtp"] >= 100
    assert later["dl"] == pytest.approx(later["bl"] / 4, abs=200), "the buffer lasts a quarter as long at speed 4"


async def test_a_standstill_is_told_with_the_next_request_and_only_then(site: Site) -> None:
    def late(asked: Asked) -> Said | None:
        return Said(after_s=1.5) if asked.path.endswith("/s4.m4s") and not asked.path.startswith("a") else None

    site.script = late
    document = await Played(site, buffer_cap_s=4.0).play()
    assert document["stalls"]
    video = [it for it in site.asked if it.path.endswith(".m4s") and not it.path.startswith("a/")]
    starved = [it.path.split("/")[1] for it in video if told(it).get("bs")]
    assert starved
    assert set(starved) <= {"s5.m4s", "s6.m4s"}


async def test_in_query_mode_one_argument_says_it_and_no_header_does(site: Site) -> None:
    document = await Played(site, cmcd="query").play()
    assert document["ended"] == "end"
    for asked in site.asked:
        assert not set(NAMES) & set(asked.headers)
        (said,) = parse_qs(asked.query, strict_parsing=True)["CMCD"]
        assert plain(said)["sid"] == "11111111-2222-4333-8444-555555555555"
    assert not any("CMCD" in it.path for it in site.asked), "no address found in a playlist carries an older one"


async def test_version_2_numbers_the_requests_and_says_what_the_player_does(site: Site) -> None:
    await Played(site, cmcd_version=2).play()
    said = [told(it) for it in site.asked]
    assert {it["v"] for it in said} == {2}
    assert sorted(it["sn"] for it in said) == list(range(len(said)))
    assert said[0]["sta"] == "s"
    assert said[-1]["sta"] == "p"
    assert sum("msd" in it for it in said) == 1
    video = next(it for it in site.asked if it.path.startswith("v") and it.path.endswith("s1.m4s"))
    read = read_dictionary(video.headers["cmcd-object"])
    assert read["br"][0][0][1] == {"v": True}
    assert read_dictionary(video.headers["cmcd-request"])["nor"][0] == [("s2.m4s", {})]


async def test_off_says_nothing(site: Site) -> None:
    await Played(site, cmcd="off").play()
    assert site.asked
    assert not any(set(NAMES) & set(it.headers) or "CMCD" in it.query for it in site.asked)
