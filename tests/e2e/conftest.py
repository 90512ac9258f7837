"""The whole house: a backend as a process of its own, with the first demo film encoded for real, once for all tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.cli.bundled import Bundled

ENCODE = """
import sys
from pathlib import Path
from backend_stub.encode import encode_demo_films
encode_demo_films(Path(sys.argv[1]), title_ids=("lantern-river",))
"""


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the first demo film in it."""
    data = tmp_path_factory.mktemp("films")
    objects = data / "objects"
    objects.mkdir()
    subprocess.run([sys.executable, "-c", ENCODE, str(objects)], check=True, timeout=300)
    return data


@pytest.fixture
def house(films: Path) -> Iterator[Bundled]:
    """A running backend with two edges."""
    with Bundled(films, films=False) as backend:
        yield backend
