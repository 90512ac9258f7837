"""For tests and QA: kill an edge in mid-play, bring it back, make it fail in a chosen way."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from backend_stub.cdn.faults import Fault
from backend_stub.errors import ApiError
from backend_stub.services.context import AdminBearer, WithParts


def admin(parts: WithParts, credentials: AdminBearer) -> None:
    """Raises ApiError 401 unless the admin token of the ready line came along."""
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), parts.admin_token.encode()):
        raise ApiError(401, "not-admin", "This needs the admin_token of the ready line as a Bearer token.")


def known_edge(edge_id: Annotated[str, Path(max_length=40)], parts: WithParts) -> str:
    """The id of an edge there is. Raises ApiError 404."""
    ids = [edge.id for edge in parts.fleet.states()]
    if edge_id not in ids:
        raise ApiError(404, "unknown-edge", f"There is no edge {edge_id!r}; there are {', '.join(ids)}.")
    return edge_id


EdgeId = Annotated[str, Depends(known_edge)]

router = APIRouter(prefix="/v1/admin/edges", tags=["admin"], dependencies=[Depends(admin)])


class EdgeModel(BaseModel):
    """An edge and whether it serves."""

    id: str
    url: str
    serving: bool


@router.get("", summary="All edges")
async def edges(parts: WithParts) -> dict[str, list[EdgeModel]]:
    """Which edges there are."""
    states = parts.fleet.states()
    return {"items": [EdgeModel(id=e.id, url=f"http://{e.authority}", serving=e.healthy) for e in states]}


@router.post("/{edge_id}/stop", status_code=204, summary="Kill an edge: port closed, connections cut")
async def stop(edge_id: EdgeId, parts: WithParts) -> None:
    """As if its power had gone."""
    parts.fleet.stop_edge(edge_id)


@router.post("/{edge_id}/start", status_code=204, summary="Bring an edge back on its port")
async def start(edge_id: EdgeId, parts: WithParts) -> None:
    """As if its power had come back."""
    await parts.fleet.start_edge(edge_id)


@router.put("/{edge_id}/fault", status_code=204, summary="Inject a fault")
async def put_fault(edge_id: EdgeId, fault: Fault, parts: WithParts) -> None:
    """From now on, until removed or used up."""
    parts.fleet.put_fault(edge_id, fault)


@router.delete("/{edge_id}/fault", status_code=204, summary="Remove the fault")
async def delete_fault(edge_id: EdgeId, parts: WithParts) -> None:
    """Healthy again."""
    parts.fleet.put_fault(edge_id, None)
