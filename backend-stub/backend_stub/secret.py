"""The one secret of a backend: made once, kept in the data folder for its owner only, never shown."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from backend_stub.errors import StartError

_SIZE_BYTES = 32


def load_or_make(path: Path) -> bytes:
    """The secret in `path`; the first call makes it, with mode 0600. Raises OSError, StartError."""
    try:
        # Linked into place whole, so that two backends starting at once agree on one secret.
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(_SIZE_BYTES))
            try:
                os.link(scratch, path)
            finally:
                scratch.unlink()
    except FileExistsError:
        pass
    try:
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError as error:
        raise StartError(_damaged(path), 3) from error
    if len(secret) != _SIZE_BYTES:
        raise StartError(_damaged(path), 3)
    return secret


def _damaged(path: Path) -> str:
    return f"The key file {path} is damaged. Remove it and start again; everyone has to sign in anew."


def derive(secret: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that a token of one kind never passes for another."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
