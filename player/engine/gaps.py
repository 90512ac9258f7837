"""Chunks that are not there (EXT-X-GAP): another rung where there is one, else passed over (RFC 8216bis 4.4.4.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from abr.model import Decision, Reason, ReasonCode
from player.engine import lookout
from player.engine.snapshot import Problem
from player.output.sink import ChunkMedia, SinkState

if TYPE_CHECKING:
    from player.engine.session import Session

NEAR_S = 0.05


def playable(session: Session, index: int, decision: Decision) -> Decision | None:
    """The decision, at the nearest rung that has the chunk; None when no rung has, and the output was told so."""
    rungs = session.downloader.rungs_with(index)
    if rungs is None or decision.rung in rungs:
        return decision
    if rungs:
        rung = min(rungs, key=lambda r: (abs(r - decision.rung), r))
        return replace(decision, rung=rung, reason=Reason(ReasonCode.HOLD, "the chosen rung has a gap here"))
    grid = session.opened_now.grid
    gap = ChunkMedia(index, grid.start_s(index), grid.ends_s[index], decision.rung, b"", b"", gap=True)
    session.shelf.put(gap)
    session.sink.append(gap)
    problem = Problem("gap", f"{gap.start_s:.0f}-{gap.end_s:.0f} s of the title are missing.", "They are skipped.")
    session.record(problem, "", index)
    return None


def leap(session: Session, state: SinkState) -> None:
    """When the playhead has come to a gap, go on after it; at the title's end there is nothing to go on with."""
    grid = session.opened_now.grid
    index = grid.at(state.position_s + NEAR_S)
    if state.paused or state.seeking or not _is_gap(session, index):
        return
    while index < len(grid) and _is_gap(session, index):
        index += 1
    if index < len(grid) and grid.start_s(index) > state.position_s:
        lookout.jump(session, grid.start_s(index))


def _is_gap(session: Session, index: int) -> bool:
    chunk = session.shelf.chunks.get(index)
    return chunk is not None and chunk.gap
