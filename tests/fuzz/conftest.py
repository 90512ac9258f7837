"""What the fuzzing tests share: the helper modules beside them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

for name in ("fuzzing", "readers"):
    if name not in sys.modules:  # import-mode=importlib puts no folder on the path
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
