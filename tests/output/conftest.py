"""What the output's tests share: the ladder, encoded once a session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    """Helper modules beside the tests; import-mode=importlib puts no folder on the path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


media_ladder = _load("media_ladder")
_load("mpv_rig")
_load("title_server")


@pytest.fixture(scope="session")
def ladder() -> media_ladder.Ladder:
    return media_ladder.make_ladder()
