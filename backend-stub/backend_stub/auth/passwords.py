"""Argon2id at OWASP's smaller setting, on two threads: a flood of logins queues up instead of stopping the box."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, t=2, p=1: about 30 ms of CPU; the library's default costs seven times as much.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS = 2
# The hash of a random password that nobody knows: what a name without an account is checked against.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$S3PCgZHh8Z/eIoZRIJjvWA$G5pBBriOe1I1HKgFtV628T5m54VjB16JCi8iz0ORbRQ"


class Passwords:
    """Hash and verify without blocking the loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")

    async def hash(self, password: str) -> str:
        """An encoded hash with its own salt."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _HASHER.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits. `None` (no such user) takes as long as a wrong password does."""
        loop = asyncio.get_running_loop()
        fits = await loop.run_in_executor(self._pool, _verify, encoded or _NOBODY, password)
        return fits and encoded is not None

    async def close(self) -> None:
        """End the threads."""
        await asyncio.to_thread(self._pool.shutdown)


def _verify(encoded: str, password: str) -> bool:
    try:
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
