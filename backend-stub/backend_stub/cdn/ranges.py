"""HTTP ranges and conditions (RFC 9110 sections 13 and 14), as pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes `start` to `stop` (exclusive) of a file."""

    start: int
    stop: int

    @property
    def size_bytes(self) -> int:
        """How many."""
        return self.stop - self.start


class Unsatisfiable(Exception):
    """No byte of the file is asked for: 416."""


def parse_range(header: str | None, size_bytes: int) -> Span | None:
    """The one span asked for. None (the whole file) without a header, for several spans, or one that makes no sense:
    a server may always ignore a range it does not like. Raises Unsatisfiable."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        suffix = int(match[2])
        if suffix == 0 or size_bytes == 0:
            raise Unsatisfiable
        return Span(max(0, size_bytes - suffix), size_bytes)
    start = int(match[1])
    last = int(match[2]) if match[2] else size_bytes - 1
    if match[2] and last < start:
        return None
    if start >= size_bytes:
        raise Unsatisfiable
    return Span(start, min(last + 1, size_bytes))


def range_still_holds(if_range: str | None, etag: str, modified_s: float) -> bool:
    """Whether a range may be served: If-Range is absent or names exactly this version (strong comparison)."""
    if not if_range:
        return True
    if if_range.startswith(('"', "W/")):
        return if_range == etag
    return _instant(if_range) == int(modified_s)


def not_modified(if_none_match: str | None, if_modified_since: str | None, etag: str, modified_s: float) -> bool:
    """Whether the client already has this version. If-None-Match decides alone when it is there."""
    if if_none_match is not None:
        known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        return "*" in known or etag in known
    since = _instant(if_modified_since) if if_modified_since else None
    return since is not None and int(modified_s) <= since


def _instant(http_date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(http_date).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
