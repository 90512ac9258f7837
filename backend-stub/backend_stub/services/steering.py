"""The HLS Content Steering server."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from backend_stub.cdn.steering import manifest, steering_path
from backend_stub.services.context import TitleId, WithParts

log = logging.getLogger(__name__)
router = APIRouter(prefix="/v1/steering", tags=["steering"])

_Word = Query(max_length=100, pattern=r"^[A-Za-z0-9._-]*$")


@router.get(
    "/{title_id}",
    summary="Which edge to use",
    description="RFC 8216bis section 7. `base` is the edge whose multivariant playlist the player holds; the others "
    "are clones of it. Nearest healthy edge first; a `session` stays with its edge while that is healthy.",
)
async def steer(
    title_id: TitleId,
    parts: WithParts,
    session: Annotated[str | None, _Word] = None,
    base: Annotated[str | None, _Word] = None,
    pathway: Annotated[str | None, Query(alias="_HLS_pathway", max_length=200)] = None,
    throughput: Annotated[str | None, Query(alias="_HLS_throughput", max_length=40)] = None,
) -> JSONResponse:
    """Advice for one session; needs no sign-in, since players ask without headers of ours and it gives nothing away."""
    states = parts.fleet.states()
    ordered = parts.steering.order(states, session or None, asyncio.get_running_loop().time())
    base_id = base if any(edge.id == base for edge in states) else min(edge.id for edge in states)
    log.debug("steering %s: %r at %r bit/s, sent to %s", title_id, pathway, throughput, ordered[0].id)
    reload_uri = parts.gateway_url + steering_path(title_id, str(base_id), session or None)
    content = manifest(ordered, str(base_id), reload_uri, parts.steering.ttl_s)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
