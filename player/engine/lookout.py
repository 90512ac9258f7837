"""What a session does with every look at its output: count what was played, and forget what lies behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.output.sink import SinkState

if TYPE_CHECKING:
    from player.engine.session import Session

SHORTEST_WAIT_S = 0.05


def account(session: Session, state: SinkState) -> None:
    """Count what was played since the last look; a jump of the playhead is none of it."""
    step_s = state.position_s - session.last_position_s
    limit_s = (session.settings.snapshot_interval_s * 4 + 1.0) * session.speed
    if 0 < step_s <= limit_s and not state.seeking:
        session.log.played_s += step_s
    if not state.seeking:
        session.last_position_s = state.position_s


def forget(session: Session, position_s: float) -> None:
    """Drop chunks behind the back buffer, those too far ahead, and behind the playhead what memory has no room for."""
    grid, settings = session.opened_now.grid, session.settings
    first = grid.at(max(position_s - settings.back_buffer_s, 0.0))
    if held_bytes(session) > spare_bytes(session):
        first = max(first, _affordable(session, grid.at(position_s)))
    # The feed's starting point follows what is left behind: else nothing would ever be forgotten.
    if first > session.reach.target and all(map(session.sink.has, range(session.reach.target, first))):
        session.reach.target = first
    first = min(first, session.reach.target)
    ahead_s = max(position_s, grid.start_s(session.reach.target)) + settings.buffer_cap_s
    # After a step back, what was buffered ahead is still worth its place.
    last = max(grid.at(ahead_s + 2.0) + 1, grid.at(ahead_s + settings.back_buffer_s))
    if session.kept_window == (first, last):
        return
    session.kept_window = first, last
    session.sink.evict(first, last)
    session.shelf.keep(first, last, grid.start_s(first), session.downloader.audio_rendition)


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
