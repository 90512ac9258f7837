"""What an edge takes from players' CMCD, and what it tells them in CMSD."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from backend_stub.cdn.talk import LONGEST_BYTES, MOST_LINES, MOST_SESSIONS, Talk

from abr.trace.read import read_trace

SAID = {
    "CMCD-Object": "br=200,d=2000,ot=v,tb=400",
    "CMCD-Request": "bl=4000,mtp=25400",
    "CMCD-Session": 'cid="lantern-river",sid="a-session",v=1',
}


async def test_what_players_say_in_headers_is_kept_and_the_file_is_served(house, film):
    film()
    async with house() as client:
        url = (await client.play())["manifest_url"].removesuffix("master.m3u8") + "v0/s00000.m4s"
        answer = await client.http.get(url, headers=SAID)
        assert answer.status_code == 200
        (line,) = [line for edge in client.backend.edges for line in edge.edge.talk.lines]
        said = json.loads(line)
        assert said["edge"] == "edge-a"
        assert set(SAID.values()) == {part for part in SAID.values() if part in said["cmcd"]}
        assert urlsplit(url).path.split("/")[2] not in line, "no signature is kept"


async def test_the_query_argument_says_the_same_and_does_not_break_a_signed_address(house, film):
    film()
    async with house() as client:
        url = (await client.play())["manifest_url"].removesuffix("master.m3u8") + "v0/s00000.m4s"
        answer = await client.http.get(f"{url}?CMCD={quote(','.join(SAID.values()), safe='')}")
        assert answer.status_code == 200
        edge = client.backend.edges[0].edge
        assert json.loads(edge.talk.lines[-1])["cmcd"] == ",".join(SAID.values())


async def test_an_answer_says_in_cmsd_which_edge_it_is_and_how_long_it_thought(house, film):
    film()
    async with house() as client:
        url = (await client.play())["manifest_url"].removesuffix("master.m3u8") + "v0/s00000.m4s"
        said = (await client.http.get(url)).headers["cmsd-dynamic"]
        name, *parts = said.split(";")
        assert name == '"edge-a"'
        assert [part.split("=")[0] for part in parts] == ["rd"]


async def test_an_edge_told_to_be_under_duress_says_so_and_suggests_a_bit_rate(house, film):
    film()
    async with house() as client:
        url = (await client.play())["manifest_url"].removesuffix("master.m3u8") + "v0/s00000.m4s"
        fault = {"duress": True, "most_kbps": 200}
        path = f"{client.api}/v1/admin/edges/edge-a/fault"
        assert (await client.http.put(path, json=fault, headers=client.admin)).status_code == 204
        answer = await client.http.get(url)
        assert answer.status_code == 200
        assert answer.headers["cmsd-dynamic"].startswith('"edge-a";du;mb=200;rd=')


def test_the_rate_at_which_bodies_went_out_is_told_to_the_session_that_took_them():
    talk = Talk("edge-a")
    talk.learn("a-session", 1_000_000, 1.0)
    assert talk.say("a-session", 0.0121) == '"edge-a";etp=8000;rd=12'
    assert talk.say("another", 0.0) == '"edge-a";rd=0'
    talk.learn("a-session", 1000, 0.5)
    assert talk.say("a-session", 0.0) == '"edge-a";etp=8000;rd=0', "a small body tells nothing"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ([(b"cmcd-request", b"x" * (LONGEST_BYTES + 1))], b""),
        ([(b"cmcd-request", b"bl=1," * 500)] * 3, b""),
        ([], b"CMCD=" + b"x" * (3 * LONGEST_BYTES)),
        ([], b"a=b"),
        ([(b"cmcd-nonsense", b"bl=1")], b""),
    ],
)
def test_more_than_a_player_has_to_say_is_not_kept(headers, query):
    talk = Talk("edge-a")
    assert talk.hear(headers, query, 0.0) == ""
    assert not talk.lines


def test_memory_stays_bounded_however_many_players_come():
    talk = Talk("edge-a")
    for number in range(MOST_LINES + 50):
        session = talk.hear([(b"cmcd-session", b'sid="s%d"' % number)], b"", float(number))
        assert session == f"s{number}"
        talk.learn(session, 1_000_000, 1.0)
    assert len(talk.lines) == MOST_LINES
    assert len(talk.rates_bps) == MOST_SESSIONS


def test_the_lines_are_a_log_that_the_trace_readers_read(tmp_path: Path):
    talk = Talk("edge-a")
    for at_s, mtp in ((0, 5000), (2, 8000), (4, 3000)):
        said = b"bl=4000,mtp=%d" % mtp
        talk.hear([(b"cmcd-request", said), (b"cmcd-session", b'sid="one"')], b"", 1_700_000_000.0 + at_s)
    path = tmp_path / "edge.log"
    path.write_text("\n".join(talk.lines) + "\n")
    trace = read_trace(str(path))
    assert trace.rate_at(1.0) == 5_000_000
    assert trace.rate_at(3.0) == 8_000_000
