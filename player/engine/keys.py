"""AES-128: the keys of encrypted segments, fetched once each, and the segments decrypted with them."""

from __future__ import annotations

from player.engine.errors import ContentUnreadable
from player.engine.teller import KEY
from player.engine.wire import Wire
from player.fetch.transport import Request
from player.output.sink import MediaError
from player.presentation.segment import Key
from player.presentation.uris import shown

KEY_BYTES = 16
BLOCK_BYTES = 16
MOST_KEYS = 64
"""Kept; the one used longest ago goes first. A rotation changes keys every few minutes."""


class KeyRing:
    """Keys by their URI. Their bytes are in no message, log or representation."""

    __slots__ = ("_keys", "_wire")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._keys: dict[str, bytes] = {}

    async def open(self, body: bytes, key: Key, iv: bytes) -> bytes:
        """The plain segment. Raises `MediaError` when the key does not fit, `ContentUnreadable` when it is none."""
        if not body or len(body) % BLOCK_BYTES:
            raise MediaError(f"an encrypted segment of {len(body)} bytes is not made of whole blocks")
        secret = await self._key(key.uri)
        try:
            return decrypt(body, secret, iv)
        except MediaError:
            self._keys.pop(key.uri, None)  # The next attempt asks for it anew: it may have been the key.
            raise

    async def _key(self, uri: str) -> bytes:
        secret = self._keys.pop(uri, None)
        if secret is None:
            brought = await self._wire.bring(Request(uri, limit_bytes=KEY_BYTES, purpose=KEY))
            secret = brought.fetched.body
            if len(secret) != KEY_BYTES:
                raise ContentUnreadable(
                    f"The key at {shown(uri)} has {len(secret)} bytes, not {KEY_BYTES}.",
                    "The title can't be decrypted; ask whoever serves it.",
                )
        self._keys[uri] = secret
        while len(self._keys) > MOST_KEYS:
            del self._keys[next(iter(self._keys))]
        return secret


def decrypt(body: bytes, secret: bytes, iv: bytes) -> bytes:
    """AES-128 in CBC mode with PKCS7 padding (RFC 8216bis 4.4.4.4). Raises `MediaError` for a padding that is none."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES128(secret), modes.CBC(iv)).decryptor()
    plain = decryptor.update(body) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK_BYTES or plain[-padding:] != bytes((padding,)) * padding:
        raise MediaError("the segment does not decrypt: its padding is wrong, so the key or the bytes are")
    return plain[:-padding]
