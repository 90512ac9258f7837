"""What the recorder writes down of a link is what the link was shaped to."""

from __future__ import annotations

import pytest
from body_server import BodyServer

from abr.trace import TraceError
from abr.trace.measured import Download, measured_trace
from player.fetch.http import HttpTransport
from player.fetch.link import LinkTransport, ShapedLink
from player.fetch.recorder import record
from player.fetch.transport import Truncated


async def test_a_shaped_link_is_recorded_with_its_rate_and_its_round_trip(server: BodyServer) -> None:
    transport = LinkTransport(ShapedLink(lambda _: 8e6, 0.08))
    try:
        recording = await record(transport, server.url(8 * 2**20), 3.0, 10**9)
    finally:
        await transport.aclose()
    trace = measured_trace(recording.downloads, recording.outages, 0.5, name="here")
    assert trace.duration_s == pytest.approx(3.0, abs=0.5)
    assert trace.mean_bps == pytest.approx(8e6, rel=0.2)
    assert 0.07 < trace.steps[0].latency_s < 0.4
    assert not recording.ranged


async def test_a_server_that_hangs_up_is_an_outage_until_it_answers_again(server: BodyServer) -> None:
    server.broken_after, server.broken = 3, 4
    async with HttpTransport() as transport:
        recording = await record(transport, server.url(4 * 2**20), 3.0, 10**9)
    ((begin_s, end_s),) = recording.outages
    # Every failed request asks twice at once, then waits half a second.
    assert 0.9 < end_s - begin_s < 2.5
    trace = measured_trace(recording.downloads, recording.outages, 0.25, name="here")
    assert any(step.rate_bps == 0 for step in trace.steps)
    assert trace.steps[0].rate_bps > 0


async def test_a_file_that_tells_nothing_is_refused(server: BodyServer) -> None:
    async with HttpTransport() as transport:
        with pytest.raises(Truncated, match="1000 bytes tell nothing"):
            await record(transport, server.url(1000), 3.0, 10**9)


def test_the_wait_for_a_first_byte_is_latency_and_not_slowness() -> None:
    late = Download(10.0, 10.4, [(10.6, 100_000), (11.4, 500_000)])
    soon = Download(11.4, 11.5, [(12.0, 250_000)])
    trace = measured_trace([late, soon], [], 0.5, name="here")
    assert [step.rate_bps for step in trace.steps] == pytest.approx([4e6, 4e6, 4e6, 4e6], rel=1e-6)
    assert [step.latency_s for step in trace.steps] == pytest.approx([0.4, 0.4, 0.1, 0.1])


def test_a_span_without_any_answer_is_dark_only_where_it_is_known_to_be() -> None:
    first = Download(0.0, 0.0, [(1.0, 125_000)])
    last = Download(3.0, 3.0, [(4.0, 250_000)])
    held = measured_trace([first, last], [], 1.0, name="here")
    assert [round(step.rate_bps) for step in held.steps[:4]] == [1_000_000, 1_000_000, 1_000_000, 2_000_000]
    dark = measured_trace([first, last], [(1.0, 3.0)], 1.0, name="here")
    assert [round(step.rate_bps) for step in dark.steps[:4]] == [1_000_000, 0, 0, 2_000_000]


def test_nothing_received_is_refused() -> None:
    with pytest.raises(TraceError, match="not one byte"):
        measured_trace([Download(0.0)], [], 0.5, name="here")
