"""iperf3 --json: one step for every reporting interval, `intervals[].sum`.

Bytes over seconds; the omitted start (`--omit`) is left out. Several streams are summed by iperf3 itself. Source:
iperf3's own JSON output (esnet/iperf, 3.x). It measures no request latency; --round-trip-s gives one.
"""

from __future__ import annotations

from typing import Any

from abr.trace.model import Step
from abr.trace.source import Source, json_number


def detect(source: Source) -> bool:
    """A JSON object with iperf3's `start` and `intervals`."""
    head = source.text.lstrip("\ufeff \t\r\n")[:4096]
    return head[:1] == "{" and '"start"' in head and '"intervals"' in source.text and '"log"' not in head


def read(source: Source) -> dict[str, list[Step]]:
    data = source.json()
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        raise source.error(f"is of a run that failed: {data['error'][:200]}")
    intervals = data.get("intervals") if isinstance(data, dict) else None
    if not isinstance(intervals, list) or not intervals:
        raise source.error("has no intervals; run iperf3 --json for some seconds")
    sums = [_sum(source, number, it) for number, it in enumerate(intervals, 1)]
    source.note("download" if _reverse(data) else "client to server: an upload, unless the client was the far end")
    return {"": [_step(source, number, it) for number, it in enumerate(sums, 1) if not it.get("omitted")]}


def _reverse(data: dict[str, Any]) -> bool:
    start = data.get("start")
    test = start.get("test_start") if isinstance(start, dict) else None
    return isinstance(test, dict) and bool(test.get("reverse"))


def _sum(source: Source, number: int, interval: object) -> dict[str, Any]:
    """The interval's sum; of old versions, which leave it away with one stream, that stream."""
    found = interval.get("sum") if isinstance(interval, dict) else None
    streams = interval.get("streams") if isinstance(interval, dict) else None
    if found is None and isinstance(streams, list) and len(streams) == 1:
        found = streams[0]
    if not isinstance(found, dict):
        raise source.error(f"interval {number} has no sum")
    return found


def _step(source: Source, number: int, found: dict[str, Any]) -> Step:
    seconds, size, rate_bps = (json_number(found.get(name)) for name in ("seconds", "bytes", "bits_per_second"))
    if seconds is None or (size is None and rate_bps is None):
        raise source.error(f"interval {number} lacks seconds, or bytes and bits_per_second")
    if size is not None and seconds > 0:
        rate_bps = 8.0 * size / seconds
    return Step(seconds, rate_bps or 0.0)
