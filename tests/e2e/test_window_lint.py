"""The pages parse, and what cannot be shown is told early."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ui
from ui import machine

QML = Path(ui.__file__).parent / "qml"


def test_the_pages_have_no_error_that_the_linter_knows() -> None:
    tool = Path(sys.executable).with_name("pyside6-qmllint")
    if not tool.exists():
        pytest.skip("pyside6-qmllint is not installed (extra: gui)")
    # Roles of a Python model are injected into delegates: the linter cannot see them and calls them unqualified.
    quiet = ["--unqualified", "disable", "--missing-property", "disable"]
    found = subprocess.run(
        [tool, "-I", QML, *quiet, *sorted(QML.glob("*.qml"))], capture_output=True, text=True, timeout=50, check=False
    )
    assert (found.returncode, found.stderr + found.stdout) == (0, "")


def test_without_a_display_the_window_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a display by its environment")
    with pytest.raises(machine.MachineMissing, match="xvfb-run"):
        machine.check_window()
