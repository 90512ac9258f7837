"""What came of a batch: a table for every number, and any one session as if it had been simulated alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from abr.model import Reason, ReasonCode
from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.playheads import EndedStalls, Playheads
from abr.simulate.batch.seen import Choice, Transfers
from abr.simulate.model import ChunkRecord, SessionResult, Stall
from abr.video.model import VideoTable

UNTOLD = Reason(ReasonCode.BATCH, "chosen in a batch, which keeps no reasons; simulated alone, the session tells them")


class Log:
    """What is written down while the sessions are played. Rows are chunks, columns sessions.

    Memory that is written for the first time costs as much as the arithmetic: most chunks wait for nothing and stall
    nowhere, and rows of zeros are left untouched.
    """

    def __init__(self, sessions: int, chunks: int) -> None:
        shape = (chunks, sessions)
        self.rungs: NDArray[np.int32] = np.empty(shape, np.int32)
        self.requested_at_s, self.first_byte_at_s, self.finished_at_s = (np.empty(shape) for _ in range(3))
        self.buffer_s, self.waited_s, self.stall_s = np.empty(shape), np.zeros(shape), np.zeros(shape)
        self.estimate_bps: Floats = np.broadcast_to(np.nan, shape)
        self.started_at_s, self.ended_at_s, self.stalled_s = (np.empty(sessions) for _ in range(3))
        self.stalls: list[EndedStalls] = []

    def note(self, index: int, block: slice, choice: Choice, transfers: Transfers) -> None:
        """One chunk of the sessions of `block`."""
        self.rungs[index, block] = choice.rungs
        self.requested_at_s[index, block] = transfers.requested_at_s
        self.first_byte_at_s[index, block] = transfers.first_byte_at_s
        self.finished_at_s[index, block] = transfers.finished_at_s
        if choice.estimate_bps is not None:
            if not self.estimate_bps.flags.writeable:
                self.estimate_bps = self.estimate_bps.copy()
            self.estimate_bps[index, block] = choice.estimate_bps

    def note_spans(self, index: int, block: slice, waited_s: Floats, stall_s: Floats) -> None:
        """What those sessions waited for that chunk, and stood still during its fetch."""
        for table, spans_s in ((self.waited_s, waited_s), (self.stall_s, stall_s)):
            if spans_s.any():
                table[index, block] = spans_s

    def close(self, block: slice, heads: Playheads) -> None:
        """The sessions of `block` are over."""
        self.started_at_s[block], self.ended_at_s[block] = heads.started_at_s, heads.now_s
        self.stalled_s[block] = heads.stalled_s
        for it in heads.stalls:
            self.stalls.append(EndedStalls(it.session + block.start, it.at_s, it.media_s, it.duration_s))


@dataclass(frozen=True, slots=True, eq=False)
class BatchResult:
    """Tables of [sessions, chunks], and rows of [sessions]; the numbers are those of `SessionResult`.

    `estimate_bps` is NaN where there was none. `stalls` holds every stall of every session, session by session;
    those of session i are `stalls`[`stall_from[i]` : `stall_from[i + 1]`].
    """

    controller: str
    traces: tuple[str, ...]
    video: VideoTable
    rungs: NDArray[np.int32]
    requested_at_s: Floats
    first_byte_at_s: Floats
    finished_at_s: Floats
    buffer_s: Floats
    waited_s: Floats
    stall_s: Floats
    estimate_bps: Floats
    startup_s: Floats
    ended_at_s: Floats
    stall_total_s: Floats
    stall_count: Ints
    stall_from: Ints
    stalls: EndedStalls

    @classmethod
    def of(cls, controller: str, traces: tuple[str, ...], video: VideoTable, starts_s: Floats, log: Log) -> BatchResult:
        """From what was written down."""
        stalls = _by_session(log.stalls)
        stall_count = np.bincount(stalls.session, minlength=len(traces)).astype(np.intp)
        return cls(
            controller,
            traces,
            video,
            log.rungs.T,
            log.requested_at_s.T,
            log.first_byte_at_s.T,
            log.finished_at_s.T,
            log.buffer_s.T,
            log.waited_s.T,
            log.stall_s.T,
            log.estimate_bps.T,
            log.started_at_s - starts_s,
            log.ended_at_s,
            log.stalled_s,
            stall_count,
            np.concatenate(([0], np.cumsum(stall_count))).astype(np.intp),
            stalls,
        )

    def __len__(self) -> int:
        return len(self.traces)

    def stalls_of(self, session: int) -> tuple[Stall, ...]:
        """The stalls of one session."""
        its = slice(self.stall_from[session], self.stall_from[session + 1])
        numbers = (self.stalls.at_s[its], self.stalls.media_s[its], self.stalls.duration_s[its])
        return tuple(map(Stall, *(column.tolist() for column in numbers)))

    def session(self, session: int) -> SessionResult:
        """One session, chunk by chunk; its name is the batch's (`fixed:3`), its reasons are not told."""
        return SessionResult(
            self.controller,
            self.traces[session],
            self.video.name,
            self.video.ladder,
            self.video.chunk_duration_s,
            float(self.startup_s[session]),
            float(self.ended_at_s[session]),
            tuple(self._records(session)),
            self.stalls_of(session),
        )

    def _records(self, session: int) -> list[ChunkRecord]:
        instants = (self.requested_at_s, self.first_byte_at_s, self.finished_at_s)
        spans = (self.buffer_s, self.waited_s, self.stall_s, self.estimate_bps)
        columns = [table[session].tolist() for table in (self.rungs, *instants, *spans)]
        rows = enumerate(zip(*columns, strict=True))
        sizes, rates = self.video.sizes_bytes, self.video.ladder.bitrates_bps
        return [
            ChunkRecord(
                *(k, rung, rates[rung], sizes[k][rung]),
                *(asked_s, first_byte_s, done_s),
                *(buffer_s, waited_s, stall_s),
                *(UNTOLD, None if isnan(bps) else bps),
            )
            for k, (rung, asked_s, first_byte_s, done_s, buffer_s, waited_s, stall_s, bps) in rows
        ]


def _by_session(parts: list[EndedStalls]) -> EndedStalls:
    """All stalls, session by session, each session's in the order of time."""
    none = EndedStalls(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros(0))
    parts = [none, *parts]
    session = np.concatenate([it.session for it in parts])
    order = np.argsort(session, kind="stable")
    return EndedStalls(
        session[order],
        np.concatenate([it.at_s for it in parts])[order],
        np.concatenate([it.media_s for it in parts])[order],
        np.concatenate([it.duration_s for it in parts])[order],
    )
