"""Signed addresses: `/s/{expiry}-{mac}/titles/{id}/{revision}/...`.

The signature is a path prefix, so the relative URIs inside the playlists inherit it. It covers the film's folder and
the expiry, not the edge: the same path is good on every edge, and a switch of edge needs no new signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Literal

_PREFIX = re.compile(r"([1-9][0-9]{0,15})-([0-9a-f]{32})")

Verdict = Literal["good", "bad-signature", "expired"]


class UrlSigner:
    """Signs and checks with one key; 128 bits of an HMAC-SHA256."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, folder: str, expires_at: int) -> str:
        """The path (beginning with `/s/`) under which `folder` may be read until `expires_at` (unix seconds)."""
        return f"/s/{expires_at}-{self._mac(folder, expires_at)}/{folder}"

    def check(self, prefix: str, folder: str, now_s: float) -> Verdict:
        """What a prefix (`{expiry}-{mac}`) is worth for `folder`. A forged one is never called expired."""
        match = _PREFIX.fullmatch(prefix)
        if match is None:
            return "bad-signature"
        expires_at = int(match[1])
        if not hmac.compare_digest(match[2], self._mac(folder, expires_at)):
            return "bad-signature"
        return "good" if now_s < expires_at else "expired"

    def _mac(self, folder: str, expires_at: int) -> str:
        return hmac.new(self._key, f"{expires_at}\n{folder}".encode(), hashlib.sha256).hexdigest()[:32]
