"""CMSD: what servers tell of themselves with an answer (CTA-5006), read within bounds and never trusted blindly.

`CMSD-Dynamic` is a list to which every server on the way appends an entry, the one nearest to the player last;
`CMSD-Static` is a dictionary from the origin. What is not understood is skipped, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

DYNAMIC, STATIC = "cmsd-dynamic", "cmsd-static"
LONGEST = 2048
MOST_ENTRIES = 16
MOST_KBPS = 10**7
LONGEST_MS = 600_000

_ENTRY = re.compile(
    r'[ \t]*(?:"(?:[^"\\]|\\.){0,200}"|[A-Za-z*][^\s,;"]{0,200})'
    r'((?:;[ ]*[a-z*][^\s,;="]{0,40}(?:=(?:"[^"]{0,200}"|[^\s,;"]{1,64}))?){0,32})'
)
_PARAMETER = re.compile(r";[ ]*([a-z*][a-z0-9_\-.*]{0,40})(?:=([^;,\s]{1,64}))?")
_HELD = re.compile(r"(?:^|[,\s])ht=(\d{1,9})(?=[,\s]|$)")


@dataclass(frozen=True, slots=True)
class ServerData:
    """What an answer says. `throughput_bps` (etp) and `round_trip_s` (rtt): between the nearest server and the player.

    `most_bps` (mb) is the highest bit rate that any server suggests. `duress` (du): the nearest one asks to be left.
    `delay_s` (rd) is how long that one took to have the first byte; `held_s` (ht) how long the origin held it back.
    """

    throughput_bps: float | None = None
    most_bps: float | None = None
    duress: bool = False
    round_trip_s: float | None = None
    delay_s: float | None = None
    held_s: float | None = None


NOTHING = ServerData()


def read(headers: Mapping[str, str]) -> ServerData:
    """What the headers (names in lower case) say; `NOTHING` without any, or when they are no sense."""
    dynamic, static = headers.get(DYNAMIC, ""), headers.get(STATIC, "")
    if len(dynamic) > LONGEST or len(static) > LONGEST or not (dynamic or static):
        return NOTHING
    entries = [_parameters(entry) for entry in _entries(dynamic)]
    nearest = entries[-1] if entries else {}
    caps = [cap for entry in entries if (cap := _number(entry.get("mb"), MOST_KBPS)) is not None]
    held = _HELD.search(static)
    return ServerData(
        throughput_bps=_scaled(nearest.get("etp"), MOST_KBPS, 1e3),
        most_bps=1e3 * min(caps) if caps else None,
        duress="du" in nearest and nearest["du"] in (None, "?1"),
        round_trip_s=_scaled(nearest.get("rtt"), LONGEST_MS, 1e-3),
        delay_s=_scaled(nearest.get("rd"), LONGEST_MS, 1e-3),
        held_s=_scaled(held[1] if held else None, LONGEST_MS, 1e-3),
    )


def _entries(text: str) -> list[str]:
    """The parameters of each entry, as written; reading ends at the first that is none."""
    found: list[str] = []
    at = 0
    while at < len(text) and len(found) < MOST_ENTRIES:
        entry = _ENTRY.match(text, at)
        if entry is None:
            return []
        found.append(entry[1])
        at = entry.end()
        rest = text[at:].lstrip(" \t")
        if rest and not rest.startswith(","):
            return []
        at = len(text) - len(rest) + 1
    return found


def _parameters(text: str) -> dict[str, str | None]:
    return {name: value or None for name, value in _PARAMETER.findall(text)}


def _number(text: str | None, most: int) -> int | None:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text) if 0 <= int(text) <= most else None


def _scaled(text: str | None, most: int, unit: float) -> float | None:
    number = _number(text, most)
    return None if number is None else number * unit
