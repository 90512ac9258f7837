"""What every test may use: the tree, the program as a process, and the rule for what a machine may lack.

A test that needs libmpv or a screen says so by its mark. Where that is absent the test is skipped with the reason;
under `./evenflow test` (EVENFLOW_TEST_STRICT) nothing may be absent, and the same test fails instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from player import machine

# A machine shared with others takes its time now and then; how long a test may take is pytest-timeout's business.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

ROOT = Path(__file__).resolve().parents[1]
PROGRAM_TIMEOUT_S = 50.0

Program = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail when nothing may be skipped, a test whose machine lacks what its mark names."""
    reason = _lack(item)
    if not reason:
        return
    if os.environ.get("EVENFLOW_TEST_STRICT"):
        pytest.fail(f"{reason}; under `./evenflow test` nothing may be absent", pytrace=False)
    pytest.skip(reason)


def _lack(item: pytest.Item) -> str:
    if item.get_closest_marker("needs_mpv") and machine.find_libmpv() is None:
        return "libmpv is not on this machine (see `evenflow doctor`)"
    if item.get_closest_marker("needs_screen") and not machine.has_display():
        return "there is no screen (run it under xvfb-run, or as `./evenflow test`)"
    return ""


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def evenflow(tmp_path: Path) -> Program:
    """The program as a person starts it: `evenflow("doctor", "--json")`; its home and data are of this test."""

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        home = {"HOME": str(tmp_path), "EVENFLOW_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, "-P", "-m", "player", *arguments],
            cwd=tmp_path,
            env={**os.environ, **home, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=False,
        )

    return start
