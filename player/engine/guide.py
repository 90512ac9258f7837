"""Asks the steering server, follows its answers, and lives on without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from player.engine.source import Source
from player.engine.wire import Wire
from player.fetch.transport import BadStatus, FetchError, Request
from player.steering.content_steering import SteeringError, SteeringManifest, parse_steering, steering_query

if TYPE_CHECKING:
    from player.engine.opening import Opened

STEERING_LIMIT_BYTES = 64 * 2**10
RETRY_S = 10.0


class Guide:
    """Content steering as a task (rfc8216bis section 7): load, follow, wait for the TTL, load again.

    410 ends it; 429 waits as asked; anything else waits, with the manifest in force.
    """

    def __init__(self, wire: Wire, source: Source, opened: Opened) -> None:
        self._wire = wire
        reference = opened.presentation.steering
        self._uri = reference.server_uri if reference else source.steering_uri

    async def run(self) -> None:
        while self._uri:
            delay_s = await self._ask(self._uri)
            await asyncio.sleep(delay_s)

    async def _ask(self, uri: str) -> float:
        steering = self._wire.steering
        edge = steering.edges[0]
        request = Request(
            steering_query(uri, edge.pathway_id, steering.record(edge).goodput_bps), limit_bytes=STEERING_LIMIT_BYTES
        )
        try:
            fetched = await self._wire.transport.fetch(self._wire.marked(request))
            manifest = parse_steering(fetched.body, uri)
        except BadStatus as error:
            if error.status == 410:
                self._uri = None
            return error.retry_after_s or RETRY_S
        except (FetchError, SteeringError):
            return RETRY_S
        return self._follow(manifest, steering.update)

    def _follow(self, manifest: SteeringManifest, update: Callable[[SteeringManifest], None]) -> float:
        update(manifest)
        self._uri = manifest.reload_uri or self._uri
        return manifest.ttl_s
