"""What a session writes down of a chunk: that it came, from where and how, or that it was damaged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from player.engine.corners import since
from player.engine.download import Arrived
from player.engine.snapshot import Problem
from player.output.sink import MediaError
from player.telemetry.record import ChunkRecord, EdgeSwitch

if TYPE_CHECKING:
    from player.engine.session import Session


def remember(session: Session, arrived: Arrived, buffer_s: float, attempt: int) -> None:
    """A chunk is with the output."""
    session.shelf.put(arrived.media)
    learn(session, arrived)
    session.log.add_chunk(record_of(session, arrived, buffer_s, attempt))
    session.look()


def learn(session: Session, arrived: Arrived) -> None:
    """What its transfers tell of the network and of the edge."""
    # A transfer that was given up tells most about the network: it is why the next choice is a lower one.
    session.samples = (*session.samples, *arrived.given_up, arrived.sample)[-session.settings.samples_kept :]
    session.decision = arrived.decision
    if session.edge is not None and arrived.edge != session.edge:
        why = session.problem.message if session.problem else "steering prefers it"
        old, new = session.edge.pathway_id, arrived.edge.pathway_id
        session.log.edge_switches.append(EdgeSwitch(session.now_s(), arrived.media.index, old, new, why))
    session.edge, session.problem = arrived.edge, None
    session.log.edges[arrived.edge.pathway_id] = arrived.edge.authority
    session.log.bytes_wasted += arrived.wasted_bytes


def record_of(session: Session, arrived: Arrived, buffer_s: float, attempt: int) -> ChunkRecord:
    """The chunk's line in the report."""
    media = arrived.media
    return ChunkRecord(
        media.index, media.rung, session.opened_now.ladder[media.rung].bitrate_bps, arrived.size_bytes,
        media.end_s - media.start_s, arrived.edge.pathway_id, buffer_s, arrived.decision,
        since(arrived.sample, session.began_s), arrived.attempts + attempt, arrived.wasted_bytes,
    )  # fmt: skip


def damaged(session: Session, arrived: Arrived, index: int, error: MediaError) -> None:
    """Its bytes are not what they claim to be: nothing of them is kept, and the edge is to blame."""
    problem = Problem("corrupt-segment", f"Chunk {index} is damaged: {error}", "Fetching it from another edge.")
    session.wire.steering.failed(arrived.edge, asyncio.get_running_loop().time())
    session.log.bytes_wasted += arrived.size_bytes
    session.shelf.spoilt(session.downloader.audio_keys(index))
    session.problem = problem
    session.record(problem, arrived.edge.pathway_id, index)
