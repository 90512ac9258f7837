"""What a session plays: where the title is, how its authorisation is renewed, and who keeps its resume point."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """A title to play.

    `pathways` maps pathway ids to base URIs as far as they are known before the manifest. `renew` answers with a
    freshly authorised manifest URI, or None when there is no way to get one. `keep` takes (position_s, duration_s)
    and must not lose it.
    """

    title: str
    manifest_uri: str
    steering_uri: str | None = None
    pathways: Mapping[str, str] = field(default_factory=dict)
    renew: Callable[[], Awaitable[str | None]] | None = None
    keep: Callable[[float, float], Awaitable[None]] | None = None
