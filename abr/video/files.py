"""Text and JSON of size tables, bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from abr.video.model import VideoError

MAX_BYTES = 64 * 1024 * 1024


def text_of(path: Path) -> str:
    """The file's text. VideoError: it is too large for a size table."""
    if path.stat().st_size > MAX_BYTES:
        raise VideoError(f"{path}: is larger than {MAX_BYTES // 2**20} MiB; no size table is")
    return path.read_text(encoding="utf-8-sig")


def json_of(path: Path) -> Any:
    """The file's JSON. VideoError: it is none, or nested beyond reason."""
    try:
        return json.loads(text_of(path))
    except RecursionError as error:
        raise VideoError(f"{path}: is JSON nested too deeply for a size table") from error
    except ValueError as error:
        raise VideoError(f"{path}: is no JSON: {error}") from error
