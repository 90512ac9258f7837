"""The steering manifest (draft-pantos-content-steering, version 1), read strictly and within bounds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit, urlunsplit

from player.presentation.uris import join_http, shown
from player.steering.pathway import Pathway

LARGEST_BYTES = 64 * 2**10
MOST_PATHWAYS = 32
MOST_PARAMS = 16
SHORTEST_TTL_S, DEFAULT_TTL_S, LONGEST_TTL_S = 1.0, 300.0, 3600.0
_PATHWAY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class SteeringError(Exception):
    """A steering manifest that cannot be used; the one before it stays in force."""


@dataclass(frozen=True, slots=True)
class SteeringManifest:
    """Which pathways to use, in which order, until `ttl_s` is over and `reload_uri` is asked again."""

    ttl_s: float
    reload_uri: str | None
    priority: tuple[str, ...]
    clones: tuple[Pathway, ...] = ()


def parse_steering(text: str | bytes, uri: str) -> SteeringManifest:
    """Read a steering manifest that came from `uri`. Pure.

    Raises: `SteeringError`, whatever the text is.
    """
    return _Reader(uri).read(text)


def steering_query(uri: str, pathway_id: str, throughput_bps: float | None = None) -> str:
    """The steering URI to ask, with `_HLS_pathway` and `_HLS_throughput` set."""
    parts = urlsplit(uri)
    asked: dict[str, str] = {"_HLS_pathway": pathway_id}
    if throughput_bps is not None:
        asked["_HLS_throughput"] = str(round(throughput_bps))
    query = "&".join(part for part in (parts.query, urlencode(asked)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


class _Reader:
    def __init__(self, uri: str) -> None:
        self._uri = uri

    def read(self, text: str | bytes) -> SteeringManifest:
        fields = self._fields(text)
        if fields.get("VERSION") != 1:
            self._fail("VERSION is not 1")
        priority = tuple(dict.fromkeys(self._id(item) for item in self._list(fields, "PATHWAY-PRIORITY")))
        if not priority:
            self._fail("PATHWAY-PRIORITY names no pathway")
        clones = tuple(self._clone(item) for item in self._list(fields, "PATHWAY-CLONES"))
        return SteeringManifest(self._ttl_s(fields), self._reload_uri(fields), priority, clones)

    def _fields(self, text: str | bytes) -> dict[str, Any]:
        if len(text) > LARGEST_BYTES:
            self._fail(f"larger than {LARGEST_BYTES // 1024} KiB")
        try:
            fields = json.loads(text)
        # A deep enough nesting exhausts the parser's stack, and bad UTF-8 is a ValueError.
        except (ValueError, RecursionError) as error:
            raise SteeringError(f"Unreadable steering manifest {shown(self._uri)}: not JSON.") from error
        return self._object(fields)

    def _ttl_s(self, fields: dict[str, Any]) -> float:
        ttl = fields.get("TTL", DEFAULT_TTL_S)
        if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl != ttl or ttl < 0:
            self._fail("TTL is not a number of seconds")
        return float(min(max(ttl, SHORTEST_TTL_S), LONGEST_TTL_S))

    def _reload_uri(self, fields: dict[str, Any]) -> str | None:
        reference = fields.get("RELOAD-URI")
        if reference is None:
            return None
        try:
            return join_http(self._uri, self._text(reference))
        except ValueError as error:
            raise SteeringError(f"Unreadable steering manifest {shown(self._uri)}: bad RELOAD-URI.") from error

    def _clone(self, item: object) -> Pathway:
        fields = self._object(item)
        replacement = self._object(fields.get("URI-REPLACEMENT"))
        host = replacement.get("HOST")
        if host is not None and not _HOST.fullmatch(self._text(host)):
            self._fail("HOST is not a host")
        params = self._object(replacement.get("PARAMS", {}))
        if len(params) > MOST_PARAMS:
            self._fail(f"more than {MOST_PARAMS} PARAMS")
        return Pathway(
            id=self._id(fields.get("ID")),
            base_id=self._id(fields.get("BASE-ID")),
            host=host,
            params=tuple((self._text(name), self._text(value)) for name, value in params.items()),
        )

    def _list(self, fields: dict[str, Any], key: str) -> list[Any]:
        items = fields.get(key, [])
        if not isinstance(items, list) or len(items) > MOST_PATHWAYS:
            self._fail(f"{key} is not a list of at most {MOST_PATHWAYS}")
        return items

    def _object(self, item: object) -> dict[str, Any]:
        if not isinstance(item, dict):
            self._fail("an object was expected")
        return item

    def _id(self, item: object) -> str:
        text = self._text(item)
        if not _PATHWAY_ID.fullmatch(text):
            self._fail("a pathway id is not one")
        return text

    def _text(self, item: object) -> str:
        if not isinstance(item, str) or len(item) > 2048:
            self._fail("a short text was expected")
        return item

    def _fail(self, why: str) -> NoReturn:
        raise SteeringError(f"Unreadable steering manifest {shown(self._uri)}: {why}.")
