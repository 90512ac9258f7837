"""What a session does with a look at its output: count what was played, forget what lies behind, give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.output.sink import SinkState

if TYPE_CHECKING:
    from player.engine.session import Session

GIVE_WAY_S = 0.02
MOST_GIVEN_S = 0.2
SHORTEST_WAIT_S = 0.05


def account(session: Session, state: SinkState) -> None:
    """Count what was played since the last look; a jump of the playhead is none of it."""
    step_s = state.position_s - session.last_position_s
    limit_s = (session.settings.snapshot_interval_s * 4 + 1.0) * session.speed
    if 0 < step_s <= limit_s and not state.seeking:
        session.log.played_s += step_s
    if not state.seeking:
        session.last_position_s = state.position_s


def ahead_s(session: Session, state: SinkState) -> float:
    """Media ahead of the playhead without a gap."""
    grid, position_s = session.opened_now.grid, state.position_s
    missing = session.reach.first_missing(grid.at(position_s), grid, session.sink.has)
    return max(grid.duration_s if missing is None else grid.start_s(missing), position_s) - position_s


def forget(session: Session, position_s: float) -> None:
    """Drop chunks behind the back buffer, those too far ahead, and behind the playhead what memory has no room for."""
    grid, settings, reach = session.opened_now.grid, session.settings, session.reach
    first = grid.at(max(position_s - settings.back_buffer_s, 0.0))
    if held_bytes(session) > spare_bytes(session):
        first = max(first, _affordable(session, grid.at(position_s)))
    # The feed's starting point follows what is left behind: else nothing would ever be forgotten.
    if first > reach.target and all(map(session.sink.has, range(reach.target, first))):
        reach.target = first
    first = min(first, reach.target)
    ahead_s = max(position_s, grid.start_s(reach.target)) + settings.buffer_cap_s
    # After a step back, what was buffered ahead is still worth its place.
    last = max(grid.at(ahead_s + 2.0) + 1, grid.at(ahead_s + settings.back_buffer_s))
    if session.kept_window == (first, last):
        return
    session.kept_window = first, last
    session.sink.evict(first, last)
    session.shelf.keep(first, last, grid.start_s(first), session.downloader.audio_rendition)


def jump(session: Session, to_s: float) -> None:
    """Move the playhead for a reason that is the title's, not the viewer's."""
    session.last_position_s = to_s
    session.sink.seek(to_s)
    session.aim(session.opened_now.grid.at(to_s))


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


def held_bytes(session: Session) -> int:
    """Media in memory: as it was fetched, and as the output keeps it."""
    return session.shelf.held_bytes + session.sink.held_bytes()


def spare_bytes(session: Session) -> int:
    """What may be held so that one more chunk, however large, stays within the cap (an output may keep it twice)."""
    return session.settings.memory_cap_bytes - 2 * session.opened_now.sizes.largest_bytes


def crowded_s(session: Session, index: int, state: SinkState) -> float:
    """How long until memory has room for chunk `index`; 0 when it has now, or the playhead is about to need it."""
    if held_bytes(session) <= spare_bytes(session):
        return 0.0
    forget(session, state.position_s)
    grid = session.opened_now.grid
    playing = grid.at(state.position_s)
    if held_bytes(session) <= spare_bytes(session) or index <= playing + 1:
        return 0.0
    return max(grid.ends_s[playing] - state.position_s, SHORTEST_WAIT_S) / session.speed


def _affordable(session: Session, playing: int) -> int:
    """The first chunk that may stay so that memory has room again; the playhead's own always stays."""
    excess = held_bytes(session) - spare_bytes(session)
    held, shelved = session.shelf.held_bytes, session.shelf.chunks
    doubled = 1.0 + session.sink.held_bytes() / max(held, 1)
    for index in sorted(index for index in shelved if index < playing):
        if excess <= 0:
            return index
        excess -= int(len(shelved[index].video) * doubled)
    return playing
