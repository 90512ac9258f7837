"""The shaped link keeps the trace's rate, adds its round trip, shares fairly, and holds no more than it must."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from body_server import BodyServer

from player.fetch.link import LinkTransport, ShapedLink
from player.fetch.transport import ConnectFailed, Fetched, FetchError, Request

Rate = Callable[[float], float]


@asynccontextmanager
async def linked(rate: Rate, round_trip_s: float = 0.0) -> AsyncIterator[LinkTransport]:
    transport = LinkTransport(ShapedLink(rate, round_trip_s))
    try:
        yield transport
    finally:
        await transport.aclose()


@contextmanager
def running(link: ShapedLink) -> Iterator[ShapedLink]:
    link.start()
    try:
        yield link
    finally:
        link.stop()


# A shared machine may be late by this much, never early: what the link promises is the lower bound.
LATE_S = 1.0


def steady(bps: float) -> Rate:
    return lambda _t_s: bps


@pytest.mark.parametrize("bps", [2e6, 4e7])
async def test_a_body_takes_as_long_as_the_rate_says(server: BodyServer, bps: float) -> None:
    size = int(bps / 8)
    async with linked(steady(bps)) as transport:
        await transport.fetch(Request(server.url(1000)))
        sample = (await transport.fetch(Request(server.url(size)))).sample
    # One second, within two percent; a loaded machine may only be later.
    assert 0.98 <= sample.duration_s <= 1.0 + LATE_S


async def test_the_rate_follows_the_trace(server: BodyServer) -> None:
    async with linked(lambda t_s: 8e6 if t_s < 0.3 else 2e6) as transport:
        sample = (await transport.fetch(Request(server.url(400_000)))).sample
    # 300 kB in the first 0.3 s, 100 kB in 0.4 s.
    assert 0.65 <= sample.duration_s <= 0.7 + LATE_S


async def test_an_outage_is_waited_out(server: BodyServer) -> None:
    async with linked(lambda t_s: 0.0 if t_s < 0.4 else 8e7) as transport:
        sample = (await transport.fetch(Request(server.url(1000)))).sample
    assert 0.4 <= sample.latency_s <= 0.4 + LATE_S


async def test_the_round_trip_is_added_before_the_first_byte(server: BodyServer) -> None:
    async with linked(steady(1e8), 0.15) as transport:
        samples = [(await transport.fetch(Request(server.url(2000)))).sample for _ in range(2)]
    assert all(0.15 <= sample.latency_s <= 0.15 + LATE_S for sample in samples)


async def test_connections_share_one_bottleneck_fairly(server: BodyServer) -> None:
    async with linked(steady(8e6)) as transport:
        fetches = [transport.fetch(Request(server.url(250_000))) for _ in range(3)]
        samples = [fetched.sample for fetched in await asyncio.gather(*fetches)]
    last_at_s = max(sample.finished_at_s for sample in samples)
    assert 0.7 <= last_at_s - samples[0].requested_at_s <= 0.75 + LATE_S
    assert min(sample.duration_s for sample in samples) > 0.65


async def test_a_player_that_gives_up_frees_the_link(server: BodyServer) -> None:
    async with linked(steady(8e6)) as transport:
        reached = asyncio.Event()
        given_up = asyncio.create_task(transport.fetch(Request(server.url(20_000_000)), lambda *_: reached.set()))
        await reached.wait()
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        sample = (await transport.fetch(Request(server.url(100_000)))).sample
    # 0.1 s of its own; what was under way for the other may pass first, its 20 s may not.
    assert sample.duration_s < 0.1 + LATE_S


async def test_a_slow_link_does_not_swallow_the_servers_body(server: BodyServer) -> None:
    async with linked(steady(1e6)) as transport:
        reached = asyncio.Event()
        task = asyncio.create_task(transport.fetch(Request(server.url(60_000_000)), lambda *_: reached.set()))
        await reached.wait()
        await asyncio.sleep(0.2)
        # What the kernel's socket buffers take, not the film: they grow to about 6 MB on loopback.
        assert server.sent_bytes < 20_000_000
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_trace_time_begins_with_the_first_request(server: BodyServer) -> None:
    async with linked(steady(1e8)) as transport:
        transport.link.rewrite(server.url(1))
        await asyncio.sleep(0.05)
        assert transport.link.elapsed_s == 0.0
        await transport.fetch(Request(server.url(1000)))
        assert 0.0 < transport.link.elapsed_s < LATE_S
        assert transport.link.passed_bytes > 1000


async def test_a_paused_link_stands_still(server: BodyServer) -> None:
    async with linked(steady(8e7)) as transport:
        await transport.fetch(Request(server.url(1000)))
        transport.link.pause()
        fetch = asyncio.create_task(transport.fetch(Request(server.url(1000))))
        await asyncio.sleep(0.1)
        stood_at_s = transport.link.elapsed_s
        await asyncio.sleep(0.1)
        assert not fetch.done()
        assert transport.link.elapsed_s == stood_at_s
        transport.link.resume()
        fetched: Fetched = await fetch
        assert len(fetched.body) == 1000
        assert transport.link.elapsed_s - stood_at_s < LATE_S


async def test_a_server_that_is_gone_is_an_error_of_the_tree() -> None:
    listening = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    async with linked(steady(1e8)) as transport:
        with pytest.raises(FetchError):
            await transport.fetch(Request(f"http://127.0.0.1:{port}/1"))


def test_each_server_has_one_door_and_the_rest_of_the_address_stays() -> None:
    with running(ShapedLink(steady(1e6), targets=["127.0.0.1:9"])) as link:
        first = link.rewrite("http://127.0.0.1:9/a/b?c=d")
        assert first == link.rewrite("http://127.0.0.1:9/a/b?c=d")
        assert first.endswith("/a/b?c=d")
        assert first.split("/")[2] != link.rewrite("http://127.0.0.1:10/").split("/")[2]


def test_https_is_refused_with_a_reason() -> None:
    with running(ShapedLink(steady(1e6))) as link, pytest.raises(ConnectFailed, match="only http"):
        link.rewrite("https://example.org/")


def test_stopping_ends_the_thread_and_may_be_repeated() -> None:
    link = ShapedLink(steady(1e6))
    link.start()
    link.start()
    assert [thread.name for thread in threading.enumerate()].count("shaped-link") == 1
    link.stop()
    link.stop()
    assert "shaped-link" not in [thread.name for thread in threading.enumerate()]
