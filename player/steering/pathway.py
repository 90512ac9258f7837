"""Pathways: where a title's URIs live when they are served by someone else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from abr.values import value


@value
class Edge:
    """One server of one pathway: what is chosen, blamed and praised."""

    pathway_id: str
    authority: str


@dataclass(frozen=True, slots=True)
class Pathway:
    """How a URI of the starting pathway reads on this one.

    A pathway that the playlist itself names replaces one base URI by another (`from_base` -> `to_base`); a clone
    (PATHWAY-CLONES) maps through its base pathway and then replaces the host and adds parameters.
    """

    id: str
    base_id: str | None = None
    host: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    from_base: str = ""
    to_base: str = ""

    def replaced(self, uri: str) -> str:
        """`uri` with this pathway's own replacements; the base pathway's have been made already."""
        if self.from_base and uri.startswith(self.from_base):
            uri = self.to_base + uri[len(self.from_base) :]
        if self.host is None and not self.params:
            return uri
        parts = urlsplit(uri)
        return urlunsplit(
            (parts.scheme, self.host or parts.netloc, parts.path, _with_params(parts.query, self.params), "")
        )


def _with_params(query: str, params: tuple[tuple[str, str], ...]) -> str:
    """Parameters set, in place where they exist and appended in order of name otherwise (as the draft asks)."""
    if not params:
        return query
    named = dict(params)
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in named]
    return urlencode(kept + sorted(params))
