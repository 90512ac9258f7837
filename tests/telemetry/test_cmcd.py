"""CMCD as the standard's own examples write it, and as a strict reader of Structured Fields takes it."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structured_fields import Token, plain, read_dictionary

from player.telemetry.cmcd import (
    GROUPS,
    ClientData,
    argument,
    fields,
    headers,
    relative,
    text,
    with_argument,
    without_argument,
)

SESSION = "6e2fb550-c457-11e9-bb97-0800200c9a66"
V1_KEYS = {
    "CMCD-Object": {"br", "d", "ot", "tb"},
    "CMCD-Request": {"bl", "dl", "mtp", "nor", "nrr", "su"},
    "CMCD-Session": {"cid", "pr", "sf", "sid", "st", "v"},
    "CMCD-Status": {"bs", "rtp"},
}
"""CTA-5004, table 1: which header a key belongs to."""

# CTA-5004's examples, word for word.
EXAMPLES = [
    (ClientData(session_id=SESSION), "sid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22"),
    (
        ClientData(
            bitrate_bps=3_200_000, starved=True, duration_s=4.004, throughput_bps=25_400_000, object_type="v",
            max_throughput_bps=15_000_000, session_id=SESSION, top_bitrate_bps=6_000_000,
        ),
        "br%3D3200%2Cbs%2Cd%3D4004%2Cmtp%3D25400%2Cot%3Dv%2Crtp%3D15000%2C"
        "sid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22%2Ctb%3D6000",
    ),
    (
        ClientData(starved=True, max_throughput_bps=15_000_000, session_id=SESSION),
        "bs%2Crtp%3D15000%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22",
    ),
    (ClientData(starved=True, startup=True), "bs%2Csu"),
    (
        ClientData(next_uri="../300kbps/segment35.m4v", session_id=SESSION),
        "nor%3D%22..%252F300kbps%252Fsegment35.m4v%22%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22",
    ),
    (
        ClientData(next_range=(12323, 48763), session_id=SESSION),
        "nrr%3D%2212323-48763%22%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22",
    ),
    (
        ClientData(
            buffer_s=21.3, bitrate_bps=3_200_000, starved=True, content_id="faec5fc2-ac30-11ea-bb37-0242ac130002",
            duration_s=4.004, deadline_s=18.5, throughput_bps=48_100_000, next_uri="../300kbps/track.m4v",
            next_range=(12323, 48763), object_type="v", speed=1.08, max_throughput_bps=12_000_000,
            streaming_format="d", session_id=SESSION, live=False, startup=True, top_bitrate_bps=6_000_000,
        ),
        "bl%3D21300%2Cbr%3D3200%2Cbs%2Ccid%3D%22faec5fc2-ac30-11ea-bb37-0242ac130002%22%2Cd%3D4004%2Cdl%3D18500"
        "%2Cmtp%3D48100%2Cnor%3D%22..%252F300kbps%252Ftrack.m4v%22%2Cnrr%3D%2212323-48763%22%2Cot%3Dv%2Cpr%3D1.08"
        "%2Crtp%3D12000%2Csf%3Dd%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22%2Cst%3Dv%2Csu%2Ctb%3D6000",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "written"), EXAMPLES)
def test_the_standards_examples_come_out_word_for_word(data: ClientData, written: str) -> None:
    assert argument(data) == f"CMCD={written}"


def test_the_standards_header_example_comes_out_word_for_word() -> None:
    data = ClientData(
        bitrate_bps=3_200_000, duration_s=4.004, object_type="v", top_bitrate_bps=6_000_000, starved=True,
        max_throughput_bps=15_000_000, throughput_bps=25_400_000, session_id=SESSION,
    )  # fmt: skip
    assert headers(data) == {
        "CMCD-Object": "br=3200,d=4004,ot=v,tb=6000",
        "CMCD-Request": "mtp=25400",
        "CMCD-Session": f'sid="{SESSION}"',
        "CMCD-Status": "bs,rtp=15000",
    }


def test_the_second_versions_example_comes_out_word_for_word() -> None:
    data = ClientData(
        buffer_s=2.0, bitrate_bps=3e6, content_id="content-id-123", duration_s=4.0, deadline_s=1.0,
        throughput_bps=15e6, next_uri="next-seg.mp4", object_type="v", max_throughput_bps=12e6, streaming_format="d",
        session_id="session-id-123", live=False, state="p", top_bitrate_bps=6e6,
    )  # fmt: skip
    assert text(fields(data, 2)) == (
        'bl=(2000),br=(3000;v),cid="content-id-123",d=4000,dl=1000,mtp=(15000),nor=("next-seg.mp4"),ot=v,'
        'rtp=12000,sf=d,sid="session-id-123",st=v,sta=p,tb=(6000;v),v=2'
    )
    assert headers(data, 2) == {
        "CMCD-Request": 'bl=(2000),dl=1000,mtp=(15000),nor=("next-seg.mp4"),sta=p',
        "CMCD-Object": "br=(3000;v),d=4000,ot=v,tb=(6000;v)",
        "CMCD-Status": "rtp=12000",
        "CMCD-Session": 'cid="content-id-123",sf=d,sid="session-id-123",st=v,v=2',
    }


@pytest.mark.parametrize(
    ("buffer_s", "told"), [(0.0, 0), (0.049, 0), (0.05, 100), (12.34, 12300), (12.35, 12400), (59.96, 60000)]
)
def test_buffers_and_deadlines_are_rounded_to_the_nearest_hundred_milliseconds(buffer_s: float, told: int) -> None:
    written = fields(ClientData(buffer_s=buffer_s, deadline_s=buffer_s))
    assert (written["bl"], written["dl"]) == (str(told), str(told))


def test_throughputs_are_rounded_to_hundreds_of_kbits_and_rates_to_one() -> None:
    written = fields(ClientData(throughput_bps=1_249_000, max_throughput_bps=1_250_000, bitrate_bps=1_499_499))
    assert written == {"br": "1499", "mtp": "1200", "rtp": "1300"}


def test_what_is_no_number_is_not_told() -> None:
    nonsense = ClientData(buffer_s=float("nan"), throughput_bps=float("inf"), deadline_s=-3.0, bitrate_bps=-1.0)
    assert fields(nonsense) == {}


def test_the_second_version_puts_the_range_beside_the_next_object_and_says_what_only_it_knows() -> None:
    data = ClientData(
        next_uri="media.m4s", next_range=(10, 19), sequence=7, state="r", start_delay_s=0.8124, live_delay_s=3.2
    )
    read = read_dictionary(text(fields(data, 2)))
    assert read["nor"] == ([("media.m4s", {"r": "10-19"})], {})
    assert {key: read[key][0] for key in ("ltc", "msd", "sn", "sta", "v")} == {
        "ltc": 3200, "msd": 812, "sn": 7, "sta": Token("r"), "v": 2,
    }  # fmt: skip
    assert "nrr" not in read


def test_no_other_version_is_spoken() -> None:
    with pytest.raises(ValueError, match="versions 1 and 2, not 3"):
        fields(ClientData(), 3)


WORDS = st.text(max_size=200)
POSITIVE = st.none() | st.floats(0.0, 1e9)
ANY = st.builds(
    ClientData,
    object_type=st.none() | st.sampled_from(["m", "a", "v", "av", "i", "c", "tt", "k", "o"]),
    bitrate_bps=POSITIVE, top_bitrate_bps=POSITIVE, duration_s=POSITIVE, buffer_s=POSITIVE, deadline_s=POSITIVE,
    throughput_bps=POSITIVE, max_throughput_bps=POSITIVE, starved=st.booleans(), startup=st.booleans(),
    next_uri=st.none() | WORDS, next_range=st.none() | st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)),
    content_id=WORDS, session_id=WORDS, streaming_format=st.sampled_from(["h", "d", None]),
    live=st.sampled_from([True, False, None]), speed=st.floats(0.25, 4.0), state=st.sampled_from(["p", None]),
    sequence=st.none() | st.integers(0, 10**6),
)  # fmt: skip


@given(ANY, st.sampled_from([1, 2]))
def test_a_strict_reader_finds_every_key_in_its_own_header_and_in_order(data: ClientData, version: int) -> None:
    written = fields(data, version)
    assert list(written) == sorted(written)
    sent = headers(data, version)
    assert set(sent) <= set(GROUPS)
    together = {}
    for name, line in sent.items():
        read = plain(line)
        assert line.isascii()
        assert list(read) == sorted(read)
        if version == 1:
            assert set(read) <= V1_KEYS[name]
        together |= read
    assert together == plain(text(written))
    assert False not in [value for value in together.values() if isinstance(value, bool)], "false is left out"
    assert len(together.get("cid", "")) <= (64 if version == 1 else 128)
    assert len(together.get("sid", "")) <= 64
    assert together.get("pr", Decimal(0)) != 1, "normal speed is left out"


@given(ANY)
def test_the_argument_says_the_same_as_the_headers(data: ClientData) -> None:
    uri = with_argument("https://edge.example/a/b.m4s?x=1&y=%2F", data)
    assert parse_qs(urlsplit(uri).query, keep_blank_values=True)["CMCD"] == [text(fields(data))]


@pytest.mark.parametrize(
    "uri",
    [
        "http://a/b.m4s",
        "http://a/b.m4s?Signature=a%2Bb~&Key-Pair-Id=K2&Expires=1",
        "http://a/b.m4s?flag",
        "http://a/b.m4s?q=CMCD#part",
    ],
)
def test_the_argument_leaves_the_rest_of_the_uri_alone_and_comes_off_again(uri: str) -> None:
    marked = with_argument(uri, ClientData(starved=True))
    assert marked != uri
    assert without_argument(marked) == uri
    assert with_argument(marked, ClientData(starved=True)) == marked, "a second one takes the first one's place"


@pytest.mark.parametrize(
    ("uri", "to", "path"),
    [
        ("http://a/f/v1/s2.m4s", "http://a/f/v1/s1.m4s", "s2.m4s"),
        ("http://a/f/v2/s2.m4s", "http://a/f/v1/s1.m4s", "../v2/s2.m4s"),
        ("http://a/s2.m4s", "http://a/f/v1/s1.m4s", "../../s2.m4s"),
        ("http://a/f/v1/x/s2.m4s", "http://a/f/v1/s1.m4s", "x/s2.m4s"),
        ("http://b/f/v1/s2.m4s", "http://a/f/v1/s1.m4s", None),
    ],
)
def test_the_next_object_is_named_relative_to_this_one(uri: str, to: str, path: str | None) -> None:
    assert relative(uri, to) == path


def test_the_next_object_is_percent_encoded_inside_its_string() -> None:
    written = fields(ClientData(next_uri='../v 2/s"1.m4s'))["nor"]
    assert unquote(plain(f"nor={written}")["nor"]) == '../v 2/s"1.m4s'
