"""HTTP/2 where a server offers it over TLS: one connection, honest samples, and HTTP/1.1 where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from h2_rig import SIZE_BYTES, SecureServer, certificate

from player.engine.corners import merged
from player.fetch.http import HttpTransport
from player.fetch.link import ShapedLink
from player.fetch.transport import ConnectFailed, Request


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SecureServer]:
    made = SecureServer(certificate(tmp_path))
    listening = await made.start()
    yield made
    listening.close()


async def test_pictures_and_sound_share_one_connection_where_http_2_is_offered(server: SecureServer) -> None:
    uri = f"https://127.0.0.1:{server.port}/"
    async with HttpTransport(trust=server.trust) as transport:
        await transport.fetch(Request(uri + "first"))
        both = await asyncio.gather(transport.fetch(Request(uri + "v")), transport.fetch(Request(uri + "a")))
    assert {len(it.body) for it in both} == {SIZE_BYTES}
    assert (set(server.spoken), server.connections) == ({"h2"}, 1)


async def test_a_server_that_offers_only_http_1_gets_it(tmp_path: Path) -> None:
    server = SecureServer(certificate(tmp_path), ("http/1.1",))
    listening = await server.start()
    async with HttpTransport(trust=server.trust) as transport:
        fetched = await transport.fetch(Request(f"https://127.0.0.1:{server.port}/"))
    listening.close()
    assert (len(fetched.body), server.spoken) == (SIZE_BYTES, ["http/1.1"])


async def test_a_server_whose_certificate_nobody_vouches_for_is_no_server(server: SecureServer) -> None:
    async with HttpTransport() as transport:
        with pytest.raises(ConnectFailed):
            await transport.fetch(Request(f"https://127.0.0.1:{server.port}/"))


async def test_a_request_that_is_given_up_leaves_the_connection_to_the_others(server: SecureServer) -> None:
    uri = f"https://127.0.0.1:{server.port}/"
    async with HttpTransport(trust=server.trust) as transport:
        begun = asyncio.Event()
        dropped = asyncio.ensure_future(transport.fetch(Request(uri), lambda *_seen: begun.set()))
        await begun.wait()
        dropped.cancel()
        await asyncio.gather(dropped, return_exceptions=True)
        fetched = await transport.fetch(Request(uri))
    assert len(fetched.body) == SIZE_BYTES


@pytest.mark.parametrize("protocols", [("h2",), ("http/1.1",)])
async def test_samples_show_the_links_rate_over_a_long_way_whatever_is_spoken(
    tmp_path: Path, protocols: tuple[str, ...]
) -> None:
    # 0.1 s and 16 Mbit/s: a window of HTTP/2's 64 KiB a round trip would read as 5.
    server = SecureServer(certificate(tmp_path), protocols)
    listening = await server.start()
    link = ShapedLink(lambda _t_s: 16e6, 0.1)
    link.start()
    try:
        port = int(link.rewrite(f"http://127.0.0.1:{server.port}/").split(":")[2].split("/")[0])
        async with HttpTransport(trust=server.trust) as transport:
            uri = f"https://127.0.0.1:{port}/"
            await transport.fetch(Request(uri))
            alone = (await transport.fetch(Request(uri))).sample
            pair = await asyncio.gather(transport.fetch(Request(uri)), transport.fetch(Request(uri)))
            together = merged([it.sample for it in pair])
    finally:
        link.stop()
        listening.close()
    for rate_bps in (8.0 * alone.size_bytes / alone.transfer_s, 8.0 * together.size_bytes / together.duration_s):
        assert 9e6 < rate_bps < 22e6
