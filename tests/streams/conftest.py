"""What the stream tests share: the film maker, and the marks of the output's tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def load(name: str, folder: Path = HERE) -> ModuleType:
    """Helper modules beside the tests; import-mode=importlib puts no folder on the path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


load("media_ladder", HERE.parent / "output")
load("film_maker")
corpus = load("corpus")
load("origin")
load("broadcast")
load("stream_player")


@pytest.fixture(scope="session")
def films() -> corpus.Films:
    return corpus.Films()
