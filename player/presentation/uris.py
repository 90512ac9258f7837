"""URIs as the house handles them: joined, checked, and shown to people without their secrets."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

LONGEST_URI = 4096
_SIGNED_PREFIX = re.compile(r"^/s/[^/]+/")


def authority(uri: str) -> str:
    """`host:port` of a URI, as it is written there; empty when it has none."""
    try:
        return urlsplit(uri).netloc
    except ValueError:
        return ""


def shown(uri: str) -> str:
    """A URI fit for messages and logs: no query, no user, no signature, not endless."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri[:120]
    path = _SIGNED_PREFIX.sub("/s/.../", parts.path)
    plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))
    return plain if len(plain) <= 200 else plain[:197] + "..."


def signed_base(uri: str) -> str:
    """The part of an edge URI that carries its authorisation: `http://edge/s/<expiry>-<signature>/`.

    A URI without one answers with its own directory, so that `rebase` works for plain servers too.
    """
    parts = urlsplit(uri)
    found = _SIGNED_PREFIX.match(parts.path)
    path = found.group(0) if found else parts.path[: parts.path.rfind("/") + 1] or "/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def join_http(base: str, reference: str) -> str:
    """The absolute http(s) URI that `reference` means inside `base`.

    Raises: ValueError when it is not one (another scheme, no host, a user name in it, too long).
    """
    uri = urljoin(base, reference.strip())
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"only http and https addresses are fetched, not {shown(uri)[:80]!r}")
    if parts.username is not None or len(uri) > LONGEST_URI:
        raise ValueError("an address with a user name in it, or longer than 4096 characters")
    _ = parts.port  # Out of range raises here instead of deep inside the client.
    return uri
