"""The launcher, started as a process on a small checkout of its own whose pins are empty."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

Launch = Callable[..., "subprocess.CompletedProcess[str]"]
PROGRAM = "import sys; print('program', *sys.argv[1:])\n"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the environment of the test is laid out as on POSIX")


@pytest.fixture
def checkout(tmp_path: Path, root: Path) -> Path:
    """The launcher's files, no pins, and an environment in which `player` is a line that prints its arguments."""
    tree = tmp_path / "tree"
    (tree / "packaging").mkdir(parents=True)
    (tree / "player").mkdir()
    shutil.copy(root / "evenflow", tree)
    shutil.copy(root / "packaging" / "install.py", tree / "packaging")
    shutil.copy(root / "player" / "system_packages.py", tree / "player")
    (tree / "player" / "__init__.py").touch()
    (tree / "packaging" / "requirements.txt").touch()
    (tree / "pyproject.toml").touch()
    return tree


@pytest.fixture
def launch(checkout: Path, tmp_path: Path) -> Launch:
    """Start the launcher with `python`; uv is not on its PATH, and nothing it does reaches the network."""

    def start(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        return subprocess.run(
            [sys.executable, str(checkout / "evenflow"), *arguments],
            cwd=tmp_path,
            env={
                **plain,
                "EVENFLOW_VENV": str(checkout / ".venv"),
                "PATH": "/usr/bin:/bin",
                "PIP_NO_INDEX": "1",
                **env,
            },
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return start


def _set_up(checkout: Path, launch: Launch) -> Path:
    """An environment with a finished installation, made without pip; returns its stamp."""
    venv.create(checkout / ".venv", with_pip=False, symlinks=True)
    packages = next((checkout / ".venv").glob("lib/python*/site-packages"))
    (packages / "player").mkdir()
    (packages / "player" / "__main__.py").write_text(PROGRAM)
    stamp = checkout / ".venv" / "evenflow-stamp.json"
    code = f"import runpy; print(runpy.run_path({str(checkout / 'evenflow')!r})['wanted_key']())"
    key = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    stamp.write_text(json.dumps({"key": key, "system": []}))
    return stamp


def test_a_second_start_hands_over_at_once_with_all_its_arguments(checkout: Path, launch: Launch) -> None:
    _set_up(checkout, launch)
    done = launch("play", "--seconds", "3", "a film")
    assert (done.returncode, done.stdout, done.stderr) == (0, "program play --seconds 3 a film\n", "")


def test_a_folder_named_player_where_the_caller_stands_is_not_taken_for_ours(
    checkout: Path, launch: Launch, tmp_path: Path
) -> None:
    _set_up(checkout, launch)
    (tmp_path / "player").mkdir()
    (tmp_path / "player" / "__main__.py").write_text("print('stranger')")
    assert launch("doctor").stdout == "program doctor\n"


def test_changed_pins_make_the_next_start_install_again(checkout: Path, launch: Launch) -> None:
    _set_up(checkout, launch)
    (checkout / "packaging" / "requirements.txt").write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    done = launch("doctor")
    assert done.returncode == 4
    assert "the pinned packages could not be installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_installation_cut_short_is_taken_up_again(checkout: Path, launch: Launch) -> None:
    stamp = _set_up(checkout, launch)
    stamp.write_text('{"key": "half wri')
    done = launch("doctor")
    assert "installing the pinned packages" in done.stderr


def test_a_folder_that_is_no_environment_is_never_emptied(checkout: Path, launch: Launch, tmp_path: Path) -> None:
    precious = tmp_path / "films"
    precious.mkdir()
    (precious / "film.mp4").write_bytes(b"x")
    done = launch("doctor", EVENFLOW_VENV=str(precious))
    assert done.returncode == 4
    assert "EVENFLOW_VENV" in done.stderr
    assert (precious / "film.mp4").exists()


def test_an_unsupported_python_is_told_what_to_get(checkout: Path) -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(checkout / 'packaging')!r}, {str(checkout)!r}]; import install\n"
        "install.SUPPORTED = ('3.99',)\n"
        "sys.exit(install.prepare('.', 'at/venv', 'at/venv/python', 'at/venv/stamp', 'key', ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert "to get it:" in done.stderr


def test_the_launcher_and_its_helpers_speak_python_3_8(root: Path) -> None:
    import ast

    for name in ("evenflow", "packaging/install.py", "player/system_packages.py"):
        ast.parse((root / name).read_text(encoding="utf-8"), feature_version=(3, 8))
