"""A backend on free ports with tiny hand-made films: real HTTP, real SQLite, nothing encoded."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from backend_stub.supervisor import Backend, running_backend

sys.path.insert(0, str(Path(__file__).parent))

from small_film import write_film


@dataclass
class Client:
    """A signed-in caller."""

    backend: Backend
    http: httpx.AsyncClient
    grant: dict[str, Any]

    @property
    def api(self) -> str:
        return self.backend.gateway_url

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.grant['access_token']}"}

    @property
    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.backend.admin_token}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(self.api + path, headers=self.auth)

    async def play(self, title_id: str = "demo") -> dict[str, Any]:
        answer = await self.http.post(f"{self.api}/v1/playback/{title_id}", headers=self.auth)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


async def login(http: httpx.AsyncClient, backend: Backend, **others: str) -> httpx.Response:
    body = {"username": "demo", "password": "evenflow", "device": "test", **others}
    return await http.post(f"{backend.gateway_url}/v1/auth/login", json=body)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """`film(title_id, chunks=3, made=3)` writes a film and returns its folder."""
    return lambda *args, **facts: write_film(tmp_path, *args, **facts)


@pytest.fixture
def sign_in() -> Callable[..., Any]:
    """`await sign_in(http, backend, password=...)` returns the raw answer."""
    return login


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Client]]:
    """`async with house(**settings) as client`: a running backend and a signed-in caller."""

    @contextlib.asynccontextmanager
    async def open_house(**settings: Any) -> AsyncIterator[Client]:
        # Nothing here speaks TLS, and loading the certificates of the world takes longer than a whole test.
        plain = httpx.AsyncClient(timeout=15, verify=False, trust_env=False)
        async with running_backend(tmp_path, **settings) as backend, plain as http:
            grant = (await login(http, backend)).json()
            yield Client(backend, http, grant)

    return open_house
