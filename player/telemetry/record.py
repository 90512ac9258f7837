"""What happened in a session, as values: one record a chunk, one a switch of edge, one a problem."""

from __future__ import annotations

from dataclasses import dataclass

from abr.model import Decision, ThroughputSample
from abr.values import value


@value
class ChunkRecord:
    """A chunk as it was chosen, fetched and given to the output. Instants count from the session's start.

    One that took the place of a lower one says which rung that was; `wasted_bytes` counts the old one's too.
    """

    index: int
    rung: int
    bitrate_bps: int
    size_bytes: int
    duration_s: float
    edge: str
    buffer_s: float
    decision: Decision
    sample: ThroughputSample
    attempts: int = 1
    wasted_bytes: int = 0
    replaced_rung: int | None = None


@dataclass(frozen=True, slots=True)
class EdgeSwitch:
    """The session left one edge for another."""

    at_s: float
    chunk: int | None
    old: str
    new: str
    why: str


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """Something that went wrong and was recovered from, or ended the session."""

    at_s: float
    code: str
    message: str
    edge: str = ""
    chunk: int | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """The playhead stood still for want of media: at `at_s` of the session, `media_s` of the title."""

    at_s: float
    media_s: float
    duration_s: float
