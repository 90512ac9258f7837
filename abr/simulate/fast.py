"""One session without an engine or an event loop: cumulative bits and binary search, chunk after chunk.

A request costs the latency of the trace step it is made in, then the link's bits are the transfer's. One chunk is in
flight at a time. A request waits until the buffer has room for the chunk; a controller's own wait comes on top. Play
starts with the first chunk (or `start_buffer_s`), and a chunk counts once its last byte is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr.abandonment import consider
from abr.controller import Controller
from abr.model import Decision, Observation, Progress, ThroughputSample
from abr.simulate.model import ChunkRecord, SessionResult, SessionSettings
from abr.simulate.playhead import Playhead
from abr.trace.model import Trace
from abr.video.model import VideoTable

SAMPLES_KEPT = 32
"""A controller sees the newest transfers; every one of them is seen when it is new."""


def simulate(
    controller: Controller, trace: Trace, video: VideoTable, settings: SessionSettings | None = None
) -> SessionResult:
    """Play `video` over `trace` from its start to its end."""
    session = _Session(controller, trace, video, settings or SessionSettings())
    for index in range(len(video.sizes_bytes)):
        session.fetch(index)
    return session.result()


@dataclass(slots=True)
class _Attempt:
    """One transfer, whole or given up."""

    sample: ThroughputSample
    instead: Decision | None = None


class _Session:
    def __init__(self, controller: Controller, trace: Trace, video: VideoTable, settings: SessionSettings) -> None:
        settings.check(video.chunk_duration_s)
        self._controller, self._trace, self._video, self._settings = controller, trace, video, settings
        self._head = Playhead(settings.start_at_s, settings.start_buffer_s)
        self._samples: list[ThroughputSample] = []
        self._chunks: list[ChunkRecord] = []

    def fetch(self, index: int) -> None:
        """Wait for room, decide, transfer, append."""
        head, came_at_s = self._head, self._head.now_s
        self._wait_for_room()
        decision = self._controller.decide(self._observe(index))
        # A wait never empties the buffer: nobody gains by a stall of one's own making.
        head.advance(head.now_s + (min(decision.wait_s, head.buffer_s) if head.playing else 0.0))
        waited_s, before_s, buffer_s = head.now_s - came_at_s, head.standstill_s(), head.buffer_s
        wanted = decision.rung
        first = attempt = self._transfer(index, decision)
        if first.instead is not None:
            decision = first.instead
            attempt = self._transfer(index, decision, final=True)
        stall_s = head.standstill_s() - before_s
        head.append(self._video.chunk_duration_s, last=index + 1 == len(self._video.sizes_bytes))
        given_up = wanted if first.instead is not None else None
        wasted_bytes = first.sample.size_bytes if first.instead is not None else 0
        sample = attempt.sample
        self._chunks.append(
            ChunkRecord(
                index,
                decision.rung,
                self._video.ladder[decision.rung].bitrate_bps,
                sample.size_bytes,
                sample.requested_at_s,
                sample.first_byte_at_s,
                sample.finished_at_s,
                buffer_s,
                waited_s,
                stall_s,
                decision.reason,
                decision.estimate_bps,
                wasted_bytes,
                given_up,
            )
        )

    def result(self) -> SessionResult:
        """Play out what is buffered, and sum up."""
        head, start_s = self._head, self._settings.start_at_s
        head.advance(head.now_s + head.buffer_s)
        return SessionResult(
            self._controller.name,
            self._trace.name,
            self._video.name,
            self._video.ladder,
            self._video.chunk_duration_s,
            (head.started_at_s or start_s) - start_s,
            head.now_s,
            tuple(self._chunks),
            tuple(head.stalls),
        )

    def _wait_for_room(self) -> None:
        head = self._head
        excess_s = head.buffer_s + self._video.chunk_duration_s - self._settings.buffer_cap_s
        if head.playing and excess_s > 0:
            head.advance(head.now_s + min(excess_s, head.buffer_s))

    def _observe(self, index: int) -> Observation:
        head, video = self._head, self._video
        return Observation(
            now_s=head.now_s,
            chunk_index=index,
            chunk_duration_s=video.chunk_duration_s,
            ladder=video.ladder,
            buffer_s=head.buffer_s,
            buffer_cap_s=self._settings.buffer_cap_s,
            previous_rung=self._chunks[-1].rung if self._chunks else None,
            samples=tuple(self._samples[-SAMPLES_KEPT:]),
            sizes_bytes=video.sizes_bytes[index:],
            chunks_left=len(video.sizes_bytes) - index,
            playing=head.playing,
        )

    def _transfer(self, index: int, decision: Decision, *, final: bool = False) -> _Attempt:
        head, sizes = self._head, self._video.sizes_bytes[index]
        requested_s, size_bytes = head.now_s, sizes[decision.rung]
        first_byte_s = requested_s + self._trace.latency_at(requested_s)
        done_s = self._trace.when_done(first_byte_s, 8.0 * size_bytes)
        attempt = _Attempt(ThroughputSample(size_bytes, requested_s, first_byte_s, done_s))
        if self._settings.abandonment and not final and decision.rung > 0:
            attempt = self._given_up(attempt, index, decision) or attempt
        head.advance(attempt.sample.finished_at_s)
        self._samples.append(attempt.sample)
        return attempt

    def _given_up(self, whole: _Attempt, index: int, decision: Decision) -> _Attempt | None:
        """Ask the abandonment rule at every check; the cut-off attempt, or None when it goes through."""
        sample, checks = whole.sample, 0
        while True:
            checks += 1
            now_s = sample.first_byte_at_s + checks * self._settings.abandonment_check_s
            if now_s >= sample.finished_at_s:
                return None
            received = int(self._trace.bits_between(sample.first_byte_at_s, now_s) / 8.0)
            instead = consider(self._progress(sample, index, decision, now_s, received))
            if instead is not None:
                cut = ThroughputSample(received, sample.requested_at_s, sample.first_byte_at_s, now_s)
                return _Attempt(cut, instead)

    def _progress(
        self, sample: ThroughputSample, index: int, decision: Decision, now_s: float, received: int
    ) -> Progress:
        head, video = self._head, self._video
        left_s = head.buffer_s - (now_s - head.now_s) if head.playing else 0.0
        return Progress(
            now_s=now_s,
            rung=decision.rung,
            received_bytes=received,
            total_bytes=sample.size_bytes,
            requested_at_s=sample.requested_at_s,
            first_byte_at_s=sample.first_byte_at_s,
            buffer_s=max(0.0, left_s),
            chunk_duration_s=video.chunk_duration_s,
            ladder=video.ladder,
            sizes_bytes=video.sizes_bytes[index],
            playing=head.playing and left_s > 0.0,
        )
