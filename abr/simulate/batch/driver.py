"""Many sessions at once: all of them take a chunk, then all take the next.

The same sessions as `abr.simulate.fast`, to the last bit: the operations of `Trace`, `Playhead` and the rules in their
order, on arrays with one entry a session. What one session costs in the interpreter, thousands share here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abr.simulate.batch.arrays import Floats, Ints
from abr.simulate.batch.playheads import Playheads
from abr.simulate.batch.result import BatchResult, Log
from abr.simulate.batch.rules import rule_maker
from abr.simulate.batch.seen import BatchRule, Film, Seen, Transfers
from abr.simulate.batch.tables import Links, TraceTables
from abr.simulate.model import SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

BLOCK_SESSIONS = 16_384
"""Fewer leave the interpreter too large a part, more gain nothing; measured from 512 to 32,768."""


def simulate_batch(
    controller_name: str,
    traces: Sequence[Trace],
    video: VideoTable,
    settings: SessionSettings | None = None,
    start_at_s: Sequence[float] | Floats | None = None,
) -> BatchResult:
    """Play `video` over every trace, one session each; a trace may be there many times.

    `start_at_s` gives each session an instant of its own to start at, in seconds; without it all start at the
    settings'. ValueError: the name has no batched rule, or the settings ask for what only `abr.simulate.simulate` does.
    """
    settings = settings or SessionSettings()
    make = rule_maker(controller_name)
    _check(settings, video)
    starts_s = _starts(settings, start_at_s, len(traces))
    tables, trace_of = _tables(traces)
    film = Film(video.ladder, video.chunk_duration_s, settings.buffer_cap_s)
    log = Log(len(traces), len(video.sizes_bytes))
    for first in range(0, len(traces), BLOCK_SESSIONS):
        block = slice(first, min(first + BLOCK_SESSIONS, len(traces)))
        links = Links(tables, trace_of[block], settings.round_trip_s)
        rule = make(film, block.stop - block.start)
        _Block(rule, links, video, settings, starts_s[block]).play(log, block)
    names = tuple(trace.name for trace in traces)
    return BatchResult.of(controller_name, names, video, starts_s, log)


class _Block:
    """A row of sessions, taken chunk by chunk."""

    def __init__(
        self, rule: BatchRule, links: Links, video: VideoTable, settings: SessionSettings, starts_s: Floats
    ) -> None:
        self._rule, self._links, self._video, self._settings = rule, links, video, settings
        self._heads = Playheads(starts_s, settings.start_buffer_s)
        self._previous: Ints | None = None
        self._newest: Transfers | None = None

    def play(self, log: Log, block: slice) -> None:
        """From the first request to the last frame; `log` keeps it in the columns of `block`."""
        heads = self._heads
        # Zero rates divide by zero in branches that are not taken.
        with np.errstate(divide="ignore", invalid="ignore"):
            for index, sizes in enumerate(self._video.sizes_bytes):
                self._chunk(index, sizes, log, block)
            heads.advance(heads.now_s + heads.buffer_s)
        log.close(block, heads)

    def _chunk(self, index: int, sizes: tuple[int, ...], log: Log, block: slice) -> None:
        """Wait for room, decide, transfer, append."""
        heads = self._heads
        came_at_s = heads.now_s.copy()
        self._wait_for_room()
        seen = Seen(index, heads.now_s, heads.buffer_s, heads.playing, sizes, self._previous, self._newest)
        choice = self._rule.decide(seen)
        if choice.wait_s is not None:
            # A wait never empties the buffer: nobody gains by a stall of one's own making.
            heads.advance(heads.now_s + np.where(heads.playing, np.minimum(choice.wait_s, heads.buffer_s), 0.0))
        requested_s, before_s = heads.now_s.copy(), heads.standstill_s()
        log.buffer_s[index, block] = heads.buffer_s
        size_bytes = np.array(sizes, np.float64).take(choice.rungs)
        first_byte_s, done_s = self._links.transfer(requested_s, 8.0 * size_bytes)
        heads.advance(done_s)
        log.note_spans(index, block, requested_s - came_at_s, heads.standstill_s() - before_s)
        heads.append(self._video.chunk_duration_s, last=index + 1 == len(self._video.sizes_bytes))
        self._previous, self._newest = choice.rungs, Transfers(size_bytes, requested_s, first_byte_s, done_s)
        log.note(index, block, choice, self._newest)

    def _wait_for_room(self) -> None:
        heads, settings = self._heads, self._settings
        excess_s = heads.buffer_s + self._video.chunk_duration_s
        excess_s -= settings.buffer_cap_s
        np.minimum(excess_s, heads.buffer_s, out=excess_s)
        waits = excess_s > 0.0
        waits &= heads.playing
        if waits.any():
            np.maximum(excess_s, 0.0, out=excess_s)
            excess_s *= waits
            excess_s += heads.now_s
            heads.advance(excess_s)


def _tables(traces: Sequence[Trace]) -> tuple[TraceTables, Ints]:
    """The tables of the traces, each once, and which of them each session plays over."""
    if not traces:
        raise ValueError("a batch needs at least one trace; give it some")
    place: dict[int, int] = {}
    for trace in traces:
        place.setdefault(id(trace), len(place))
    different = {id(trace): trace for trace in traces}
    return TraceTables(tuple(different.values())), np.array([place[id(trace)] for trace in traces], np.intp)


def _starts(settings: SessionSettings, start_at_s: Sequence[float] | Floats | None, count: int) -> Floats:
    starts_s: Floats = np.full(count, settings.start_at_s) if start_at_s is None else np.array(start_at_s, np.float64)
    if starts_s.shape != (count,):
        raise ValueError(f"a start for each of {count} sessions is needed, not {starts_s.shape}")
    for it in starts_s[~(np.isfinite(starts_s) & (starts_s >= 0.0))][:1]:
        raise ValueError(f"a trace starts at 0 s; there is no {it:g} s to start at")
    return starts_s


def _check(settings: SessionSettings, video: VideoTable) -> None:
    settings.check(video.chunk_duration_s)
    asked = (("abandonment", settings.abandonment), ("replacement", settings.replacement), ("seeks", settings.seeks))
    for what, wanted in asked:
        if wanted:
            raise ValueError(
                f"a batch plays without {what}; simulate these sessions one by one (abr.simulate.simulate)"
            )
