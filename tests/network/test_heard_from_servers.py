"""What servers say of themselves (CMSD), and what the session makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from edges_rig import Asked, Played, Said, Site, file_of
from virtual_rig import Evening, film, play, steady

from player.fetch.transport import Request
from player.sim.edges import Answer, Hook


def saying(words: str, until_s: float = 1e9, **others: float) -> Hook:
    """A hook: media as ever, with a CMSD header."""

    def said(path: str, request: Request, now_s: float) -> Answer | None:
        if not path.endswith(".m4s") or now_s >= until_s:
            return None
        length = request.length_bytes or 0
        start = request.offset_bytes or 0
        span = {"content-range": f"bytes {start}-{start + length - 1}/*", "cmsd-dynamic": words}
        return Answer(206, bytes(length), span, **others)  # type: ignore[arg-type]

    return said


def rungs(evening: Evening) -> list[int]:
    return [chunk.rung for chunk in evening.log.chunks]


def test_a_suggested_bit_rate_caps_the_ladder_and_the_reason_says_so() -> None:
    evening = play({"a": saying('"a";mb=2500')}, trace=steady(20e6))
    assert max(rungs(evening)) == 2
    capped = [chunk for chunk in evening.log.chunks if chunk.rung == 2]
    assert all("the server suggests no higher rung" in chunk.decision.reason.text for chunk in capped)
    assert max(rungs(play({"a": None}, trace=steady(20e6)))) == 3


def test_the_cap_ends_a_minute_after_it_was_said_last() -> None:
    evening = play({"a": saying('"a";mb=1000', until_s=20.0)}, trace=steady(20e6), video=film(90))
    by_time = [(chunk.sample.requested_at_s, chunk.rung) for chunk in evening.log.chunks]
    assert max(rung for at_s, rung in by_time if at_s < 75.0) == 1
    assert max(rung for at_s, rung in by_time if at_s > 85.0) == 3


def test_a_server_under_duress_is_left_for_another_and_the_log_says_why() -> None:
    evening = play({"a": saying('"a";du', until_s=12.0), "b": None}, trace=steady(20e6))
    first = evening.times("a")
    media = [(edge, at_s) for edge, path, at_s in evening.asked if path.endswith(".m4s")]
    assert media[0][0] == "a"
    assert {edge for edge, at_s in media[1:] if at_s < media[0][1] + 10.0} == {"b"}
    assert any(at_s > 20.0 for at_s in first), "it is tried again later"
    assert [problem.code for problem in evening.log.problems] == ["duress"]
    assert evening.report["stalls"] == []


def test_the_only_server_is_kept_whatever_it_says() -> None:
    evening = play({"a": saying('"a";du')}, trace=steady(20e6))
    assert (evening.report["ended"], evening.log.problems) == ("end", [])


def test_time_for_which_an_answer_was_not_ready_is_no_time_of_the_network() -> None:
    plain = play({"a": None}, trace=steady(8e6)).log.chunks[3].sample
    held = play({"a": saying('"a";rd=3000', held_s=3.0)}, trace=steady(8e6)).log.chunks[3].sample
    assert held.latency_s == pytest.approx(plain.latency_s, abs=0.01)
    short = play({"a": saying('"a";rd=100', held_s=0.1)}, trace=steady(8e6)).log.chunks[3].sample
    assert short.latency_s == pytest.approx(plain.latency_s + 0.1, abs=0.01), "what every request costs there stays"


def test_a_lie_about_a_delay_takes_no_more_than_the_latency_off() -> None:
    evening = play({"a": saying('"a";rd=500000')}, trace=steady(8e6))
    assert all(chunk.sample.latency_s >= 0.0 for chunk in evening.log.chunks)
    assert evening.report["ended"] == "end"


async def test_on_real_sockets_the_first_chunk_rests_on_what_the_server_says_the_way_carries(site: Site) -> None:
    def told(asked: Asked) -> Said | None:
        if asked.path.endswith(".m3u8"):
            return Said(body=file_of(asked.path), headers={"CMSD-Dynamic": '"edge-a";etp=30000;rtt=12'})
        return None

    site.script = told
    played = Played(site)
    document = await played.play()
    assert document["chunks"][0]["rung"] == 2
    assert played.session.hints.round_trip_s == 0.012
    site.script = lambda asked: None
    assert (await Played(site).play())["chunks"][0]["rung"] == 0


async def test_it_can_be_turned_off(site: Site) -> None:
    def told(asked: Asked) -> Said | None:
        body = file_of(asked.path)
        return replace(Said(body=body), headers={"CMSD-Dynamic": '"edge-a";mb=200;du'}) if body else None

    site.script = told
    document = await Played(site, cmsd=False).play()
    assert max(chunk["rung"] for chunk in document["chunks"]) == 2
    assert site.paths("edge-b") == []
