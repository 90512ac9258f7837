"""Two models of one session held against each other: `abr`'s fast simulator, and the engine in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import fsum
from typing import Protocol

from abr.simulate.model import SessionResult
from player.telemetry.record import ChunkRecord
from player.telemetry.report import SessionLog

TOLERANCE_S = 1e-6
MOST_TOLD = 5


class AnyStall(Protocol):
    """A stall of either model."""

    @property
    def at_s(self) -> float: ...

    @property
    def duration_s(self) -> float: ...


class AnyChunk(Protocol):
    """A chunk of either model."""

    @property
    def index(self) -> int: ...

    @property
    def rung(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Column:
    """One session in the figures that are compared; `startup_s` None: it never began."""

    mean_rung: float
    stall_s: float
    startup_s: float | None
    rungs: tuple[int, ...]


def column_of(session: SessionResult | SessionLog) -> Column:
    """The figures of a session of either kind."""
    chunks: Sequence[AnyChunk] = session.chunks
    rungs = tuple(chunk.rung for chunk in sorted(chunks, key=lambda chunk: chunk.index))
    stall_s = fsum(stall.duration_s for stall in session.stalls)
    return Column(fsum(rungs) / max(len(rungs), 1), stall_s, session.startup_s, rungs)


def differences(fast: SessionResult, engine: SessionLog, tolerance_s: float = TOLERANCE_S) -> list[str]:
    """Where the two part, in words; nothing when they agree on every rung, and on instants and stalls to 1 us."""
    found = [f"{len(fast.chunks)} chunks beside {len(engine.chunks)}"] if len(fast.chunks) != len(engine.chunks) else []
    for one, other in zip(fast.chunks, engine.chunks, strict=False):
        if one.rung != other.rung or one.index != other.index:
            found.append(f"chunk {one.index}: rung {one.rung} beside {other.rung} (of chunk {other.index})")
        elif (apart := _apart(one.requested_at_s, one.finished_at_s, other)) > tolerance_s:
            found.append(f"chunk {one.index}: its transfer is {apart:.3g} s apart")
        elif abs(one.buffer_s - other.buffer_s) > tolerance_s:
            found.append(f"chunk {one.index}: {one.buffer_s:.9g} s buffered beside {other.buffer_s:.9g} s")
    if abs(fast.startup_s - (engine.startup_s if engine.startup_s is not None else -1.0)) > tolerance_s:
        found.append(f"start-up {fast.startup_s:.9g} s beside {engine.startup_s} s")
    found += _stalls(fast.stalls, engine.stalls, tolerance_s)
    return found if len(found) <= MOST_TOLD else [*found[:MOST_TOLD], f"and {len(found) - MOST_TOLD} more"]


def _apart(requested_at_s: float, finished_at_s: float, other: ChunkRecord) -> float:
    sample = other.sample
    return max(abs(requested_at_s - sample.requested_at_s), abs(finished_at_s - sample.finished_at_s))


def _stalls(fast: Sequence[AnyStall], engine: Sequence[AnyStall], tolerance_s: float) -> list[str]:
    """A stall shorter than the tolerance is none: a chunk that comes the moment the buffer runs dry."""
    felt = [[stall for stall in stalls if stall.duration_s > tolerance_s] for stalls in (fast, engine)]
    found = []
    for one, other in zip_longest(*felt):
        if one is None or other is None:
            alone = one or other
            found.append(f"a stall of {alone.duration_s:.9g} s at {alone.at_s:.9g} s is there only once")
        elif max(abs(one.at_s - other.at_s), abs(one.duration_s - other.duration_s)) > tolerance_s:
            found.append(
                f"stall at {one.at_s:.9g} for {one.duration_s:.9g} s beside {other.at_s:.9g}, {other.duration_s:.9g}"
            )
    return found


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a session on real sockets may be from the same in virtual time, and how many may be further off.

    Some always can: a chunk that is whole a millisecond before an outage, or not, makes two different evenings.
    """

    mean_rung: float = 0.25
    stall_s: float = 0.25
    startup_s: float = 0.15
    share_apart: float = 0.05

    def may_be_apart(self, sessions: int) -> int:
        """So many of them may be further off: one in twenty, and none of fewer."""
        return int(self.share_apart * sessions + 1e-9)


def distances(virtual: Column, real: Column, tolerance: Tolerance) -> list[str]:
    """Where the two are further apart than they may be, in words; nothing when they are near."""
    found = []
    if (apart := abs(virtual.mean_rung - real.mean_rung)) > tolerance.mean_rung:
        found.append(f"mean rung {virtual.mean_rung:.3f} beside {real.mean_rung:.3f}: {apart:.3f} apart")
    if (apart := abs(virtual.stall_s - real.stall_s)) > tolerance.stall_s:
        found.append(f"{virtual.stall_s:.3f} s of stalls beside {real.stall_s:.3f} s: {apart:.3f} s apart")
    if virtual.startup_s is None or real.startup_s is None:
        found += [] if virtual.startup_s == real.startup_s else ["only one of them ever began"]
    elif (apart := abs(virtual.startup_s - real.startup_s)) > tolerance.startup_s:
        found.append(f"start-up {virtual.startup_s:.3f} s beside {real.startup_s:.3f} s: {apart:.3f} s apart")
    return found
