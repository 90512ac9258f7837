"""The rate that a network carried, kept for the next session on it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from edges_rig import Site
from hypothesis import given
from hypothesis import strategies as st
from virtual_rig import play, steady

from abr.model import ThroughputSample
from player import network_memory
from player.compose import Order, headless
from player.engine.settings import EngineSettings
from player.network_memory import FORGOTTEN_AFTER_S, HALF_LIFE_S, MOST_NETWORKS, NetworkMemory, session_rate_bps


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(tmp_path: Path, clock: Clock) -> NetworkMemory:
    return NetworkMemory(tmp_path / "state" / "networks.json", clock)


def test_what_was_measured_is_recalled_for_that_network_only(memory: NetworkMemory) -> None:
    memory.remember("home", 8e6)
    assert memory.recall("home") == pytest.approx(8e6, rel=1e-3)
    assert memory.recall("train") is None


def test_newer_sessions_count_more_the_longer_ago_the_others_are(memory: NetworkMemory, clock: Clock) -> None:
    memory.remember("home", 1e6)
    memory.remember("home", 4e6)
    assert memory.recall("home") == pytest.approx(2e6, rel=1e-2), "two of one day: their geometric mean"
    clock.now_s += 3 * HALF_LIFE_S
    memory.remember("home", 16e6)
    assert memory.recall("home") == pytest.approx(16e6 * (1 / 8) ** (0.25 / 1.25), rel=1e-2)


def test_what_is_old_is_forgotten_and_the_clock_may_be_wrong(memory: NetworkMemory, clock: Clock) -> None:
    memory.remember("home", 8e6)
    clock.now_s += FORGOTTEN_AFTER_S + 1.0
    assert memory.recall("home") is None
    clock.now_s -= 2 * FORGOTTEN_AFTER_S
    assert memory.recall("home") is None, "a day that has not come yet tells nothing"


def test_the_file_stays_small_private_and_says_nothing_about_places(memory: NetworkMemory, tmp_path: Path) -> None:
    for number in range(MOST_NETWORKS + 20):
        memory.remember(f"192.168.{number}|router|edge.example", 1e6 + number)
    path = tmp_path / "state" / "networks.json"
    text = path.read_text()
    assert len(json.loads(text)["networks"]) == MOST_NETWORKS
    assert len(text) < 10_000
    assert "192.168" not in text
    assert "edge.example" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_machines_call_one_network_by_different_names(tmp_path: Path, clock: Clock) -> None:
    keys = []
    for machine in ("one", "two"):
        NetworkMemory(tmp_path / machine, clock).remember("home", 8e6)
        keys += json.loads((tmp_path / machine).read_text())["networks"]
    assert keys[0] != keys[1]


@given(st.binary(max_size=400) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(
    lambda it: json.dumps({"salt": "0" * 32, "networks": it}).encode()
))  # fmt: skip
def test_a_damaged_file_is_as_good_as_none_and_is_replaced(tmp_path_factory: Any, body: bytes) -> None:
    path = tmp_path_factory.mktemp("state") / "networks.json"
    path.write_bytes(body)
    memory = NetworkMemory(path)
    assert memory.recall("home") is None
    memory.remember("home", 3e6)
    assert memory.recall("home") == pytest.approx(3e6, rel=1e-3)


def test_where_nothing_can_be_written_nobody_is_bothered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = NetworkMemory(tmp_path / "file" / "networks.json")
    memory.remember("home", 3e6)
    assert memory.recall("home") is None


@pytest.mark.parametrize("rate_bps", [None, 0.0, -1.0, float("nan"), float("inf"), 1e12])
def test_nonsense_is_not_remembered(memory: NetworkMemory, rate_bps: float | None) -> None:
    memory.remember("home", rate_bps)
    assert memory.recall("home") is None


def test_a_session_is_worth_the_median_of_its_larger_transfers() -> None:
    def sample(size_bytes: int, took_s: float) -> ThroughputSample:
        return ThroughputSample(size_bytes, 0.0, 0.1, 0.1 + took_s)

    samples = [sample(1_000_000, 1.0), sample(1_000_000, 2.0), sample(1_000_000, 4.0), sample(500, 1e-6)]
    assert session_rate_bps(samples) is None, "three are too few"
    assert session_rate_bps([*samples, sample(1_000_000, 8.0)]) == pytest.approx(2e6)


def test_linux_tells_the_gateway_and_its_hardware_address(tmp_path: Path) -> None:
    route, neighbours = tmp_path / "route", tmp_path / "arp"
    route.write_text("Iface Destination Gateway Flags\neth0 0001A8C0 00000000 0001\neth0 00000000 FE01A8C0 0003\n")
    neighbours.write_text("IP HW Flags HWaddr Mask Device\n192.168.1.254 0x1 0x2 aa:bb:cc:dd:ee:ff * eth0\n")
    assert network_memory._gateway(route, neighbours) == ("192.168.1.254", "aa:bb:cc:dd:ee:ff")
    assert network_memory._gateway(tmp_path / "none", neighbours) == ("", "")


def test_a_network_is_told_by_the_server_too() -> None:
    assert network_memory.identity("one.example") != network_memory.identity("two.example")


def test_with_a_guess_the_first_chunk_is_as_good_as_the_network_and_without_one_the_lowest() -> None:
    def first(guess_bps: float | None, rate_bps: float) -> Any:
        return play({"a": None}, trace=steady(rate_bps), initial_estimate_bps=guess_bps)

    assert first(None, 20e6).log.chunks[0].rung == 0
    known = first(20e6, 20e6)
    assert known.log.chunks[0].rung == 3
    assert "network carried before" in known.log.chunks[0].decision.reason.text
    assert known.report["startup_s"] < 1.5
    wrong = first(200e6, 1e6)
    assert wrong.log.chunks[0].rung < 3, "a chunk that will not make it is given up"
    assert wrong.report["startup_s"] < 8.0
    assert wrong.log.chunks[1].decision.estimate_bps < 2e6, "after one transfer the guess is gone"


async def test_a_session_on_real_sockets_leaves_what_it_measured_for_the_next(site: Site, tmp_path: Path) -> None:
    import asyncio

    memory = NetworkMemory(tmp_path / "networks.json")
    order = Order(
        site.base("edge-a") + "master.m3u8",
        controller="throughput",
        settings=EngineSettings(speed=4.0, buffer_cap_s=30.0),
        memory=memory,
        check_media=False,
    )
    rungs = []
    for _ in range(2):
        remote = headless(order).start()
        assert await asyncio.to_thread(remote.join, 30.0)
        assert remote.log is not None
        rungs.append(remote.log.chunks[0].rung)
    assert rungs == [0, 2]
