"""What a controller is shown before each choice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from abr.model import Observation

if TYPE_CHECKING:
    from player.engine.session import Session


def observe(session: Session, index: int) -> Observation:
    """The session as `abr` sees it, before chunk `index` is chosen."""
    opened = session.opened_now
    state = session.sink.state()
    return Observation(
        now_s=asyncio.get_running_loop().time(),
        chunk_index=index,
        chunk_duration_s=opened.grid.length_s(index),
        ladder=opened.ladder,
        buffer_s=session.buffer_s(state),
        buffer_cap_s=session.settings.buffer_cap_s,
        previous_rung=session.log.chunks[-1].rung if session.log.chunks else None,
        samples=session.samples,
        sizes_bytes=opened.coming(index, session.settings.horizon_chunks),
        chunks_left=opened.chunks_left_from - index,
        playing=state.started and not state.stalled and not state.paused,
        rung_cap=session.rung_cap,
        speed=session.speed,
    )
