"""Sabre's network JSON: `[{"duration_ms", "bandwidth_kbps", "latency_ms"}, ...]`, and its column-wise variant.

The unit is in the names. Latency is charged once a request. Loops to the first step.
"""

from __future__ import annotations

from typing import Any

from abr.trace.model import Step
from abr.trace.source import Source, json_number


def detect(source: Source) -> bool:
    """A JSON array or object that names Sabre's fields."""
    head = source.text.lstrip("\ufeff \t\r\n")[:4096]
    return head[:1] in "[{" and any(
        name in head for name in ('"bandwidth_kbps"', '"ThroughputsInKbps"', '"DurationsInMs"')
    )


def read(source: Source) -> dict[str, list[Step]]:
    data = source.json()
    rows = _columns(source, data) if isinstance(data, dict) else data
    if not isinstance(rows, list) or not rows:
        raise source.error("holds no list of steps")
    return {"": [_step(source, number, row) for number, row in enumerate(rows, 1)]}


def _columns(source: Source, data: dict[str, Any]) -> list[dict[str, Any]]:
    durations, rates = data.get("DurationsInMs"), data.get("ThroughputsInKbps")
    if not isinstance(durations, list) or not isinstance(rates, list) or len(durations) != len(rates):
        raise source.error("needs DurationsInMs and ThroughputsInKbps, equally long")
    return [{"duration_ms": duration, "bandwidth_kbps": rate} for duration, rate in zip(durations, rates, strict=True)]


def _step(source: Source, number: int, row: object) -> Step:
    if not isinstance(row, dict) or "duration_ms" not in row or "bandwidth_kbps" not in row:
        raise source.error(f"step {number} lacks duration_ms or bandwidth_kbps")
    values = []
    for field in ("duration_ms", "bandwidth_kbps", "latency_ms"):
        value = json_number(row.get(field, 0))
        if value is None:
            raise source.error(f"step {number}: {field} is {str(row[field])[:40]}, not a number of 0 or more")
        values.append(value)
    return Step(values[0] / 1e3, values[1] * 1e3, values[2] / 1e3)
