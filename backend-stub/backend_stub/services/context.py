"""What the routers share: the stores, the fleet of edges, and who is calling."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend_stub.auth.accounts import Accounts, Profile
from backend_stub.auth.limiter import LoginLimiter
from backend_stub.auth.profiles import Profiles
from backend_stub.cdn.faults import Fault
from backend_stub.cdn.signurl import UrlSigner
from backend_stub.cdn.steering import EdgeState, Steering
from backend_stub.errors import ApiError
from backend_stub.library import Library, Title
from backend_stub.resume import History
from backend_stub.settings import Settings
from backend_stub.shelf import MyList


class Fleet(Protocol):
    """The edges as the services see them; the supervisor runs them."""

    def states(self) -> Sequence[EdgeState]:
        """How every edge is doing now."""

    def stop_edge(self, edge_id: str) -> None:
        """Kill an edge: port closed, connections cut. Raises KeyError."""

    async def start_edge(self, edge_id: str) -> None:
        """Bring it back on its port. Raises KeyError."""

    def put_fault(self, edge_id: str, fault: Fault | None) -> None:
        """Tell an edge to fail in some way, or (None) to stop doing so. Raises KeyError."""


@dataclass(slots=True)
class Parts:
    """Everything a request may need."""

    settings: Settings
    accounts: Accounts
    library: Library
    history: History
    profiles: Profiles
    my_list: MyList
    signer: UrlSigner
    steering: Steering
    fleet: Fleet
    admin_token: str
    limiter: LoginLimiter = field(default_factory=LoginLimiter)
    clock: Callable[[], float] = time.time
    gateway_url: str = ""

    async def title(self, title_id: str, profile: Profile) -> Title:
        """A film by id or `demo`. Raises ApiError 404, also for a film that is not for this profile."""
        title = await asyncio.to_thread(self.library.find, title_id)
        if title is None or (profile.kids and not title.for_kids):
            message = f"There is no film {title_id!r} here (yet). GET /v1/titles lists what there is."
            raise ApiError(404, "unknown-title", message)
        return title

    async def titles(self, profile: Profile) -> list[Title]:
        """All films that this profile may see."""
        titles = await asyncio.to_thread(self.library.all)
        return [title for title in titles if title.for_kids or not profile.kids]


def get_parts(request: Request) -> Parts:
    """The parts of the app that handles this request."""
    parts: Parts = request.app.state.parts
    return parts


WithParts = Annotated[Parts, Depends(get_parts)]
TitleId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="A film's id, or `demo` for the first film.")
]

_bearer = HTTPBearer(auto_error=False, description="The access token of POST /v1/auth/login.")
_admin_bearer = HTTPBearer(auto_error=False, scheme_name="AdminToken", description="The admin_token of the ready line.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
AdminBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_admin_bearer)]

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def signed_in(parts: WithParts, credentials: Bearer) -> Profile:
    """Who is calling. Raises ApiError 401."""
    if credentials is None:
        raise ApiError(401, "not-signed-in", "Please sign in: this needs a Bearer access token.", _CHALLENGE)
    return parts.accounts.identify(credentials.credentials)


SignedIn = Annotated[Profile, Depends(signed_in)]
