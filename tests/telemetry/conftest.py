"""The strict reader beside these tests, by name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# import-mode=importlib puts no folder on the path.
_spec = importlib.util.spec_from_file_location("structured_fields", Path(__file__).with_name("structured_fields.py"))
assert _spec is not None
assert _spec.loader is not None
sys.modules["structured_fields"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["structured_fields"])
