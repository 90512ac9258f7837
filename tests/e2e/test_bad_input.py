"""What bad input gets: a sentence that says what happened and what to do, and the exit code of its kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest

from player.cli.bundled import Bundled
from player.compose import Account, Order, headless
from player.engine.settings import EngineSettings

pytestmark = pytest.mark.timeout(300)

Program = Callable[..., "CompletedProcess[str]"]


def refused(ended: CompletedProcess[str], code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


def test_an_unknown_title_is_named(house: Bundled, evenflow: Program) -> None:
    ended = evenflow("play", "no-such-film", "--headless", "--server", house.served.gateway_url)
    refused(ended, 3, "demo")


def test_a_wrong_password_says_so(house: Bundled, evenflow: Program) -> None:
    ended = evenflow("play", "demo", "--headless", "--server", house.served.gateway_url, "--password", "wrong")
    refused(ended, 3, "password")


def test_a_server_that_is_not_there_is_named(evenflow: Program) -> None:
    refused(evenflow("play", "demo", "--headless", "--server", "http://127.0.0.1:9"), 3, "127.0.0.1:9")


def test_an_unknown_controller_gets_the_list_of_those_there_are(evenflow: Program) -> None:
    refused(evenflow("play", "demo", "--headless", "--controller", "nope"), 2, "nope", "bola-e", "throughput")


def test_a_trace_that_is_not_there_is_named(evenflow: Program, tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.json")
    refused(evenflow("play", "demo", "--headless", "--trace", missing), 3, "nothing.json")


def test_an_address_that_is_not_http_is_refused(evenflow: Program) -> None:
    refused(evenflow("play", "ftp://example.org/film.m3u8", "--headless"), 3, "http")


def test_a_file_that_is_not_a_film_is_refused_by_name(evenflow: Program, tmp_path: Path) -> None:
    text = tmp_path / "shopping.txt"
    text.write_text("milk, bread")
    refused(evenflow("add", str(text)), 3, "shopping.txt")


def test_a_window_without_a_screen_says_what_would_help(evenflow: Program) -> None:
    ended = evenflow("play", "demo", env={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
    refused(ended, 4, "--headless")


def test_an_authorisation_that_ends_in_mid_film_is_renewed(films: Path) -> None:
    with Bundled(films, films=False, token_life_s=3.0) as house:
        account = Account(house.served.gateway_url, credentials=("demo", "evenflow"))
        settings = EngineSettings(give_up_s=20.0, buffer_cap_s=6.0, stop_after_s=24.0, speed=2.0)
        remote = headless(Order("demo", account=account, resume=False, settings=settings)).start()
        assert remote.join(90)
        document = remote.report()
    assert document["ended"] == "seconds"
    assert "expired" in {problem["code"] for problem in document["errors_recovered"]}


def test_a_damaged_segment_from_one_edge_is_fetched_from_the_other(house: Bundled) -> None:
    fault = httpx.put(
        f"{house.served.gateway_url}/v1/admin/edges/edge-a/fault",
        headers={"Authorization": f"Bearer {house.served.admin_token}"},
        json={"corrupt": True, "match": "s00004.m4s", "count": 4},
    )
    assert fault.is_success, fault.text
    account = Account(house.served.gateway_url, credentials=("demo", "evenflow"))
    settings = EngineSettings(give_up_s=20.0, stop_after_s=14.0, speed=2.0)
    remote = headless(Order("demo", account=account, resume=False, settings=settings)).start()
    assert remote.join(90)
    document = remote.report()
    assert document["ended"] == "seconds"
    assert "corrupt-segment" in {problem["code"] for problem in document["errors_recovered"]}
