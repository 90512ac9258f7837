"""The network's tests: a site of real servers, and a strict reader of what is told to them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    """Helper modules beside the tests; import-mode=importlib puts no folder on the path."""
    if path.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    return sys.modules[path.stem]


_load(HERE.parent / "telemetry" / "structured_fields.py")
rig = _load(HERE / "edges_rig.py")
_load(HERE / "virtual_rig.py")
_load(HERE / "h2_rig.py")


@pytest.fixture
async def site() -> AsyncIterator[rig.Site]:
    made = rig.Site()
    await made.open("edge-a", "edge-b")
    yield made
    await made.close()
