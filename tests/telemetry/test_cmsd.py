"""CMSD as CTA-5006's examples write it, and as nobody should."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structured_fields import plain

from player.telemetry.cmsd import LONGEST, NOTHING, ServerData, read


def test_the_standards_list_is_read_and_the_last_entry_is_the_nearest_server() -> None:
    # CTA-5006: each intermediary appends its own entry.
    said = (
        '"CDNB-3ak1";etp=96;rtt=8,"CDNB-w35k";etp=76;rtt=32,"CDNA-987.343";etp=48;rtt=30,'
        '"CDNA-312.663";etp=115;rtt=16;mb=5000'
    )
    assert read({"cmsd-dynamic": said}) == ServerData(115_000.0, 5_000_000.0, False, 0.016)


def test_a_single_entry_with_every_key() -> None:
    said = '"edge";etp=12500;mb=6000;du;rd=200;rtt=35;com.example-x="a;b,c"'
    assert read({"cmsd-dynamic": said}) == ServerData(12.5e6, 6e6, True, 0.035, 0.2)


def test_the_lowest_suggested_bit_rate_of_all_servers_holds_and_only_the_nearest_ones_duress() -> None:
    read_ = read({"cmsd-dynamic": '"origin";mb=3000;du, "mid";mb=9000, "edge";rtt=5'})
    assert (read_.most_bps, read_.duress, read_.throughput_bps) == (3e6, False, None)


def test_the_origin_tells_how_long_it_held_the_answer() -> None:
    static = 'at=1700000000000,d=4000,ht=1250,n="origin",ot=v,sf=h'
    assert plain(static)["ht"] == 1250
    assert read({"cmsd-static": static}).held_s == 1.25


@pytest.mark.parametrize(
    "said",
    [
        "", '"edge"', '"edge";etp=-5', '"edge";etp=1.5', '"edge";etp=99999999999999', '"edge";etp=abc',
        '"edge";mb', '"edge";du=?0', '"edge', ";;;", '"edge";etp=5 "edge"', "=", '"a",,"b"', "é" * 50,
        '"edge";etp=1' + "x" * LONGEST,
    ],
)  # fmt: skip
def test_nonsense_says_nothing(said: str) -> None:
    assert read({"cmsd-dynamic": said}) == NOTHING


@given(st.text(max_size=LONGEST + 10), st.text(max_size=300))
def test_whatever_a_server_sends_is_read_without_an_error_and_within_bounds(dynamic: str, static: str) -> None:
    said = read({"cmsd-dynamic": dynamic, "cmsd-static": static})
    for number in (said.throughput_bps, said.most_bps, said.round_trip_s, said.delay_s, said.held_s):
        assert number is None or 0.0 <= number <= 1e10


@pytest.mark.parametrize("hostile", ['"' * LONGEST, ';"a' * 600, '"a";' * 500, '"\\"' * 600, "a;" * 1000, ',"a"' * 600])
def test_a_hostile_header_costs_next_to_nothing(hostile: str) -> None:
    began_s = time.process_time()
    for _ in range(20):
        read({"cmsd-dynamic": hostile[:LONGEST]})
    assert time.process_time() - began_s < 1.0
