"""Progress reports in, resume points out."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backend_stub.library import resolve_alias
from backend_stub.resume import Watch
from backend_stub.services.context import SignedIn, TitleId, WithParts

router = APIRouter(prefix="/v1/history", tags=["history"])

# A device whose clock runs ahead must not win against every other one for ever.
_CLOCK_SLACK_S = 120.0
_MAX_DURATION_S = 7 * 86400.0


class Report(BaseModel):
    """Where the player is, and when (unix seconds) it was there."""

    position_s: float = Field(ge=0, le=_MAX_DURATION_S, allow_inf_nan=False)
    duration_s: float = Field(gt=0, le=_MAX_DURATION_S, allow_inf_nan=False)
    event_at: float = Field(ge=0, allow_inf_nan=False)


class Point(Report):
    """A report and the film it is about."""

    id: str


class Points(BaseModel):
    """All of the caller's resume points, latest first."""

    items: list[Point]


@router.put(
    "/{title_id}",
    status_code=204,
    summary="Report progress",
    description="The last report by `event_at` wins, whatever order they arrive in. Never fails because of load.",
)
async def put(title_id: TitleId, report: Report, parts: WithParts, profile: SignedIn) -> None:
    """Take a report."""
    title = await parts.title(title_id, profile)
    event_at = min(report.event_at, parts.clock() + _CLOCK_SLACK_S)
    parts.history.record(Watch(profile.id, title.id, report.position_s, report.duration_s, event_at))


@router.get("", summary="All resume points")
async def get(parts: WithParts, profile: SignedIn) -> Points:
    """What the caller has watched."""
    watches = await parts.history.of(profile.id)
    return Points(
        items=[
            Point(id=w.title_id, position_s=w.position_s, duration_s=w.duration_s, event_at=w.event_at)
            for w in watches.values()
        ]
    )


@router.delete("/{title_id}", status_code=204, summary="Forget a film", description="It leaves Continue watching.")
async def forget(title_id: TitleId, parts: WithParts, profile: SignedIn) -> None:
    """As if it had never been begun; a film that is gone can still be forgotten."""
    await parts.history.forget(profile.id, resolve_alias(title_id))
