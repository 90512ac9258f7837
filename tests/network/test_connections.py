"""How many connections a session takes, and what becomes of its samples when sound and pictures come together."""

from __future__ import annotations

import asyncio

from edges_rig import CHUNKS, Played, Site

from player.engine.corners import merged
from player.fetch.http import HttpTransport
from player.fetch.transport import Request


async def test_a_session_keeps_its_connections_and_opens_no_more_than_it_asks_at_once(site: Site) -> None:
    document = await Played(site).play()
    assert document["ended"] == "end"
    assert len(site.asked) > 3 * CHUNKS // 2
    # Playlists are read six at a time, and beside the pictures there is the sound.
    assert site.connections["edge-a"] <= 6
    media = {it.connection for it in site.asked if it.path.endswith(".m4s")}
    assert len(media) <= 3


async def test_requests_one_after_another_share_one_connection(site: Site) -> None:
    async with HttpTransport() as transport:
        for index in range(8):
            await transport.fetch(Request(site.base("edge-a") + f"v1/s{index}.m4s"))
    assert site.connections == {"edge-a": 1}


async def test_two_transfers_at_once_count_as_one_with_all_their_bytes(site: Site) -> None:
    async with HttpTransport() as transport:
        uris = [site.base("edge-a") + "v2/s0.m4s", site.base("edge-a") + "a/s0.m4s"]
        both = await asyncio.gather(*(transport.fetch(Request(uri)) for uri in uris))
    samples = [it.sample for it in both]
    whole = merged(samples)
    assert whole.size_bytes == sum(it.size_bytes for it in samples)
    assert whole.duration_s <= max(it.finished_at_s for it in samples) - min(it.requested_at_s for it in samples) + 1e-6
    assert whole.goodput_bps >= max(it.goodput_bps for it in samples) * 0.5
