"""The session report: one schema, versioned, the same in the window, headless and in virtual time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from abr.model import Ladder
from abr.qoe.score import score_names, score_of
from player.telemetry.record import ChunkRecord, EdgeSwitch, ProblemRecord, Stall

SCHEMA = 1
# Two days of 2 s chunks, about 60 MB: no film is longer, but a channel that never ends is.
MOST_CHUNKS = 100_000
MOST_PROBLEMS = 10_000


@dataclass
class SessionLog:
    """Everything that a report is made of; the engine writes it as the session goes.

    It holds the newest `MOST_CHUNKS` chunks and `MOST_PROBLEMS` problems; of a session that goes on for days the older
    ones are only counted.
    """

    title: str
    controller: str
    setting: str
    trace: str | None = None
    session_id: str = ""
    """What the servers know the session by; the seed of its jitter. Empty: it says nothing, and jitters like any."""
    ladder: Ladder | None = None
    edges: dict[str, str] = field(default_factory=dict)
    startup_s: float | None = None
    first_frame_s: float | None = None
    played_s: float = 0.0
    session_s: float = 0.0
    ended: str = ""
    bytes_fetched: int = 0
    bytes_wasted: int = 0
    chunks: list[ChunkRecord] = field(default_factory=list)
    stalls: Sequence[Stall] = ()
    edge_switches: list[EdgeSwitch] = field(default_factory=list)
    problems: list[ProblemRecord] = field(default_factory=list)
    seeks: list[dict[str, float]] = field(default_factory=list)
    chunks_forgotten: int = 0
    problems_forgotten: int = 0

    def add_chunk(self, chunk: ChunkRecord) -> None:
        """Write a chunk down."""
        self.chunks.append(chunk)
        if len(self.chunks) > MOST_CHUNKS:
            self.chunks_forgotten += _forget_oldest(self.chunks)

    def add_problem(self, problem: ProblemRecord) -> None:
        """Write down what went wrong."""
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            self.problems_forgotten += _forget_oldest(self.problems)

    def chunks_since(self, count: int) -> list[ChunkRecord]:
        """Those after the first `count` of the session, as far as they are still there."""
        return self.chunks[max(0, count - self.chunks_forgotten) :]


def _forget_oldest(records: list[Any]) -> int:
    """Drop a tenth, so that it is not to be done for each that comes; how many that were."""
    count = len(records) // 10
    del records[:count]
    return count


def mean_bitrate_bps(chunks: Sequence[ChunkRecord]) -> float | None:
    """Mean nominal bit rate over media time; None before the first chunk."""
    media_s = math.fsum(chunk.duration_s for chunk in chunks)
    if media_s <= 0:
        return None
    return math.fsum(chunk.bitrate_bps * chunk.duration_s for chunk in chunks) / media_s


def switches(chunks: Sequence[ChunkRecord]) -> int:
    """How often the rung changed from one chunk to the next of the title."""
    rungs = [chunk.rung for chunk in sorted(chunks, key=lambda chunk: chunk.index)]
    return sum(a != b for a, b in itertools.pairwise(rungs))


def scores(
    chunks: Sequence[ChunkRecord], stall_s: float, ladder: Ladder | None, startup_s: float = 0.0
) -> dict[str, float | None]:
    """Every score of the laboratory, by the same code; None before the first chunk, or where one is not defined."""
    if ladder is None or not chunks:
        return dict.fromkeys(score_names())
    rungs = [chunk.rung for chunk in sorted(chunks, key=lambda chunk: chunk.index)]
    chunk_s = math.fsum(chunk.duration_s for chunk in chunks) / len(chunks)
    return {name: score_of(ladder, chunk_s, rungs, stall_s, startup_s, name) for name in score_names()}


def chunk_entry(chunk: ChunkRecord) -> dict[str, Any]:
    """One chunk as the report shows it."""
    return {
        "index": chunk.index,
        "rung": chunk.rung,
        "bitrate_bps": chunk.bitrate_bps,
        "size_bytes": chunk.size_bytes,
        "duration_s": chunk.duration_s,
        "edge": chunk.edge,
        "requested_at_s": round(chunk.sample.requested_at_s, 6),
        "first_byte_at_s": round(chunk.sample.first_byte_at_s, 6),
        "finished_at_s": round(chunk.sample.finished_at_s, 6),
        "buffer_s": round(chunk.buffer_s, 6),
        "attempts": chunk.attempts,
        "wasted_bytes": chunk.wasted_bytes,
        "decision": {
            "code": str(chunk.decision.reason.code),
            "reason": chunk.decision.reason.text,
            "estimate_bps": chunk.decision.estimate_bps,
            "band_bps": chunk.decision.band_bps,
        },
    }


def report(log: SessionLog, version: str) -> dict[str, Any]:
    """The session report as plain JSON values."""
    stall_s = math.fsum(stall.duration_s for stall in log.stalls)
    watched_s = log.played_s + stall_s
    told = {
        "schema": SCHEMA,
        "player": {"name": "evenflow", "version": version, "setting": log.setting},
        "title": log.title,
        "controller": log.controller,
        "trace": log.trace,
        "ended": log.ended,
        "ladder": [asdict(rung) for rung in log.ladder.rungs] if log.ladder else [],
        "edges": log.edges,
        "startup_s": log.startup_s,
        "first_frame_s": log.first_frame_s,
        "played_s": round(log.played_s, 6),
        "session_s": round(log.session_s, 6),
        "stalls": [asdict(stall) for stall in log.stalls],
        "stall_s": round(stall_s, 6),
        "stall_ratio": round(stall_s / watched_s, 6) if watched_s > 0 else 0.0,
        "switches": switches(log.chunks),
        "mean_bitrate_bps": mean_bitrate_bps(log.chunks),
        "qoe": scores(log.chunks, stall_s, log.ladder, log.startup_s or 0.0),
        "bytes_fetched": log.bytes_fetched,
        "bytes_wasted": log.bytes_wasted,
        "edge_switches": [asdict(switch) for switch in log.edge_switches],
        "errors_recovered": [asdict(problem) for problem in log.problems],
        "seeks": log.seeks,
        "chunks": [chunk_entry(chunk) for chunk in log.chunks],
    }
    if log.chunks_forgotten or log.problems_forgotten:
        told |= {"chunks_forgotten": log.chunks_forgotten, "problems_forgotten": log.problems_forgotten}
    return told
