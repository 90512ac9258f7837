"""Doctor: it says what is there, and for what is missing the line that brings it."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from player import machine, system_packages
from player.system_packages import WINDOW

Program = Callable[..., "subprocess.CompletedProcess[str]"]


def test_doctor_as_json_names_python_the_encoder_and_libmpv(evenflow: Program) -> None:
    done = evenflow("doctor", "--json")
    document = json.loads(done.stdout)
    names = {fact["name"] for fact in document["facts"]}
    assert {"Python", "encoder", "libmpv", "PySide6", "screen", "ports", "data folder"} <= names
    assert document["headless"] is (done.returncode == 0)


def test_whatever_is_missing_comes_with_the_way_to_get_it(evenflow: Program) -> None:
    document = json.loads(evenflow("doctor", "--json", env={"DISPLAY": "", "WAYLAND_DISPLAY": ""}).stdout)
    missing = [fact for fact in document["facts"] if fact["state"] == "missing"]
    assert "screen" in {fact["name"] for fact in missing}
    assert all(fact["advice"] for fact in missing)


def test_a_data_folder_that_cannot_be_written_ends_with_4(evenflow: Program) -> None:
    # /proc takes no files from anyone, root included, yet access(2) grants root everything on an ordinary folder.
    if not Path("/proc").is_dir():
        pytest.skip("this system has no /proc")
    done = evenflow("doctor", "--data", "/proc/evenflow")
    assert done.returncode == 4
    assert "--data DIR" in done.stdout


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setattr(machine, "PORTS", (port,))
        fact = next(fact for fact in machine.look() if fact.name == "ports")
    assert str(port) in fact.value
    assert fact.state == "note"


@pytest.mark.parametrize(
    ("family", "line"),
    [
        ("debian", "apt-get install -y --no-install-recommends libmpv2"),
        ("fedora", "dnf install -y mpv-libs"),
        ("arch", "pacman -S --needed mpv"),
        ("", "package manager: libmpv.so.2"),
    ],
)
def test_each_family_of_systems_gets_its_own_line(family: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "family", lambda: family)
    assert system_packages.advice([WINDOW[0]]).endswith(line)
