"""AES-128: by the vectors of NIST, and with keys that are none."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from player.engine.keys import KeyRing, decrypt
from player.engine.wire import Wire
from player.fetch.transport import Request
from player.output.sink import MediaError
from player.presentation.segment import Key
from player.steering.steering import Steering

# NIST SP 800-38A, F.2.1 (CBC-AES128.Encrypt).
KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
IV = bytes(range(16))
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CIPHER = bytes.fromhex(
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
)


def padded() -> bytes:
    last = Cipher(algorithms.AES128(KEY), modes.CBC(CIPHER[-16:])).encryptor()
    return CIPHER + last.update(b"\x10" * 16) + last.finalize()


class Bringer:
    """A transport that has one key, and counts."""

    def __init__(self, body: bytes) -> None:
        self.body, self.asked = body, 0

    async def fetch(self, request: Request, on_progress: object = None) -> object:
        from abr.model import ThroughputSample
        from player.fetch.transport import Fetched

        assert request.limit_bytes == 16
        self.asked += 1
        return Fetched(request.uri, 200, self.body, ThroughputSample(16, 0.0, 0.0, 0.1))

    async def aclose(self) -> None:
        """Nothing is open."""


def ring(body: bytes) -> tuple[KeyRing, Bringer]:
    bringer = Bringer(body)
    uri = "http://keys.example/film/master.m3u8"
    wire = Wire(bringer, Steering(uri, ".", {}), lambda _problem, _edge: None, None)  # type: ignore[arg-type]
    return KeyRing(wire), bringer


def test_the_vectors_of_nist_come_out() -> None:
    assert decrypt(padded(), KEY, IV) == PLAIN


def test_a_padding_that_is_none_is_a_damaged_segment() -> None:
    with pytest.raises(MediaError, match="padding"):
        decrypt(CIPHER, KEY, IV)


async def test_a_key_that_did_not_fit_is_asked_for_again() -> None:
    keys, bringer = ring(KEY)
    key = Key("http://keys.example/film/k", IV)
    assert await keys.open(padded(), key, IV) == PLAIN
    assert await keys.open(padded(), key, IV) == PLAIN
    assert bringer.asked == 1
    for _ in range(2):
        with pytest.raises(MediaError):
            await keys.open(CIPHER, key, IV)
    assert bringer.asked == 2


async def test_a_body_that_is_not_whole_blocks_is_refused_before_a_key_is_asked_for() -> None:
    keys, bringer = ring(KEY)
    for body in (b"", padded()[:-1]):
        with pytest.raises(MediaError, match="whole blocks"):
            await keys.open(body, Key("http://keys.example/film/k"), IV)
    assert bringer.asked == 0


async def test_only_so_many_keys_are_kept_and_none_is_shown() -> None:
    keys, bringer = ring(KEY)
    for number in range(70):
        await keys.open(padded(), Key(f"http://keys.example/film/{number}"), IV)
    await keys.open(padded(), Key("http://keys.example/film/69"), IV)
    assert bringer.asked == 70
    await keys.open(padded(), Key("http://keys.example/film/0"), IV)
    assert bringer.asked == 71
    assert KEY.hex() not in repr(keys) and repr(KEY) not in repr(keys)  # noqa: PT018


@given(st.binary(min_size=1, max_size=20).map(lambda b: b * 16))
def test_any_bytes_decrypt_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(MediaError):
        decrypt(body[: len(body) // 16 * 16], KEY, IV)
