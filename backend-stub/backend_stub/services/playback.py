"""Permission to play a film: signed addresses that expire, the way to steering, and where to go on."""

from __future__ import annotations

import asyncio
import math
import uuid

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backend_stub.cdn.steering import steering_path
from backend_stub.services.catalog import Card, Personal, card
from backend_stub.services.context import SignedIn, TitleId, WithParts

router = APIRouter(prefix="/v1/playback", tags=["playback"])


class Pathway(BaseModel):
    """An edge: the same signed path is good under every `base_url`."""

    id: str
    base_url: str


class Playback(BaseModel):
    """All a player needs."""

    title: Card
    manifest_url: str
    steering_uri: str
    expires_at: int = Field(description="Unix seconds; ask for playback again before then.")
    resume_position_s: float
    sprites_url: str | None
    pathways: list[Pathway] = Field(description="Best first.")


@router.post("/{title_id}", summary="Play a film")
async def play(title_id: TitleId, parts: WithParts, profile: SignedIn) -> Playback:
    """Authorise the caller for a film."""
    title = await parts.title(title_id, profile)
    personal = await Personal.of(parts, profile)
    session = uuid.uuid4().hex
    edges = parts.steering.order(parts.fleet.states(), session, asyncio.get_running_loop().time())
    expires_at = math.ceil(parts.clock() + parts.settings.token_life_s)
    base = f"http://{edges[0].authority}" + parts.signer.sign(title.path, expires_at)
    watch = personal.watches.get(title.id)
    has_sprites = await asyncio.to_thread((title.directory / "sprites.vtt").is_file)
    return Playback(
        title=card(parts, title, personal),
        manifest_url=f"{base}/master.m3u8",
        steering_uri=parts.gateway_url + steering_path(title.id, edges[0].id, session),
        expires_at=expires_at,
        resume_position_s=watch.resume_s if watch else 0.0,
        sprites_url=f"{base}/sprites.vtt" if has_sprites or title.facts.state == "encoding" else None,
        pathways=[Pathway(id=edge.id, base_url=f"http://{edge.authority}") for edge in edges],
    )
