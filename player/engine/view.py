"""A session as others see it: its state put into one snapshot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from player.engine.opening import goes_on
from player.engine.snapshot import RungChoice, Snapshot, Status, TrackChoice
from player.output.sink import SinkState
from player.presentation.model import Track
from player.schedule.window import contiguous_end_s

if TYPE_CHECKING:
    from player.engine.session import Session


def status_of(session: Session, state: SinkState) -> Status:
    """The session's state in one word."""
    if session.status_over is not None:
        return session.status_over
    if state.ended:
        return Status.ENDED
    if state.seeking:
        return Status.SEEKING
    if not state.started:
        return Status.OPENING
    if state.paused:
        return Status.PAUSED
    return Status.STALLED if state.stalled else Status.PLAYING


def snapshot(session: Session) -> Snapshot:
    """What a window shows now."""
    opened = session.opened
    if opened is None:
        status = session.status_over or Status.OPENING
        return Snapshot(status=status, problem=session.problem, controller=session.controller.name)
    state = session.sink.state()
    stalls = session.log.stalls or session.stalls()
    end_s = contiguous_end_s(opened.grid, state.position_s, session.sink.has)
    shown = session.shelf.chunks.get(opened.grid.at(state.position_s))
    decision = session.decision
    seekable_s = session.viewer.seekable_s(opened)
    return Snapshot(
        status=status_of(session, state),
        position_s=state.position_s,
        duration_s=opened.grid.duration_s,
        buffered_from_s=state.position_s,
        buffered_to_s=end_s,
        buffer_s=end_s - state.position_s,
        buffer_target_s=session.settings.buffer_cap_s,
        speed=session.speed,
        audio_delay_s=session.audio_delay_s,
        shown_rung=shown.rung if shown else None,
        fetching_rung=decision.rung if decision and session.fetching is not None else None,
        rungs=tuple(
            RungChoice(i, rung.width, rung.height, rung.bitrate_bps) for i, rung in enumerate(opened.ladder.rungs)
        ),
        fixed_rung=session.fixed_rung,
        rung_cap=session.rung_cap,
        controller=session.controller.name,
        decision_code=str(decision.reason.code) if decision else "",
        decision_text=decision.reason.text if decision else "",
        estimate_bps=decision.estimate_bps if decision else None,
        band_bps=decision.band_bps if decision else None,
        throughput_bps=session.samples[-1].goodput_bps if session.samples else None,
        edge=session.edge.authority if session.edge else "",
        pathway=session.edge.pathway_id if session.edge else "",
        stall_count=len(stalls),
        stall_s=math.fsum(stall.duration_s for stall in stalls),
        bytes_fetched=session.wire.bytes_fetched,
        bytes_wasted=session.log.bytes_wasted,
        audio=_choices(opened.presentation.audio, session.audio_id),
        subtitles=_choices(opened.presentation.subtitles, session.subtitles_id),
        problem=session.problem,
        output=dict(state.details),
        live=goes_on(opened.presentation),
        seekable_from_s=seekable_s[0],
        seekable_to_s=seekable_s[1],
    )


def _choices(tracks: tuple[Track, ...], selected: str | None) -> tuple[TrackChoice, ...]:
    return tuple(TrackChoice(t.id, t.language, t.name, t.id == selected) for t in tracks)
