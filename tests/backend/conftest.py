"""A backend on free ports with tiny hand-made films: real HTTP, real SQLite, nothing encoded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from backend_stub.supervisor import Backend, running_backend

REVISION = "rev1"
SEGMENT = bytes(range(256)) * 4


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


def write_film(
    data_dir: Path, title_id: str = "lantern-river", *, chunks: int = 3, made: int = 3, **facts: Any
) -> Path:
    """A film of two rungs in which `made` of `chunks` chunks exist; ready when all do."""
    folder = data_dir / "objects" / "titles" / title_id / REVISION
    for rung in range(2):
        (folder / f"v{rung}").mkdir(parents=True, exist_ok=True)
        names = [f"s{index:05d}.m4s" for index in range(chunks)]
        listed = "".join(f"#EXTINF:2.0,\n{name}\n" for name in names)
        (folder / f"v{rung}" / "playlist.m3u8").write_text(f"#EXTM3U\n{listed}#EXT-X-ENDLIST\n")
        for name in names[:made]:
            (folder / f"v{rung}" / name).write_bytes(SEGMENT)
    (folder / "master.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=200000\nv0/playlist.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=400000\nv1/playlist.m3u8\n"
    )
    (folder / "poster.jpg").write_bytes(b"\xff\xd8 a poster \xff\xd9")
    rungs = [
        {"width": 320, "height": 180, "bitrate_bps": 200_000},
        {"width": 640, "height": 360, "bitrate_bps": 400_000},
    ]
    title = {
        "id": title_id,
        "name": title_id.replace("-", " ").title(),
        "year": 2026,
        "duration_s": chunks * 2.0,
        "description": "A film of a test.",
        "maturity": "all",
        "genres": ["Quiet"],
        "languages": ["en"],
        "audio": [{"lang": "en", "name": "English"}],
        "subtitles": [],
        "rungs": rungs,
        "state": "ready" if made == chunks else "encoding",
        "chunk_count": chunks,
        "chunk_s": 2.0,
        **facts,
    }
    (folder / "title.json").write_text(json.dumps(title))
    return folder


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
