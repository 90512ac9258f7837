"""Better pictures in the buffer: a chunk that was fetched low in bad times is fetched again while there is room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from abr import replacement
from abr.model import Decision
from player.engine import ledger
from player.engine.download import Arrived
from player.engine.observing import observe
from player.engine.watch import Situation
from player.output.sink import MediaError

if TYPE_CHECKING:
    from player.engine.session import Session

EPSILON_S = 1e-9


async def improve(session: Session, index: int, decision: Decision) -> bool:
    """Instead of chunk `index`, a waiting one again at the rung just decided; False: there is none that is worth it."""
    chosen = _worst(session, index, decision)
    if chosen is None:
        return False
    situation = Situation(lambda: (0.0, False), chosen.sizes_bytes, session.opened_now.ladder, None, None)
    buffer_s = session.buffer_s()
    arrived = await session.carry(chosen.index, decision, situation)
    if arrived is not None:
        _take(session, arrived, buffer_s)
    return True


def _worst(session: Session, index: int, decision: Decision) -> replacement.Buffered | None:
    chunk_s = session.opened_now.grid.length_s(index)
    enough_s = replacement.enough_buffer_s(session.settings.buffer_cap_s, chunk_s)
    if session.fixed_rung is not None or session.buffer_s() < enough_s:
        return None
    return replacement.choose(observe(session, index), decision.rung, decision.estimate_bps, _waiting(session, index))


def _waiting(session: Session, index: int) -> tuple[replacement.Buffered, ...]:
    """Chunks of which nothing has been played, in the order of playing; those that must stay play at once."""
    grid, rows, shelf = session.opened_now.grid, session.opened_now.sizes.rows, session.shelf
    position_s = session.sink.state().position_s
    from_s = position_s + session.settings.committed_s * session.speed - EPSILON_S

    def plays_in_s(k: int) -> float:
        may = grid.start_s(k) >= from_s and k not in shelf.final
        return (grid.start_s(k) - position_s) / session.speed if may else 0.0

    return tuple(
        replacement.Buffered(k, shelf.chunks[k].rung, plays_in_s(k), rows[k])
        for k in range(grid.at(position_s), index)
        if k in shelf.chunks and grid.start_s(k) >= position_s - EPSILON_S
    )


def _take(session: Session, arrived: Arrived, buffer_s: float) -> None:
    """Put it in the old one's place; bytes that come too late, or are damaged, are waste."""
    index = arrived.media.index
    ledger.learn(session, arrived)
    try:
        in_time = session.sink.replace(arrived.intact)
    except MediaError:
        session.wire.steering.failed(arrived.edge, asyncio.get_running_loop().time())
        in_time = False
    place = next((k for k in range(len(session.log.chunks) - 1, -1, -1) if session.log.chunks[k].index == index), None)
    if not in_time or place is None:
        session.log.bytes_wasted += arrived.size_bytes
        session.shelf.final.add(index)  # else it would be fetched again and again
        return
    old = session.log.chunks[place]
    session.shelf.put(arrived.media)
    session.log.bytes_wasted += old.size_bytes
    record = ledger.record_of(session, arrived, buffer_s, 0)
    session.log.chunks[place] = replace(
        record, wasted_bytes=old.wasted_bytes + old.size_bytes + arrived.wasted_bytes, replaced_rung=old.rung
    )
