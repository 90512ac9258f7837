"""What every `Transport` promises, held against servers that refuse, stall, lie and drip."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from abr.trace.model import Step, Trace
from player.fetch.http import HttpTransport
from player.fetch.link import LinkTransport, ShapedLink
from player.fetch.transport import (
    BadStatus,
    ConnectFailed,
    FetchError,
    RedirectRefused,
    Request,
    TimedOut,
    TooLarge,
    Transport,
    Truncated,
)
from player.sim.edges import SimEdge
from player.sim.link import SimLink
from player.sim.transport import SimTransport

Server = Any  # tests/contract/conftest.py: ScriptedServer
# A simulated wire has no connections.
CONNECTIONS = pytest.mark.parametrize("kind", ["http", "http through a shaped link"], indirect=True)


@pytest.fixture
async def transport(kind: str, server: Server) -> AsyncIterator[Transport]:
    made: Transport
    if kind == "http":
        made = HttpTransport(connect_timeout_s=1.0, silence_timeout_s=1.5)
    elif kind == "simulated":
        link = SimLink(Trace([Step(60.0, 1e9, 0.001)]), began_at_s=asyncio.get_running_loop().time())
        made = SimTransport({"origin.sim": SimEdge({}, server.hook)}, link, silence_timeout_s=1.5, epoch_s=time.time())
    else:
        made = LinkTransport(ShapedLink(lambda _t_s: 1e9, 0.0), silence_timeout_s=1.5)
    yield made
    await made.aclose()


def body_of(size: int) -> bytes:
    return bytes(range(256)) * (size // 256 + 1)


async def test_a_body_comes_whole_with_instants_in_order(transport: Transport, server: Server) -> None:
    body = body_of(300_000)
    url = server.on("/a", lambda call: call.answer(body))
    seen: list[tuple[int, float, float | None]] = []
    before_s = asyncio.get_running_loop().time()
    fetched = await transport.fetch(Request(url), lambda *progress: seen.append(progress))
    sample = fetched.sample
    assert fetched.body == body
    assert (fetched.status, fetched.uri, sample.size_bytes) == (200, url, len(body))
    assert before_s <= sample.requested_at_s < sample.first_byte_at_s <= sample.finished_at_s
    assert seen[-1][0] == len(body)
    assert [progress[0] for progress in seen] == sorted({progress[0] for progress in seen})
    assert all(progress[2] == sample.first_byte_at_s for progress in seen)


async def test_an_empty_body_is_a_body(transport: Transport, server: Server) -> None:
    assert (await transport.fetch(Request(server.on("/a", lambda call: call.answer())))).body == b""


@CONNECTIONS
async def test_a_connection_is_used_again_and_compression_is_not_asked_for(
    transport: Transport, server: Server
) -> None:
    url = server.on("/a", lambda call: call.answer(b"ok"))
    for _ in range(3):
        await transport.fetch(Request(url, headers={"CMCD-Session": 'sid="x"'}))
    assert server.connections == 1
    headers = server.calls[-1].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["cmcd-session"] == 'sid="x"'
    assert headers["host"] == f"127.0.0.1:{server.port}"


@CONNECTIONS
async def test_a_kept_connection_that_the_server_has_closed_costs_nothing(transport: Transport, server: Server) -> None:
    async def once(call: Any) -> None:
        await call.answer(b"ok")
        call.writer.close()

    url = server.on("/a", once)
    assert [(await transport.fetch(Request(url))).body for _ in range(3)] == [b"ok"] * 3


async def test_a_range_is_asked_for_and_brought(transport: Transport, server: Server) -> None:
    url = server.on("/a", lambda call: call.answer(b"34567", 206, content_range="bytes 3-7/10"))
    assert (await transport.fetch(Request(url, 3, 5))).body == b"34567"
    assert server.calls[-1].headers["range"] == "bytes=3-7"


async def test_a_server_that_ignores_ranges_is_cut_to_the_range(transport: Transport, server: Server) -> None:
    body = body_of(200_000)
    url = server.on("/a", lambda call: call.answer(body))
    assert (await transport.fetch(Request(url, 100_000, 50, limit_bytes=150_000))).body == body[100_000:100_050]


async def test_another_range_than_the_one_asked_for_is_refused(transport: Transport, server: Server) -> None:
    url = server.on("/a", lambda call: call.answer(b"01234", 206, content_range="bytes 0-4/10"))
    with pytest.raises(Truncated, match="another part"):
        await transport.fetch(Request(url, 3, 5))


async def test_a_range_that_comes_short_is_truncated(transport: Transport, server: Server) -> None:
    url = server.on("/a", lambda call: call.answer(b"345", 206, content_range="bytes 3-5/6"))
    with pytest.raises(Truncated):
        await transport.fetch(Request(url, 3, 5))


async def test_a_refused_connection_has_a_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    transport = HttpTransport()
    with pytest.raises(ConnectFailed, match=f"127.0.0.1:{port}/a"):
        await transport.fetch(Request(f"http://127.0.0.1:{port}/a?secret=1"))
    await transport.aclose()


@pytest.mark.parametrize("uri", ["http://", "ftp://x/a", "http://[::1/a", "http://a b/", "nonsense", "http://x:99999/"])
async def test_what_is_no_address_fails_as_a_connection(transport: Transport, uri: str) -> None:
    with pytest.raises(ConnectFailed):
        await transport.fetch(Request(uri))


async def test_silence_before_the_answer_times_out(transport: Transport, server: Server) -> None:
    with pytest.raises(TimedOut):
        await transport.fetch(Request(server.on("/a", lambda call: asyncio.Event().wait())))


async def test_silence_in_mid_body_times_out_and_says_how_much_came(transport: Transport, server: Server) -> None:
    async def stall(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 40)
        await asyncio.Event().wait()

    with pytest.raises(TimedOut) as caught:
        await transport.fetch(Request(server.on("/a", stall)))
    assert caught.value.received_bytes == 40


async def test_a_drip_is_not_silence(transport: Transport, server: Server) -> None:
    async def drip(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0.4)
            await call.send(b"x")

    assert (await transport.fetch(Request(server.on("/a", drip)))).body == b"xxxxx"


async def test_a_connection_that_breaks_off_is_truncated(transport: Transport, server: Server) -> None:
    async def break_off(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 40)
        call.writer.close()

    with pytest.raises(Truncated):
        await transport.fetch(Request(server.on("/a", break_off)))


async def test_a_server_that_hangs_up_without_a_word_is_named(transport: Transport, server: Server) -> None:
    async def hang_up(call: Any) -> None:
        call.writer.close()

    with pytest.raises(FetchError):
        await transport.fetch(Request(server.on("/a", hang_up)))


async def test_words_that_are_not_http_are_an_error_of_the_tree(transport: Transport, server: Server) -> None:
    with pytest.raises(FetchError):
        await transport.fetch(Request(server.on("/a", lambda call: call.send(b"220 mail ready\r\n\r\n"))))


async def test_an_announced_giant_is_refused_before_its_body(transport: Transport, server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"
    with pytest.raises(TooLarge):
        await transport.fetch(Request(server.on("/a", lambda call: call.send(head)), limit_bytes=1000))


async def test_an_unannounced_giant_is_cut_off_at_the_bound(transport: Transport, server: Server) -> None:
    async def endless(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await call.send(b"x" * 65536)

    with pytest.raises(TooLarge) as caught:
        await transport.fetch(Request(server.on("/a", endless), limit_bytes=100_000))
    assert caught.value.received_bytes < 400_000
    async with asyncio.timeout(5):
        await server.dropped.wait()


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404, 410, 416, 500])
async def test_a_refusal_carries_its_status(transport: Transport, server: Server, status: int) -> None:
    with pytest.raises(BadStatus) as caught:
        await transport.fetch(Request(server.on("/a", lambda call: call.answer(b"", status))))
    assert (caught.value.status, caught.value.retry_after_s) == (status, None)


@pytest.mark.parametrize(
    ("value", "wanted_s"),
    [("7", 7.0), ("999999999", 3600.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("soon", None), ("-3", None)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_patience_is_understood(
    transport: Transport, server: Server, status: int, value: str, wanted_s: float | None
) -> None:
    with pytest.raises(BadStatus) as caught:
        await transport.fetch(Request(server.on("/a", lambda call: call.answer(b"", status, retry_after=value))))
    assert (caught.value.status, caught.value.retry_after_s) == (status, wanted_s)


async def test_a_redirect_is_followed_and_the_last_address_told(transport: Transport, server: Server) -> None:
    url = server.on("/a", lambda call: call.answer(b"", 302, location="/b"))
    last = server.on("/b", lambda call: call.answer(b"here"))
    fetched = await transport.fetch(Request(url))
    assert (fetched.uri, fetched.body) == (last, b"here")


async def test_a_circle_of_redirects_ends(transport: Transport, server: Server) -> None:
    url = server.on("/a", lambda call: call.answer(b"", 307, location="/a"))
    with pytest.raises(RedirectRefused):
        await transport.fetch(Request(url))
    assert len(server.calls) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "data:,x", "", "http://user:pw@127.0.0.1/"])
async def test_a_redirect_out_of_http_is_refused(transport: Transport, server: Server, location: str) -> None:
    with pytest.raises(RedirectRefused):
        await transport.fetch(Request(server.on("/a", lambda call: call.answer(b"", 302, location=location))))


async def test_a_compressed_body_is_refused(transport: Transport, server: Server) -> None:
    with pytest.raises(Truncated, match="compressed"):
        await transport.fetch(Request(server.on("/a", lambda call: call.answer(b"x", content_encoding="gzip"))))


async def test_cancelling_drops_the_connection_at_once(transport: Transport, server: Server) -> None:
    begun = asyncio.Event()

    async def forever(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nxx")
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(transport.fetch(Request(server.on("/a", forever))))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    cancelled_at_s = time.monotonic()
    async with asyncio.timeout(5):
        await server.dropped.wait()
    assert time.monotonic() - cancelled_at_s < 1.0, "before silence alone would have ended it"


async def test_what_progress_raises_drops_the_request_and_comes_out(transport: Transport, server: Server) -> None:
    async def forever(call: Any) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nxx")
        await asyncio.Event().wait()

    def enough(_received_bytes: int, _now_s: float, _first_byte_at_s: float | None) -> None:
        raise ZeroDivisionError("enough")

    with pytest.raises(ZeroDivisionError, match="enough"):
        await transport.fetch(Request(server.on("/a", forever)), enough)
    async with asyncio.timeout(5):
        await server.dropped.wait()


async def test_messages_never_carry_the_query_or_the_signature(transport: Transport, server: Server) -> None:
    server.on("/s/99-abcdef/a", lambda call: call.answer(b"", 403))
    with pytest.raises(BadStatus) as caught:
        await transport.fetch(Request(server.url("/s/99-abcdef/a?token=hush")))
    assert "abcdef" not in str(caught.value) + caught.value.uri
    assert "hush" not in str(caught.value) + caught.value.uri


async def test_closing_twice_is_closing_once(transport: Transport) -> None:
    await transport.aclose()
    await transport.aclose()
