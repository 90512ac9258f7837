"""One-step throttling profiles: what a browser's tools or WebPageTest shape a link to.

DevTools protocol, Network.emulateNetworkConditions: `downloadThroughput`, `uploadThroughput` in bytes/s, `latency` in
ms. WebPageTest: `bwDown`, `bwUp` in kbit/s, `latency` in ms, `plr` (packet loss, not modelled here).
"""

from __future__ import annotations

from typing import Any

from abr.trace.model import Step
from abr.trace.source import Source, json_number

STEP_S = 60.0
KINDS = {
    "down": (("downloadThroughput", 8.0), ("bwDown", 1e3)),
    "up": (("uploadThroughput", 8.0), ("bwUp", 1e3)),
}
"""Field and bits per second in one of its units, by direction."""
MOST_PROFILES = 1000


def detect(source: Source) -> bool:
    """JSON that names a field of either kind."""
    head = source.text.lstrip("\ufeff \t\r\n")[:4096]
    return head[:1] in "[{" and any(f'"{field}"' in head for field, _ in KINDS["down"])


def read(source: Source) -> dict[str, list[Step]]:
    data = source.json()
    entries = data if isinstance(data, list) else [data]
    if not entries or len(entries) > MOST_PROFILES:
        raise source.error(f"holds {len(entries)} profiles; 1 to {MOST_PROFILES} can be read")
    source.note(f"a steady rate, as one step of {STEP_S:g} s")
    if len(entries) == 1:
        return {"": [_step(source, 1, entries[0])]}
    return {_name(number, entry): [_step(source, number, entry)] for number, entry in enumerate(entries, 1)}


def _name(number: int, entry: Any) -> str:
    title = entry.get("title") or entry.get("label") if isinstance(entry, dict) else None
    clean = "".join(mark for mark in str(title or "") if mark.isalnum() or mark in "-_.")[:40]
    return f"{number}-{clean}" if clean else str(number)


def _step(source: Source, number: int, entry: object) -> Step:
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    for field, scale in KINDS[source.options.direction]:
        if field in fields:
            rate, latency_ms = json_number(fields[field]), json_number(fields.get("latency", 0))
            if rate is None or latency_ms is None:
                raise source.error(f"profile {number}: {field} and latency are numbers of 0 or more")
            if json_number(fields.get("plr", 0)):
                source.note("packet loss (plr) is left out")
            return Step(STEP_S, rate * scale, latency_ms / 1e3)
    wanted = ", ".join(field for field, _ in KINDS[source.options.direction])
    raise source.error(f"profile {number} has none of {wanted}")
