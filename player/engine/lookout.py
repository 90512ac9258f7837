"""What a session does with a look at its output: count what was played, forget what lies behind, give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.output.sink import SinkState

if TYPE_CHECKING:
    from player.engine.session import Session

GIVE_WAY_S = 0.02
MOST_GIVEN_S = 0.2


def account(session: Session, state: SinkState) -> None:
    """Count what was played since the last look; a jump of the playhead is none of it."""
    step_s = state.position_s - session.last_position_s
    limit_s = (session.settings.snapshot_interval_s * 4 + 1.0) * session.speed
    if 0 < step_s <= limit_s and not state.seeking:
        session.log.played_s += step_s
    if not state.seeking:
        session.last_position_s = state.position_s


def forget(session: Session, position_s: float) -> None:
    """Drop chunks behind the back buffer, and those too far ahead."""
    grid = session.opened_now.grid
    first = grid.at(max(position_s - session.settings.back_buffer_s, 0.0))
    # The feed's starting point follows what is left behind: else nothing would ever be forgotten.
    if first > session.reach.target and all(map(session.sink.has, range(session.reach.target, first))):
        session.reach.target = first
    first = min(first, session.reach.target)
    last = grid.at(max(position_s, grid.start_s(session.reach.target)) + session.settings.buffer_cap_s + 2.0) + 1
    if session.kept_window == (first, last):
        return
    session.kept_window = first, last
    session.sink.evict(first, last)
    session.shelf.keep(first, last, grid.start_s(first), session.downloader.audio_rendition)


def picture_is_due(session: Session, state: SinkState) -> bool:
    """Whether the output has what its next picture (the film's first, or the first after a seek) needs.

    Until that is shown, and for at most `MOST_GIVEN_S`, the next request waits: reading a chunk in costs the output's
    reads their turn (one interpreter serves both), and the picture came 10 to 20 ms later for it.
    """
    if state.stalled or (state.started and not state.seeking) or not session.log.chunks:
        return False
    if session.log.seeks and session.now_s() - session.log.seeks[-1]["at_s"] < MOST_GIVEN_S:
        return session.sink.has(session.reach.target)
    since_s = session.now_s() - session.log.chunks[-1].sample.finished_at_s
    return since_s < MOST_GIVEN_S and session.sink.has(session.reach.target)
