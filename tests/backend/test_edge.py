"""Edges over real HTTP: signatures, ranges, conditions, growing films, faults."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from backend_stub.cdn.ranges import Span, Unsatisfiable, parse_range
from backend_stub.cdn.signurl import UrlSigner

SEGMENT = bytes(range(256)) * 4


async def segment_url(client, name="v0/s00000.m4s"):
    manifest = (await client.play())["manifest_url"]
    return manifest.removesuffix("master.m3u8") + name


async def test_the_multivariant_playlist_names_steering_and_the_edge_that_serves_it(house, film):
    film()
    async with house() as client:
        url = (await client.play())["manifest_url"]
        for edge in client.backend.edges:
            answer = await client.http.get(edge.url + urlsplit(url).path)
            assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
            lines = answer.text.splitlines()
            uri = f"{client.api}/v1/steering/lantern-river?base={edge.id}"
            assert f'#EXT-X-CONTENT-STEERING:SERVER-URI="{uri}",PATHWAY-ID="{edge.id}"' in lines
            assert f'#EXT-X-STREAM-INF:BANDWIDTH=200000,PATHWAY-ID="{edge.id}"' in lines


async def test_a_signed_address_is_good_on_every_edge_and_for_relative_addresses(house, film):
    film()
    async with house(edges=3) as client:
        path = urlsplit(await segment_url(client, "v1/s00002.m4s")).path
        for edge in client.backend.edges:
            answer = await client.http.get(edge.url + path)
            assert (answer.status_code, answer.content) == (200, SEGMENT)
            assert answer.headers["content-type"] == "video/iso.segment"
            assert "immutable" in answer.headers["cache-control"]


async def test_a_forged_signature_a_later_expiry_and_another_film_are_refused(house, film):
    film()
    film("night-train")
    async with house() as client:
        url = await segment_url(client)
        signature = urlsplit(url).path.split("/")[2]
        expiry, mac = signature.split("-")
        forged = [
            url.replace(mac, mac[::-1]),
            url.replace(mac, "0" * 32),
            url.replace(expiry, str(int(expiry) + 3600)),
            url.replace("lantern-river", "night-train"),
            url.replace(signature, "nonsense"),
        ]
        for bad in forged:
            answer = await client.http.get(bad)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad-signature")


async def test_an_expired_address_says_so(house, film):
    film()
    async with house() as client:
        edge = client.backend.edges[0]
        old = client.backend.parts.signer.sign("titles/lantern-river/rev1", 1_000_000)
        answer = await client.http.get(f"{edge.url}{old}/v0/s00000.m4s")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "expired")


def test_a_signature_holds_until_its_second_and_not_longer():
    signer = UrlSigner(b"key")
    prefix = signer.sign("titles/a/b", 100).split("/")[2]
    assert signer.check(prefix, "titles/a/b", 99.9) == "good"
    assert signer.check(prefix, "titles/a/b", 100.0) == "expired"
    assert UrlSigner(b"other").check(prefix, "titles/a/b", 99.9) == "bad-signature"


@pytest.mark.parametrize(
    ("header", "status", "content", "content_range"),
    [
        ("bytes=0-9", 206, SEGMENT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", 206, SEGMENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", 206, SEGMENT[-24:], "bytes 1000-1023/1024"),
        ("bytes=1000-99999", 206, SEGMENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=0-1,5-6", 200, SEGMENT, None),
        ("bytes=9-3", 200, SEGMENT, None),
        ("lines=1-2", 200, SEGMENT, None),
        ("bytes=1024-", 416, None, "bytes */1024"),
        ("bytes=-0", 416, None, "bytes */1024"),
    ],
)
async def test_ranges_are_served_refused_or_ignored(house, film, header, status, content, content_range):
    film()
    async with house(edges=1) as client:
        answer = await client.http.get(await segment_url(client), headers={"Range": header})
        assert answer.status_code == status
        assert answer.headers.get("content-range") == content_range
        assert answer.headers["accept-ranges"] == "bytes"
        assert content is None or answer.content == content


def test_a_range_of_an_empty_file_cannot_be_satisfied():
    assert parse_range(None, 0) is None
    assert parse_range("bytes=0-0", 1) == Span(0, 1)
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


async def test_a_range_is_served_only_of_the_version_that_if_range_names(house, film):
    film()
    async with house(edges=1) as client:
        url = await segment_url(client)
        head = await client.http.head(url)
        for version, status in [
            (head.headers["etag"], 206),
            (head.headers["last-modified"], 206),
            ('"another"', 200),
            ("W/" + head.headers["etag"], 200),
            ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
            ("no date at all", 200),
        ]:
            answer = await client.http.get(url, headers={"Range": "bytes=0-9", "If-Range": version})
            assert answer.status_code == status, version


async def test_head_tells_all_but_sends_nothing_and_a_known_version_is_not_sent_again(house, film):
    film()
    async with house(edges=1) as client:
        url = await segment_url(client)
        head, whole = await client.http.head(url), await client.http.get(url)
        assert head.content == b""
        assert head.headers["content-length"] == "1024"
        assert head.headers["etag"] == whole.headers["etag"]
        assert not head.headers["etag"].startswith("W/")
        for condition in (
            {"If-None-Match": head.headers["etag"]},
            {"If-Modified-Since": head.headers["last-modified"]},
        ):
            assert (await client.http.get(url, headers=condition)).status_code == 304
        assert (await client.http.post(url)).status_code == 405


async def test_no_path_leads_out_of_a_films_folder(house, film, tmp_path):
    folder = film()
    (tmp_path / "secret.m3u8").write_text("secret")
    (folder / "link.m3u8").symlink_to(tmp_path / "secret.m3u8")
    (folder / ".hidden.m3u8").write_text("half-written")
    async with house(edges=1) as client:
        address = urlsplit(await segment_url(client, ""))
        for tail in (
            "../../../../secret.m3u8",
            "%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.m3u8",
            "..%2f..%2f..%2f..%2fsecret.m3u8",
            "v0/..%5c..%5csecret.m3u8",
            "v0//playlist.m3u8",
            "v0/%00.m3u8",
            "link.m3u8",
            ".hidden.m3u8",
            "title.json",
            "v0",
            "v0/",
        ):
            status = await asyncio.to_thread(raw_status, address.port, address.path + tail)
            assert status == 404, tail


def raw_status(port: int, target: str) -> int:
    """Clients tidy paths up before sending them; an attacker does not."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


async def test_a_segment_that_is_being_encoded_is_held_until_it_is_there(house, film):
    folder = film(chunks=3, made=1)
    async with house(edges=1) as client:
        edge = client.backend.edges[0].edge
        held = asyncio.create_task(client.http.get(await segment_url(client, "v0/s00001.m4s")))
        while not edge.stats.held:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not held.done()
        scratch = folder / "v0" / ".s00001.m4s.tmp"
        scratch.write_bytes(SEGMENT)
        scratch.rename(folder / "v0" / "s00001.m4s")
        answer = await held
        assert (answer.status_code, answer.content) == (200, SEGMENT)


async def test_a_hold_is_bounded_and_asks_to_come_again(house, film):
    film(chunks=3, made=1)
    async with house(edges=1, hold_s=0.1) as client:
        answer = await client.http.get(await segment_url(client, "v0/s00002.m4s"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"]["code"] == "not-encoded-yet"


async def test_what_no_playlist_lists_and_what_a_ready_film_lacks_is_not_waited_for(house, film):
    film(chunks=3, made=1)
    ready: Path = film("night-train")
    (ready / "v0" / "s00001.m4s").unlink()
    async with house(edges=1) as client:
        assert (await client.http.get(await segment_url(client, "v0/s00009.m4s"))).status_code == 404
        base = (await client.play("night-train"))["manifest_url"].removesuffix("master.m3u8")
        assert (await client.http.get(base + "v0/s00001.m4s")).status_code == 404
        assert client.backend.edges[0].edge.stats.held == 0


async def test_a_stopped_edge_cuts_its_connections_and_comes_back_on_its_port(house, film):
    folder = film()
    (folder / "v0" / "s00000.m4s").write_bytes(bytes(32 << 20))
    async with house() as client:
        url = await segment_url(client)
        with pytest.raises(httpx.TransportError):
            await read_and_stop_in_the_middle(client, url)
        with pytest.raises(httpx.ConnectError):
            await client.http.get(url)
        await client.http.post(f"{client.api}/v1/admin/edges/edge-a/start", headers=client.admin)
        assert (await client.http.head(url)).status_code == 200


async def read_and_stop_in_the_middle(client, url):
    async with client.http.stream("GET", url) as answer:
        async for _ in answer.aiter_raw():
            stopped = await client.http.post(f"{client.api}/v1/admin/edges/edge-a/stop", headers=client.admin)
            assert stopped.status_code == 204


async def test_injected_faults_befall_what_they_match_as_often_as_they_say(house, film):
    film()
    async with house(edges=1) as client:
        url, other = await segment_url(client), await segment_url(client, "v1/s00000.m4s")
        fault_url = f"{client.api}/v1/admin/edges/edge-a/fault"

        async def inject(**fault):
            assert (await client.http.put(fault_url, json=fault, headers=client.admin)).status_code == 204

        await inject(status=503, match="v0/", count=1)
        assert (await client.http.get(other)).status_code == 200
        assert (await client.http.get(url)).headers["retry-after"] == "1"
        assert (await client.http.get(url)).status_code == 200
        await inject(truncate_bytes=100)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.http.get(url)
        await inject(corrupt=True)
        assert (await client.http.get(url)).content == bytes(255 - byte for byte in SEGMENT)
        assert (await client.http.delete(fault_url, headers=client.admin)).status_code == 204
        assert (await client.http.get(url)).content == SEGMENT


async def test_the_admin_routes_are_shut_without_the_admin_token(house):
    async with house(edges=1) as client:
        stop = f"{client.api}/v1/admin/edges/edge-a/stop"
        assert (await client.http.post(stop)).status_code == 401
        assert (await client.http.post(stop, headers=client.auth)).status_code == 401
        unknown = await client.http.post(stop.replace("edge-a", "edge-z"), headers=client.admin)
        assert unknown.status_code == 404
