"""From what was seen of a few downloads to a trace: bytes over the time in which bytes were on their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, fsum

from abr.trace.model import Step, Trace, TraceError

LEAST_BUSY_SHARE = 0.1
"""With less of a step spent receiving, its rate would be chance: the one before is kept.

Where no step has more (a short recording of a fast link), all of them have the rate of the whole."""


@dataclass(slots=True)
class Download:
    """One request as it went: instants of one clock. `marks` are (instant, bytes so far) as they were read."""

    requested_s: float
    first_byte_s: float | None = None
    marks: list[tuple[float, int]] = field(default_factory=list)

    @property
    def received_bytes(self) -> int:
        return self.marks[-1][1] if self.marks else 0


def measured_trace(
    downloads: Sequence[Download],
    outages: Iterable[tuple[float, float]],
    step_s: float,
    *,
    name: str,
    notes: tuple[str, ...] = (),
) -> Trace:
    """Steps of `step_s` from the first request on, each with the latency of the latest request.

    The wait for a first byte is latency, not slowness: a step's rate is its bits over the part of it in which an
    answer was coming in. `outages` are (from, until) in which the link carried nothing. TraceError: nothing came.
    """
    answered = [it for it in downloads if it.first_byte_s is not None and it.marks]
    if not answered:
        raise TraceError("not one byte came in", source=name)
    start_s = downloads[0].requested_s
    bins = _Bins(start_s, step_s)
    for it in answered:
        before_s, before = it.first_byte_s or it.requested_s, 0
        for at_s, received in it.marks:
            bins.add(before_s, at_s, 8.0 * (received - before))
            before_s, before = at_s, received
    dark = {index for begin_s, end_s in outages for index in bins.between(begin_s, end_s)}
    return Trace(_steps(bins, dark, answered), name=name, family="recorded", notes=notes)


class _Bins:
    """Bits and busy seconds, bin by bin."""

    def __init__(self, start_s: float, step_s: float) -> None:
        self.start_s, self.step_s = start_s, step_s
        self.bits: dict[int, float] = {}
        self.busy_s: dict[int, float] = {}

    def between(self, begin_s: float, end_s: float) -> range:
        """The bins that lie wholly within."""
        return range(ceil((begin_s - self.start_s) / self.step_s), floor((end_s - self.start_s) / self.step_s))

    def add(self, begin_s: float, end_s: float, bits: float) -> None:
        """`bits` came in evenly from `begin_s` to `end_s`."""
        first, last = self._index(begin_s), self._index(end_s)
        for index in range(first, last + 1):
            edge_s = self.start_s + index * self.step_s
            within_s = max(0.0, min(end_s, edge_s + self.step_s) - max(begin_s, edge_s))
            share = within_s / (end_s - begin_s) if end_s > begin_s else 1.0 if index == last else 0.0
            self.bits[index] = self.bits.get(index, 0.0) + bits * share
            self.busy_s[index] = self.busy_s.get(index, 0.0) + within_s

    def rate_bps(self, index: int) -> float | None:
        """None where too little was seen."""
        busy_s = self.busy_s.get(index, 0.0)
        return self.bits[index] / busy_s if busy_s >= LEAST_BUSY_SHARE * self.step_s else None

    @property
    def overall_bps(self) -> float:
        """Of everything that was seen; 0 when it took no time at all."""
        busy_s = fsum(self.busy_s.values())
        return fsum(self.bits.values()) / busy_s if busy_s > 0 else 0.0

    def _index(self, at_s: float) -> int:
        return int((at_s - self.start_s) / self.step_s)


def _steps(bins: _Bins, dark: set[int], answered: Sequence[Download]) -> list[Step]:
    # A read at the very edge touches the bin behind it without any time in it.
    count = max([0, *dark, *(index for index, busy_s in bins.busy_s.items() if busy_s > 0)]) + 1
    rates = [0.0 if index in dark else bins.rate_bps(index) for index in range(count)]
    held = next((rate for rate in rates if rate), bins.overall_bps)
    latencies = [(it.requested_s, (it.first_byte_s or it.requested_s) - it.requested_s) for it in answered]
    steps, latest = [], 0
    for index, rate in enumerate(rates):
        held = held if rate is None else rate
        end_s = bins.start_s + (index + 1) * bins.step_s
        while latest + 1 < len(latencies) and latencies[latest + 1][0] < end_s:
            latest += 1
        steps.append(Step(bins.step_s, held, latencies[latest][1]))
    return steps
