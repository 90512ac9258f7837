"""Where a session's tokens are kept between starts: never in a file that others can read."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

LARGEST_BYTES = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session with one gateway. `expires_at_s` is the access token's end by the wall clock."""

    gateway: str
    access_token: str
    refresh_token: str
    expires_at_s: float
    profile_id: str = ""
    profile_name: str = ""
    kids: bool = False

    def __repr__(self) -> str:
        return f"Tokens(gateway={self.gateway!r}, profile={self.profile_name!r})"


class TokenStore(Protocol):
    """Keeps one session. Losing it means signing in again, so a store that fails answers as if it were empty."""

    def load(self) -> Tokens | None: ...

    def save(self, tokens: Tokens) -> None: ...

    def clear(self) -> None: ...


class MemoryTokenStore:
    """For tests and for people who do not want to be remembered."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def load(self) -> Tokens | None:
        return self._tokens

    def save(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def clear(self) -> None:
        self._tokens = None


class FileTokenStore:
    """A JSON file of mode 0600, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Tokens | None:
        """The kept session; None when there is none, or the file is not ours to trust."""
        try:
            raw = self._path.read_bytes()
            fields = json.loads(raw[:LARGEST_BYTES])
            texts = ("gateway", "access_token", "refresh_token", "profile_id", "profile_name")
            kids = fields.get("kids", False) is not False
            known = {key: _text(fields[key]) for key in texts}
            return Tokens(**known, expires_at_s=float(fields["expires_at_s"]), kids=kids)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def save(self, tokens: Tokens) -> None:
        """Raises: OSError when the directory cannot be written (a full disk); the session still holds in memory."""
        write_private(self._path, json.dumps(asdict(tokens)).encode())

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def write_private(path: Path, body: bytes) -> None:
    """Replace a file at once and whole, readable by its owner only; a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # Mode 0600 from its first moment.
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
