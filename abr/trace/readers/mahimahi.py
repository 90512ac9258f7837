"""mahimahi's packet-delivery file: one integer a line, the millisecond at which one 1500-byte packet may leave.

The last line is the loop's length. Packets are counted in bins of 100 ms: finer than a chunk download sees, coarser
than one packet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from abr.trace.model import Step
from abr.trace.source import Source

PACKET_BITS = 12_000
BIN_MS = 100
MAX_DURATION_MS = 7 * 24 * 3600 * 1000


def detect(source: Source) -> bool:
    """Only whole numbers, one a line."""
    head = [line for _, line in islice(source.rows(), 200)]
    return bool(head) and all(line.isascii() and line.isdigit() for line in head)


def read(source: Source) -> dict[str, list[Step]]:
    times_ms = _times_ms(source)
    total_ms = times_ms[-1]
    if total_ms == 0:
        raise source.error("ends at 0 ms, so its loop has no length")
    last_bin = (total_ms - 1) // BIN_MS
    # A packet at the very end belongs to the bin that ends there.
    counts = Counter(min(at_ms // BIN_MS, last_bin) for at_ms in times_ms)
    return {"": list(_steps(counts, last_bin, total_ms))}


def _steps(counts: Counter[int], last_bin: int, total_ms: int) -> Iterator[Step]:
    """A step for every bin that holds packets, and one for every silence between."""
    after = 0
    for index in [*sorted(counts), last_bin + 1]:
        if index > after:
            yield Step((min(index * BIN_MS, total_ms) - after * BIN_MS) / 1e3, 0.0)
        if index <= last_bin:
            yield _bin(index, total_ms, counts[index])
        after = index + 1


def _times_ms(source: Source) -> list[int]:
    times_ms: list[int] = []
    for line, text in source.rows():
        if not (text.isascii() and text.isdigit()) or len(text) > 12:
            raise source.error(f"{text!r} is no whole number of milliseconds", line)
        at_ms = int(text)
        if times_ms and at_ms < times_ms[-1]:
            raise source.error(f"the clock goes back from {times_ms[-1]} to {at_ms} ms; cut the file there", line)
        if at_ms > MAX_DURATION_MS:
            raise source.error("lasts longer than a week; cut it", line)
        times_ms.append(at_ms)
    if not times_ms:
        raise source.error("holds no packet")
    return times_ms


def _bin(index: int, total_ms: int, packets: int) -> Step:
    span_s = (min((index + 1) * BIN_MS, total_ms) - index * BIN_MS) / 1e3
    return Step(span_s, packets * PACKET_BITS / span_s)
