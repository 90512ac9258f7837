"""Our own session report: the link in exactly the time in which it was busy, with the latency of every request.

A chunk's bytes (and what was wasted on it) came from its first byte to its last. Between two chunks nobody asked for
anything: left out, or as --idle says. The document is described in docs/report.md.
"""

from __future__ import annotations

from abr.trace.model import Step
from abr.trace.source import Source, json_number
from abr.trace.transfers import Transfer, steps_of

INSTANTS = ("requested_at_s", "first_byte_at_s", "finished_at_s")


def detect(source: Source) -> bool:
    """A JSON object with our player's name and chunks that have three instants."""
    text = source.text
    return text.lstrip("\ufeff \t\r\n")[:1] == "{" and '"chunks"' in text and f'"{INSTANTS[1]}"' in text


def read(source: Source) -> dict[str, list[Step]]:
    data = source.json()
    chunks = data.get("chunks") if isinstance(data, dict) else None
    if not isinstance(chunks, list) or not chunks:
        raise source.error("holds no chunk; a session that fetched something has some")
    if data.get("trace"):
        source.note(f"the session itself ran over the trace {str(data['trace'])[:80]!r}")
    transfers = [it for number, chunk in enumerate(chunks, 1) if (it := _transfer(source, number, chunk))]
    if not transfers:
        raise source.error("holds no chunk that took time")
    return {"": steps_of(transfers, source.options.idle)}


def _transfer(source: Source, number: int, chunk: object) -> Transfer | None:
    """None for a chunk whose bytes came all at once: it says nothing about the rate."""
    if not isinstance(chunk, dict):
        raise source.error(f"chunk {number} is no object")
    requested_s, first_byte_s, finished_s, size = (json_number(chunk.get(name)) for name in (*INSTANTS, "size_bytes"))
    if requested_s is None or first_byte_s is None or finished_s is None or size is None:
        raise source.error(f"chunk {number} lacks one of {', '.join(INSTANTS)}, size_bytes")
    if not requested_s <= first_byte_s <= finished_s:
        raise source.error(f"chunk {number}: its first byte and its end come before its request")
    if first_byte_s == finished_s:
        source.note("chunks that came all at once left out")
        return None
    wasted = json_number(chunk.get("wasted_bytes")) or 0.0
    return Transfer(first_byte_s, finished_s, size + wasted, first_byte_s - requested_s)
