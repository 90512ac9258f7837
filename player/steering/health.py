"""Which edges have failed lately, for how long they are left alone, and how the others do."""

from __future__ import annotations

from dataclasses import dataclass

from player.steering.pathway import Edge

FIRST_PENALTY_S = 2.0
LONGEST_PENALTY_S = 60.0
# An edge that has kept quiet for this long after its penalty starts afresh.
FORGIVEN_AFTER_S = 120.0
# An edge that failed gets one request after its penalty, and no other until that one is answered or this old.
PROBE_S = 8.0
# Weight of the newest sample: about the last five chunks count.
NEWEST_WEIGHT = 0.3


@dataclass(slots=True)
class EdgeRecord:
    """What is known of one edge."""

    failures: int = 0
    banned_until_s: float = float("-inf")
    probed_until_s: float = float("-inf")
    latency_s: float | None = None
    goodput_bps: float | None = None


class EdgeHealth:
    """Penalties that double and decay, and smoothed measurements, by edge. Time is an argument."""

    def __init__(self) -> None:
        self._records: dict[Edge, EdgeRecord] = {}

    def failed(self, edge: Edge, now_s: float) -> float:
        """Ban the edge: 2 s, 4 s, ... 60 s for failures in a row. Answers the instant when it may be tried again.

        Failures while it is banned are those of requests that were under way: they lengthen nothing.
        """
        record = self._of(edge)
        if now_s < record.banned_until_s:
            return record.banned_until_s
        if now_s > record.banned_until_s + FORGIVEN_AFTER_S:
            record.failures = 0
        penalty_s = min(FIRST_PENALTY_S * 2.0 ** min(record.failures, 10), LONGEST_PENALTY_S)
        record.failures += 1
        record.probed_until_s = float("-inf")
        record.banned_until_s = now_s + penalty_s
        return record.banned_until_s

    def tried(self, edge: Edge, now_s: float) -> None:
        """A request goes to the edge. After a penalty it is a probe: the edge counts as banned while it is out."""
        record = self._records.get(edge)
        if record is not None and record.failures and now_s >= record.banned_until_s:
            record.probed_until_s = now_s + PROBE_S

    def ban(self, edge: Edge, until_s: float) -> None:
        """Leave the edge alone until then: it asked for that itself (Retry-After)."""
        record = self._of(edge)
        record.banned_until_s = max(record.banned_until_s, until_s)

    def succeeded(self, edge: Edge, latency_s: float | None = None, goodput_bps: float | None = None) -> None:
        """The edge brought something: nothing is held against it any more."""
        record = self._of(edge)
        record.failures = 0
        record.banned_until_s = record.probed_until_s = float("-inf")
        record.latency_s = _smoothed(record.latency_s, latency_s)
        record.goodput_bps = _smoothed(record.goodput_bps, goodput_bps)

    def banned(self, edge: Edge, now_s: float) -> bool:
        """True while it is left alone: its penalty is not over, or the one request that is to tell is still out."""
        record = self._records.get(edge)
        return record is not None and (now_s < record.banned_until_s or now_s < record.probed_until_s)

    def banned_until_s(self, edge: Edge) -> float:
        record = self._records.get(edge)
        return record.banned_until_s if record else float("-inf")

    def record(self, edge: Edge) -> EdgeRecord:
        """A look at what is known of the edge; empty when it was never used."""
        return self._records.get(edge, EdgeRecord())

    def _of(self, edge: Edge) -> EdgeRecord:
        record = self._records.get(edge)
        if record is None:
            record = self._records[edge] = EdgeRecord()
        return record


def _smoothed(old: float | None, new: float | None) -> float | None:
    if old is None or new is None:
        return old if new is None else new
    return old + NEWEST_WEIGHT * (new - old)
