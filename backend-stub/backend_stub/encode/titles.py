"""From a film to be made to a film on disk: the two entrances of the room."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from backend_stub.encode.model import DEMO_TITLE_IDS, EncodedTitle, OnProgress


def encode_demo_films(
    objects_dir: Path,
    *,
    on_progress: OnProgress | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
    title_ids: Sequence[str] = DEMO_TITLE_IDS,
) -> list[EncodedTitle]:
    """Make the demo films that are not there yet; returns all of them, ready. `workers` defaults to the CPU count."""
    raise NotImplementedError


def encode_file(
    path: Path,
    objects_dir: Path,
    *,
    title: str | None = None,
    on_progress: OnProgress | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> EncodedTitle:
    """Encode a user's own file; `title` defaults to a name made from the file's."""
    raise NotImplementedError


def find_titles(objects_dir: Path) -> list[EncodedTitle]:
    """Every film on disk, ready or being encoded; of several revisions of one title only the newest."""
    raise NotImplementedError
