"""The tree as git sees it, for the tests of the house itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

# What .gitignore names; for a machine that has the tree and no git.
UNTRACKED = {"__pycache__", "build", "dist", "out", "evenflow.egg-info"}


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every tracked file that exists, as a full path."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return _walk(root)
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def _walk(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in UNTRACKED and not name.startswith(".")]
        found += [Path(folder) / name for name in files if not name.endswith((".pyc", ".lock"))]
    return found


@pytest.fixture(scope="session")
def modules(tracked: list[Path]) -> list[Path]:
    """Every tracked Python file."""
    return [path for path in tracked if path.suffix == ".py"]
