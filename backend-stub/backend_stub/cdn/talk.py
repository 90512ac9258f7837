"""What players tell an edge (CMCD, CTA-5004), kept for a while, and what the edge tells them (CMSD, CTA-5006)."""

from __future__ import annotations

import json
import logging
import re
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

log = logging.getLogger(__name__)

NAMES = ("cmcd-object", "cmcd-request", "cmcd-session", "cmcd-status")
LONGEST_BYTES = 4096
MOST_LINES = 1000
MOST_SESSIONS = 1000
_SESSION = re.compile(r'(?:^|,)sid="([^"\\]{1,64})"')
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

# A body must be large, and take a while, for its time to say anything about the network.
LEAST_BYTES = 128 * 1024
LEAST_S = 0.01
NEWEST_WEIGHT = 0.3


@dataclass(slots=True)
class Talk:
    """One edge's memory of what was said. Bounded in every direction: what players send is not to be trusted."""

    edge_id: str
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    """The newest requests that came with CMCD, as JSON lines; `evenflow trace` reads them."""
    rates_bps: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def hear(self, headers: Iterable[tuple[bytes, bytes]], query: bytes, at_s: float) -> str:
        """Keep what a request says of its player; answers with the session's id, empty when there is none."""
        told = _told(headers, query)
        if not told:
            return ""
        line = json.dumps({"ts": round(at_s, 3), "edge": self.edge_id, "cmcd": told})
        self.lines.append(line)
        log.debug("%s", line)
        session = _SESSION.search(told)
        return session[1] if session else ""

    def learn(self, session: str, size_bytes: int, took_s: float) -> None:
        """How fast a body went out to a session."""
        if not session or size_bytes < LEAST_BYTES or took_s < LEAST_S:
            return
        rate_bps = 8.0 * size_bytes / took_s
        old_bps = self.rates_bps.pop(session, rate_bps)
        self.rates_bps[session] = old_bps + NEWEST_WEIGHT * (rate_bps - old_bps)
        if len(self.rates_bps) > MOST_SESSIONS:
            self.rates_bps.popitem(last=False)

    def say(self, session: str, delay_s: float, duress: bool = False, most_kbps: int | None = None) -> str:
        """The CMSD-Dynamic header: this edge's entry of a list (CTA-5006: each server appends its own)."""
        parts = [f'"{self.edge_id}"']
        if duress:
            parts.append("du")
        rate_bps = self.rates_bps.get(session)
        if rate_bps is not None:
            parts.append(f"etp={round(rate_bps / 1000)}")
        if most_kbps is not None:
            parts.append(f"mb={most_kbps}")
        return ";".join([*parts, f"rd={round(1000 * delay_s)}"])


def _told(headers: Iterable[tuple[bytes, bytes]], query: bytes) -> str:
    """CMCD's keys from the headers, or else from the query argument; empty when there are none, or too many."""
    parts = [value for name, value in headers if name.decode("latin-1") in NAMES]
    if sum(map(len, parts)) > LONGEST_BYTES or len(query) > 2 * LONGEST_BYTES:
        return ""
    text = ",".join(part.decode("latin-1") for part in parts)
    if not text and b"CMCD=" in query:
        arguments = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=64))
        text = arguments.get("CMCD", "")
    return _UNPRINTABLE.sub("_", text)[:LONGEST_BYTES]
