"""One film through the whole house: a real backend, real HTTP, a shaped link of real sockets, the real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from abr.trace.synthetic import step
from player.cli.bundled import Bundled
from player.compose import Account, Order, desktop, headless
from player.engine.settings import EngineSettings
from player.engine.thread import EngineThread

pytestmark = pytest.mark.timeout(300)


def order(house: Bundled, **settings: Any) -> Order:
    account = Account(house.served.gateway_url, credentials=("demo", "evenflow"))
    return Order("demo", account=account, resume=False, settings=EngineSettings(give_up_s=20.0, **settings))


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come to pass"
        time.sleep(0.02)


def test_the_first_film_plays_over_a_shaped_link_with_rung_edge_and_reason_for_every_chunk(house: Bundled) -> None:
    network = step([4_000_000, 1_200_000], hold_s=4.0, latency_s=0.04)
    remote = headless(
        Order(**{**_fields(order(house, speed=2.0, stop_after_s=24.0)), "trace": network, "trace_name": "step"})
    ).start()
    assert remote.join(60)
    document = remote.report()
    assert document["ended"] == "seconds"
    assert document["errors_recovered"] == []
    assert len(document["chunks"]) >= 12
    for chunk in document["chunks"]:
        assert chunk["edge"] in ("edge-a", "edge-b")
        assert chunk["decision"]["reason"]
    top_s = max(chunk["finished_at_s"] for chunk in document["chunks"])
    carried_bps = 8 * document["bytes_fetched"] / top_s
    assert carried_bps < 4_000_000, "the link must not carry more than its trace allows"


def test_a_chunk_that_will_not_make_it_is_given_up_for_a_lower_rung_and_the_next_choice_knows(house: Bundled) -> None:
    network = step([8_000_000, 300_000], hold_s=6.0, latency_s=0.03)
    settings = {"buffer_cap_s": 8.0, "stop_after_s": 14.0}
    remote = headless(Order(**{**_fields(order(house, **settings)), "trace": network, "trace_name": "drop"})).start()
    assert remote.join(90)
    document = remote.report()
    codes = [chunk["decision"]["code"] for chunk in document["chunks"]]
    assert "abandoned" in codes
    given_up = document["chunks"][codes.index("abandoned")]
    assert given_up["wasted_bytes"] > 0
    assert document["bytes_wasted"] >= given_up["wasted_bytes"]
    follower = document["chunks"][codes.index("abandoned") + 1]
    assert follower["decision"]["estimate_bps"] < 6_000_000


def test_killing_the_edge_in_use_costs_no_stall_and_the_report_names_the_switch(house: Bundled) -> None:
    remote = headless(order(house, buffer_cap_s=14.0, stop_after_s=40.0, speed=2.0)).start()
    until(lambda: remote.snapshot().buffer_s > 10.5)
    used = remote.snapshot().pathway
    answer = httpx.post(
        f"{house.served.gateway_url}/v1/admin/edges/{used}/stop",
        headers={"Authorization": f"Bearer {house.served.admin_token}"},
    )
    assert answer.is_success
    assert remote.join(60)
    document = remote.report()
    assert document["ended"] == "seconds"
    assert document["stalls"] == []
    assert used in {switch["old"] for switch in document["edge_switches"]}


def test_the_resume_point_is_kept_and_used(house: Bundled) -> None:
    first = headless(order(house, speed=4.0, stop_after_s=30.0)).start()
    assert first.join(60)
    left_s = first.snapshot().position_s
    assert left_s >= 30.0
    resumed = headless(Order(**{**_fields(order(house, stop_after_s=1.0)), "resume": True})).start()
    assert resumed.join(60)
    # Ten seconds are wound back, and one was played.
    assert resumed.snapshot().position_s == pytest.approx(left_s - 10.0 + 1.0, abs=1.0)


@pytest.mark.needs_mpv
def test_libmpv_shows_the_rung_that_the_engine_fetched(house: Bundled) -> None:
    from player.output.mpv import MpvSink

    sink = MpvSink(vo="null", ao="null", hwdec="no")
    remote = desktop(order(house, fixed_rung=2), sink).start()
    try:
        until(lambda: remote.snapshot().position_s > 1.0)
        picture = sink.screenshot()
        assert picture is not None
        frame, rung, film = read_mark(picture)
        assert (rung, film) == (2, 1)
        assert abs(frame / 24 - remote.snapshot().position_s) < 2.0
        remote.seek(40.0)
        until(lambda: remote.snapshot().position_s > 40.0)
        picture = sink.screenshot()
        assert picture is not None
        assert 40.0 * 24 <= read_mark(picture)[0] <= 45.0 * 24
    finally:
        remote.close()


@pytest.mark.needs_mpv
@pytest.mark.needs_screen
def test_the_window_shows_the_film_and_leaves_no_process(films: Path, tmp_path: Path) -> None:
    from PIL import Image

    shot, report = tmp_path / "window.png", tmp_path / "report.json"
    words = ["demo", "--seconds", "8", "--data", str(films), "--screenshot", str(shot), "--report", str(report)]
    ended = subprocess.run(
        [sys.executable, "-m", "player", *words], capture_output=True, text=True, timeout=200, env=on_the_screen()
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(report.read_text())
    assert document["player"]["setting"] == "desktop"
    assert document["played_s"] > 3.0
    import numpy as np

    picture = np.asarray(Image.open(shot).convert("RGB"))
    height, width = picture.shape[:2]
    shown = round(width * 9 / 16)
    top = (height - shown) // 2
    frame, _, film = read_mark(picture[top : top + shown])
    assert film == 1
    assert frame > 24


@pytest.mark.needs_mpv
@pytest.mark.needs_screen
def test_a_viewer_plays_from_the_home_page_seeks_and_closes_while_a_fetch_is_blocked(house: Bundled) -> None:
    driver = Path(__file__).with_name("viewer.py")
    words = [sys.executable, str(driver), house.served.gateway_url, house.served.admin_token]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=200, env=on_the_screen())
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["pages"] == ["home", "player"]
    assert told["jumped_to_s"] >= 0.5 * told["duration_s"]
    assert told["buffer_when_closed_s"] < 1.0, "the fetch was to be blocked"
    assert told["closing_took_s"] < 5.0
    assert told["threads_left"] == []


def on_the_screen() -> dict[str, str]:
    """The environment without what other tests of this process said to Qt: these want the real screen."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "QSG_"))}


def read_mark(picture: Any) -> tuple[int, int, int]:
    """(frame, rung, film) of the mark along the picture's bottom edge; fails when its check sum is wrong."""
    height, width = picture.shape[:2]
    row = height - max(round(height / 128), 2)
    levels = [int(picture[row, int((i + 0.5) * width / 32)].mean()) for i in range(32)]
    cells = [level > 45 for level in levels]
    assert cells[:2] == [True, False], "there is no mark: is the film on the screen?"

    def number(first: int, count: int) -> int:
        return sum(1 << i for i in range(count) if cells[first + i])

    frame, rung, film = number(2, 16), number(18, 3), number(21, 3)
    assert number(24, 6) == (frame * 7 + rung * 13 + film * 29) % 64, "the mark is damaged"
    return frame, rung, film


def _fields(value: Order) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_a_session_can_be_closed_while_it_waits_for_a_backend_that_says_nothing() -> None:
    account = Account("http://127.0.0.1:9", credentials=("demo", "evenflow"))
    remote: EngineThread = headless(Order("demo", account=account)).start()
    remote.close(timeout_s=5.0)
    assert remote.join(0)
