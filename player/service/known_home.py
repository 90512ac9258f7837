"""The home page as it was last seen, on disk: shown at once, before the server has answered."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from player.service.model import BadAnswer, Fields, Home, read_home
from player.service.tokens import write_private

LARGEST_BYTES = 4 * 2**20
MOST_PAGES = 16


class KnownHome:
    """One file a viewer in `folder`, readable by nobody else; the pages not seen for longest go.

    A file that cannot be read is none: the server is about to answer anyway.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved: tuple[Path, Home] | None = None

    def load(self, gateway: str, profile_id: str) -> Home | None:
        """What this viewer saw last."""
        try:
            raw = self._path(gateway, profile_id).read_bytes()
            return read_home(Fields(json.loads(raw), gateway)) if len(raw) <= LARGEST_BYTES else None
        except (OSError, ValueError, RecursionError, BadAnswer):
            return None

    def save(self, gateway: str, profile_id: str, home: Home) -> None:
        """A full disk costs the page of tomorrow's first second, and nothing else. The same page is written once."""
        path = self._path(gateway, profile_id)
        if self._saved == (path, home):
            return
        try:
            write_private(path, json.dumps(asdict(home)).encode())
            self._saved = path, home
            pages = sorted(self._folder.glob("home-*.json"), key=lambda page: page.stat().st_mtime, reverse=True)
            for old in pages[MOST_PAGES:]:
                old.unlink(missing_ok=True)
        except OSError:
            return

    def _path(self, gateway: str, profile_id: str) -> Path:
        # A name that says nothing about who it is, and is a file name whatever the server calls its profiles.
        return self._folder / f"home-{sha256(f'{gateway} {profile_id}'.encode()).hexdigest()[:24]}.json"
