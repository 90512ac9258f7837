"""What a controller is shown before each choice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from abr.model import Observation
from player.engine.corners import first_guess_bps, lower_cap

if TYPE_CHECKING:
    from player.engine.session import Session


def observe(session: Session, index: int) -> Observation:
    """The session as `abr` sees it, before chunk `index` is chosen."""
    opened = session.opened_now
    state = session.sink.state()
    # By position, in the order of the class: a record made by names costs twice as much.
    return Observation(
        asyncio.get_running_loop().time(),
        index,
        opened.grid.length_s(index),
        opened.ladder,
        session.buffer_s(state),
        session.settings.buffer_cap_s,
        session.log.chunks[-1].rung if session.log.chunks else None,
        session.samples,
        opened.coming(index, session.settings.horizon_chunks),
        opened.chunks_left_from - index,
        state.started and not state.stalled and not state.paused,
        lower_cap(session.rung_cap, session.hints.rung_cap()),
        session.speed,
        initial_estimate_bps=None if session.samples else first_guess_bps(session),
    )
