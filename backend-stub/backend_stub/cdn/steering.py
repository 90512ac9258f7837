"""HLS Content Steering (RFC 8216bis section 7): the nearest healthy edge first, and no running to and fro.

A session stays with the edge it was given while that edge is healthy. A nearer edge gets it back only after having
been up for a while, so that an edge that dies and returns every few seconds does not drag its viewers along.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

_MAX_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class EdgeState:
    """What steering sees of an edge: the network distance to the viewer, and since when it has been serving."""

    id: str
    authority: str
    distance: float
    up_since_s: float | None

    @property
    def healthy(self) -> bool:
        """Whether it is serving now."""
        return self.up_since_s is not None


class Steering:
    """Orders edges for sessions. Remembers the edge of each of the latest sessions, nothing else."""

    def __init__(self, ttl_s: int = 10, return_after_s: float = 30.0) -> None:
        self.ttl_s = ttl_s
        self._return_after_s = return_after_s
        self._sessions: OrderedDict[str, str] = OrderedDict()

    def order(self, edges: Sequence[EdgeState], session: str | None, now_s: float) -> list[EdgeState]:
        """Best first. Edges that do not serve come last, not never: our view of them may be wrong."""
        ranked = sorted(edges, key=lambda edge: (not edge.healthy, edge.distance, edge.id))
        if session is None:
            return ranked
        current = next((edge for edge in ranked if edge.id == self._sessions.get(session) and edge.healthy), None)
        chosen = ranked[0] if current is None else self._keep_or_return(current, ranked, now_s)
        self._remember(session, chosen.id)
        return [chosen, *(edge for edge in ranked if edge.id != chosen.id)]

    def _keep_or_return(self, current: EdgeState, ranked: Sequence[EdgeState], now_s: float) -> EdgeState:
        for edge in ranked:
            if edge.distance >= current.distance:
                break
            if edge.up_since_s is not None and now_s - edge.up_since_s >= self._return_after_s:
                return edge
        return current

    def _remember(self, session: str, edge_id: str) -> None:
        self._sessions[session] = edge_id
        self._sessions.move_to_end(session)
        if len(self._sessions) > _MAX_SESSIONS:
            self._sessions.popitem(last=False)


def steering_path(title_id: str, base_id: str, session: str | None = None) -> str:
    """The address of the steering manifest for players whose multivariant playlist came from edge `base_id`."""
    query = {"base": base_id, **({"session": session} if session else {})}
    return f"/v1/steering/{title_id}?{urlencode(query)}"


def manifest(ordered: Sequence[EdgeState], base_id: str, reload_uri: str, ttl_s: int) -> dict[str, object]:
    """The steering manifest: every edge but the base is a clone of the base under another authority."""
    return {
        "VERSION": 1,
        "TTL": ttl_s,
        "RELOAD-URI": reload_uri,
        "PATHWAY-PRIORITY": [edge.id for edge in ordered],
        "PATHWAY-CLONES": [
            {"BASE-ID": base_id, "ID": edge.id, "URI-REPLACEMENT": {"HOST": edge.authority}}
            for edge in sorted(ordered, key=lambda edge: edge.id)
            if edge.id != base_id
        ],
    }


#: An edge that was there from the start: never held back.
SINCE_EVER_S = -math.inf
