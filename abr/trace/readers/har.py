"""HAR 1.2 (browsers, Charles, mitmproxy): every answer's bytes over its `receive` time, overlapping answers summed.

Latency is `timings.wait`. Left out: answers from a cache, answers whose size is not known (`bodySize` -1 and no
`_transferSize`), answers that took no measurable time. Names, addresses, cookies and headers are never kept.
Source: W3C "HTTP Archive (HAR) format", 1.2; `_transferSize` and `_fromCache` are Chromium's.
"""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import Any

from abr.trace.instants import iso_instant
from abr.trace.model import Step
from abr.trace.source import Source, json_number
from abr.trace.transfers import Transfer, steps_of

BEFORE_THE_ANSWER = ("blocked", "dns", "connect", "send", "wait")
"""Milliseconds each, -1 where it did not happen; `ssl` is part of `connect`."""
SKIPPED = ("from a cache", "without a size", "without a receive time")


def detect(source: Source) -> bool:
    """A JSON object with a `log` that has `entries`."""
    head = source.text.lstrip("\ufeff \t\r\n")[:4096]
    return head[:1] == "{" and '"log"' in head and '"entries"' in source.text


def read(source: Source) -> dict[str, list[Step]]:
    log = source.json()
    entries = log.get("log", {}).get("entries") if isinstance(log, dict) and isinstance(log.get("log"), dict) else None
    if not isinstance(entries, list):
        raise source.error("has no log.entries, so it is no HAR file")
    transfers, skipped = [], Counter[str]()
    for number, entry in enumerate(entries, 1):
        found = _transfer(source, number, entry)
        if isinstance(found, Transfer):
            transfers.append(found)
        else:
            skipped[found] += 1
    for reason in SKIPPED:
        if skipped[reason]:
            source.note(f"{skipped[reason]} entries {reason} left out")
    if not transfers:
        raise source.error("holds no answer that came over the network with a size and a receive time")
    return {"": steps_of(transfers, source.options.idle)}


def _transfer(source: Source, number: int, entry: object) -> Transfer | str:
    """The answer's way here, or why it says nothing about the link."""
    if not isinstance(entry, dict) or not isinstance(entry.get("response"), dict):
        raise source.error(f"entry {number} has no response")
    response, timings = entry["response"], entry.get("timings")
    if entry.get("_fromCache") or response.get("_fromCache") or response.get("status") == 304:
        return "from a cache"
    size = _size(response)
    if size == 0:
        return "from a cache"
    if size is None:
        return "without a size"
    began_s = iso_instant(str(entry.get("startedDateTime", "")))
    if began_s is None:
        raise source.error(f"entry {number}: startedDateTime is no ISO 8601 date and time")
    spans = timings if isinstance(timings, dict) else {}
    receive_s = _span_s(spans, "receive")
    if receive_s <= 0:
        return "without a receive time"
    first_byte_s = began_s + fsum(_span_s(spans, name) for name in BEFORE_THE_ANSWER)
    return Transfer(first_byte_s, first_byte_s + receive_s, size, _span_s(spans, "wait"))


def _size(response: dict[str, Any]) -> float | None:
    """Bytes over the network: what the browser counted, else the body; None when neither is known."""
    for field in ("_transferSize", "bodySize"):
        size = json_number(response.get(field))
        if size is not None:
            return size
    return None


def _span_s(timings: dict[str, Any], name: str) -> float:
    return (json_number(timings.get(name), 1e9) or 0.0) / 1e3
