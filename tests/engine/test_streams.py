"""Titles of other kinds than a plain HLS ladder, opened and played by the engine over real HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from abr.controller import create
from player.engine.session import Session
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.fetch.http import HttpTransport
from player.output.null import NullSink
from player.telemetry.report import SessionLog, report

RATES_BPS = (200_000, 800_000)
MPD = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT12S"><Period>
<AdaptationSet mimeType="video/mp4" codecs="avc1.42c01e">
<SegmentTemplate timescale="10" duration="20" startNumber="0" media="$RepresentationID$/s$Number$.m4s"
 initialization="$RepresentationID$/init.mp4"/>
<Representation id="v0" bandwidth="200000" width="320" height="180"/>
<Representation id="v1" bandwidth="800000" width="640" height="360"/>
</AdaptationSet>
<AdaptationSet mimeType="text/vtt" lang="en"><Representation id="t" bandwidth="9"><BaseURL>en.vtt</BaseURL>
</Representation></AdaptationSet></Period></MPD>"""
SEGMENTS = "".join(
    f"{'#EXT-X-DISCONTINUITY' if k == 3 else '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z'}\n"
    f'#EXT-X-MAP:URI="v{k // 3}/init.mp4"\n#EXTINF:2,\nv{k // 3}/s{k}.m4s\n'
    for k in range(6)
)
HLS = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{SEGMENTS}#EXT-X-ENDLIST\n"


async def played(origin: Any, name: str, dies: str = "", **files: str) -> dict[str, Any]:
    """The report of a session of `name`, where the origin serves these texts beside its segments.

    `dies`: the edge that brings one segment and no more.
    """
    from_text = {path.replace("_", "."): text for path, text in files.items()}
    answer = type(origin._file("none"))

    def script(edge: str, path: str) -> Any:
        if edge == dies and "/s" in path and not path.endswith("s0.m4s"):
            return answer(status=503)
        return answer(body=from_text[path].encode()) if path in from_text else None

    origin.script = script
    loop = asyncio.get_running_loop()
    sink, log = NullSink(loop.time, check_media=False), SessionLog("a film", "throughput", "headless")
    transport = HttpTransport(connect_timeout_s=1.0, silence_timeout_s=8.0)
    settings = EngineSettings(speed=4.0, give_up_s=5.0, subtitle_language="en")
    source = Source("a film", origin.base("edge-a") + name)
    try:
        await Session(source, transport, create("throughput"), sink, settings, log).run()
    finally:
        await transport.aclose()
    return report(log, "test")


async def test_a_dash_title_plays_to_its_end(origin: Any) -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
    document = await played(origin, "film.mpd", film_mpd=MPD, en_vtt=vtt)
    assert document["ended"] == "end"
    assert [chunk["index"] for chunk in document["chunks"]] == list(range(6))
    assert {chunk["bitrate_bps"] for chunk in document["chunks"]} <= set(RATES_BPS)
    assert document["played_s"] == pytest.approx(12.0, abs=0.5)
    assert ("edge-a", "en.vtt") in origin.requests


async def test_initialisation_sections_that_change_are_each_fetched_once(origin: Any) -> None:
    document = await played(origin, "film.m3u8", film_m3u8=HLS)
    assert document["ended"] == "end"
    asked = [path for _, path in origin.requests]
    assert (asked.count("v0/init.mp4"), asked.count("v1/init.mp4")) == (1, 1)


async def test_a_redundant_variant_takes_over_when_the_first_ones_edge_fails(origin: Any) -> None:
    inf = '#EXT-X-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.42c01e",RESOLUTION=320x180\n'
    multi = "#EXTM3U\n" + "".join(f"{inf}{origin.base(edge)}v0/playlist.m3u8\n" for edge in ("edge-a", "edge-b"))
    document = await played(origin, "film.m3u8", dies="edge-a", film_m3u8=multi)
    assert document["ended"] == "end"
    assert [chunk["edge"] for chunk in document["chunks"]] == [".", *["backup-1"] * 11]


@pytest.mark.parametrize(
    ("name", "files", "says"),
    [
        ("film.mpd", {"film_mpd": MPD.replace("<MPD ", '<MPD type="dynamic" ')}, "live DASH stream"),
        ("film.mpd", {"film_mpd": MPD.replace("<Seg", '<ContentProtection schemeIdUri="urn:x"/><Seg')}, "protected"),
        ("film.m3u8", {"film_m3u8": HLS.replace("#EXT-X-T", "#EXT-X-KEY:METHOD=SAMPLE-AES\n#EXT-X-T")}, "protected"),
        ("film.m3u8", {"film_m3u8": "<!DOCTYPE html><html>"}, "neither an HLS playlist"),
    ],
)
async def test_what_is_not_played_ends_the_session_in_clear_words(
    origin: Any, name: str, files: dict[str, str], says: str
) -> None:
    document = await played(origin, name, **files)
    assert document["ended"] == "content-unreadable"
    assert says in document["errors_recovered"][-1]["message"]
