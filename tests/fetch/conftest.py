"""A server on a real socket for the transports under test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from body_server import BodyServer


@pytest.fixture
async def server() -> AsyncIterator[BodyServer]:
    made = BodyServer()
    listening = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
