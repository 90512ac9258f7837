"""Steering: which edge the next request goes to, and what a URI reads there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from player.presentation.model import Presentation
from player.presentation.uris import authority, signed_base
from player.steering.content_steering import SteeringManifest
from player.steering.health import EdgeHealth, EdgeRecord
from player.steering.pathway import Edge, Pathway

# A clone of a clone of a clone is already odd; a circle must end somewhere.
DEEPEST_CLONE = 4


class Steering:
    """The pathways of one title. Pure but for its memory: the caller brings the time and does the fetching.

    URIs given to `map` are those of the presentation, which belong to the starting pathway.
    """

    def __init__(self, uri: str, pathway_id: str = ".", bases: Mapping[str, str] | None = None) -> None:
        self._uri = uri
        self._start_id = pathway_id
        self._own = _own_pathways(pathway_id, bases or {})
        self._pathways = dict(self._own)
        self._priority: tuple[str, ...] = tuple(self._own)
        self._renewals: dict[str, str] = {}
        self._health = EdgeHealth()
        self._edges: tuple[Edge, ...] | None = None

    @classmethod
    def of(cls, presentation: Presentation) -> Steering:
        return cls(presentation.uri, presentation.pathway_id, presentation.pathways)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, best first as the steering server sees it; those it left out come last."""
        if self._edges is None:
            unlisted = [pathway_id for pathway_id in self._pathways if pathway_id not in self._priority]
            self._edges = tuple(self._edge(pathway_id) for pathway_id in (*self._priority, *unlisted))
        return self._edges

    def choose(self, now_s: float, exclude: Collection[Edge] = ()) -> Edge:
        """The first edge that is neither banned nor excluded.

        When there is none: a banned edge that is not excluded, soonest free first; and when all are excluded, the
        best of all. Never no edge: trying is better than giving up.
        """
        edges = self.edges
        if not exclude and not self._health.banned(edges[0], now_s):
            return edges[0]
        excluded = set(exclude)
        healthy = [edge for edge in edges if not self._health.banned(edge, now_s)]
        return (
            _first(edge for edge in healthy if edge not in excluded)
            or _soonest([edge for edge in edges if edge not in excluded], self._health)
            or _first(healthy)
            or _soonest(edges, self._health)
            or edges[0]
        )

    def map(self, uri: str, pathway: str | Edge) -> str:
        """A URI of the presentation as it reads on a pathway, with its authorisation as renewed last.

        An unknown pathway answers with the starting one.
        """
        pathway_id = pathway.pathway_id if isinstance(pathway, Edge) else pathway
        if pathway_id == self._start_id and not self._renewals:
            return uri  # the presentation's own
        # Replacements first: the base URIs that they look for are those of the presentation, not renewed.
        for step in self._steps(pathway_id):
            uri = step.replaced(uri)
        return self._renewed(uri)

    def update(self, manifest: SteeringManifest) -> None:
        """Follow a new manifest: its order, and its clones in place of those of the one before."""
        pathways = dict(self._own)
        for clone in manifest.clones:
            if clone.base_id in pathways and clone.id not in self._own:
                pathways[clone.id] = clone
        self._pathways = pathways
        self._edges = None
        known = tuple(pathway_id for pathway_id in manifest.priority if pathway_id in pathways)
        self._priority = known or tuple(self._own)

    def rebase(self, old_uri: str, new_uri: str) -> None:
        """The title's signed URI was renewed: from now on, URIs under the old signature are read under the new one.

        Both may be any URI of the title. The edge is not changed by this; only the path's prefix is.
        """
        old, new = _path(signed_base(old_uri)), _path(signed_base(new_uri))
        if old == new:
            return
        self._renewals = {first: new if last == old else last for first, last in self._renewals.items()}
        self._edges = None
        self._renewals[old] = new
        self._renewals.pop(new, None)

    def authority(self, uri: str) -> str:
        """`host:port` of a URI."""
        return authority(uri)

    def failed(self, edge: Edge, now_s: float) -> float:
        """The edge did not bring what was asked. Answers the instant until which it is left alone."""
        return self._health.failed(edge, now_s)

    def tried(self, edge: Edge, now_s: float) -> None:
        """A request goes to the edge: to one that has failed lately, the only one until it is answered."""
        self._health.tried(edge, now_s)

    def wait(self, edge: Edge, until_s: float) -> None:
        """The edge asked to be left alone until then (429 or 503 with Retry-After)."""
        self._health.ban(edge, until_s)

    def succeeded(self, edge: Edge, latency_s: float | None = None, goodput_bps: float | None = None) -> None:
        self._health.succeeded(edge, latency_s, goodput_bps)

    def banned(self, edge: Edge, now_s: float) -> bool:
        return self._health.banned(edge, now_s)

    def record(self, edge: Edge) -> EdgeRecord:
        return self._health.record(edge)

    def _edge(self, pathway_id: str) -> Edge:
        return Edge(pathway_id, authority(self.map(self._uri, pathway_id)))

    def _steps(self, pathway_id: str) -> list[Pathway]:
        """The pathway and those it is a clone of, the innermost first."""
        steps: list[Pathway] = []
        current = self._pathways.get(pathway_id)
        while current is not None and len(steps) < DEEPEST_CLONE:
            steps.append(current)
            current = self._pathways.get(current.base_id) if current.base_id else None
        return steps[::-1]

    def _renewed(self, uri: str) -> str:
        if not self._renewals:
            return uri
        parts = urlsplit(uri)
        for old, new in self._renewals.items():
            if parts.path.startswith(old):
                path = new + parts.path[len(old) :]
                return urlunsplit((parts.scheme, parts.netloc, path, parts.query, parts.fragment))
        return uri


def _own_pathways(start_id: str, bases: Mapping[str, str]) -> dict[str, Pathway]:
    """The pathways that the playlist itself names, the starting one first."""
    own = {start_id: Pathway(start_id)}
    home = bases.get(start_id, "")
    for pathway_id, base in bases.items():
        if pathway_id != start_id and home:
            own[pathway_id] = Pathway(pathway_id, from_base=home, to_base=base)
    return own


def _first(edges: Iterable[Edge]) -> Edge | None:
    return next(iter(edges), None)


def _soonest(edges: Collection[Edge], health: EdgeHealth) -> Edge | None:
    return min(edges, key=health.banned_until_s, default=None)


def _path(uri: str) -> str:
    return urlsplit(uri).path
