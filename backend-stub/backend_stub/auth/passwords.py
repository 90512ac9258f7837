"""Argon2id at OWASP's smaller setting, on two threads: a flood of logins queues up instead of stopping the box."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, t=2, p=1: about 30 ms of CPU; the library's default costs seven times as much.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS = 2


class Passwords:
    """Hash and verify without blocking the loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """An encoded hash with its own salt."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _HASHER.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits. `None` (no such user) takes as long as a wrong password does."""
        if self._nobody is None:
            self._nobody = await self.hash("nobody")
        fits = await asyncio.get_running_loop().run_in_executor(self._pool, _verify, encoded or self._nobody, password)
        return fits and encoded is not None

    async def close(self) -> None:
        """End the threads."""
        await asyncio.to_thread(self._pool.shutdown)


def _verify(encoded: str, password: str) -> bool:
    try:
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
