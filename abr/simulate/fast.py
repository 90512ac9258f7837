"""One session without an engine or an event loop: cumulative bits and binary search, chunk after chunk.

A request costs the latency of the trace step it is made in (or `round_trip_s`), then the link's bits are the
transfer's. One chunk is in flight at a time. A request waits until the buffer has room for the chunk; a controller's
own wait comes on top. Play starts with the first chunk (or `start_buffer_s`), and a chunk counts once its last byte is
there.
"""

from __future__ import annotations

from abr import abandonment, replacement
from abr.controller import Controller
from abr.model import Decision, Observation, ThroughputSample
from abr.simulate.flight import CheckedFlight, Flight
from abr.simulate.model import ChunkRecord, SessionResult, SessionSettings
from abr.simulate.playhead import Playhead
from abr.trace.model import Trace
from abr.video.model import VideoTable

SAMPLES_KEPT = 32
"""A controller sees the newest transfers; every one of them is seen when it is new."""

ENDLESS_S = float("inf")


def simulate(
    controller: Controller, trace: Trace, video: VideoTable, settings: SessionSettings | None = None
) -> SessionResult:
    """Play `video` over `trace` from its start to its end. ValueError: the settings could never play."""
    session = Session(controller, trace, video, settings or SessionSettings())
    while session.step():
        pass
    return session.result()


class Session:
    """A session that is taken chunk by chunk."""

    def __init__(self, controller: Controller, trace: Trace, video: VideoTable, settings: SessionSettings) -> None:
        settings.check(video.chunk_duration_s)
        self._controller, self._trace, self._video, self._settings = controller, trace, video, settings
        self._chunk_s = video.chunk_duration_s
        self._count = len(video.sizes_bytes)
        self._head = Playhead(settings.start_at_s, settings.start_buffer_s)
        self._samples: tuple[ThroughputSample, ...] = ()
        self._chunks: list[ChunkRecord] = []
        self._next = 0
        self._previous: int | None = None
        self._coming_s = self._chunk_s
        """Play time of the chunk to come: less than a chunk's after a seek into its middle."""
        self._seeks = list(settings.seeks)
        self._interrupt_s = self._seeks[0].at_s if self._seeks else ENDLESS_S
        self._wasted_bytes = 0
        self._fly: Flight = (
            CheckedFlight(trace, video, settings, abandonment.rule_of(controller), abandonment.bound_of(controller))
            if settings.abandonment
            else Flight(trace, video, settings)
        )

    def step(self) -> bool:
        """Wait for room, decide, transfer, append. False once the film has been played."""
        head = self._head
        if self._next >= self._count:
            return self._play_out()
        excess_s = head.buffer_s + self._chunk_s - self._settings.buffer_cap_s
        came_at_s = head.now_s
        if excess_s > 0.0 and head.playing and not self._pass(head.now_s + min(excess_s, head.buffer_s)):
            return True
        index = self._next
        seen = self._observe(index)
        decision = self._controller.decide(seen)
        if self._settings.replacement and self._replace(seen, decision):
            return True
        # A wait never empties the buffer: nobody gains by a stall of one's own making.
        wait_s = min(decision.wait_s, head.buffer_s) if head.playing else 0.0
        if wait_s > 0.0 and not self._pass(head.now_s + wait_s):
            return True
        self._bring(index, decision, head.now_s - came_at_s)
        return True

    def result(self) -> SessionResult:
        """What came of it, once `step` has answered False."""
        head, start_s = self._head, self._settings.start_at_s
        return SessionResult(
            self._controller.name,
            self._trace.name,
            self._video.name,
            self._video.ladder,
            self._chunk_s,
            (head.started_at_s if head.started_at_s is not None else start_s) - start_s,
            head.now_s,
            tuple(self._chunks),
            tuple(head.stalls),
            self._wasted_bytes,
            head.seek_s,
        )

    def _play_out(self) -> bool:
        """Nothing more to fetch: to the last frame, or to the next seek."""
        return not self._pass(self._head.now_s + self._head.buffer_s)

    def _pass(self, until_s: float) -> bool:
        """Let time pass; False when a seek came in between."""
        if until_s <= self._interrupt_s:
            self._head.advance(until_s)
            return True
        self._seek()
        return False

    def _observe(self, index: int) -> Observation:
        head, video = self._head, self._video
        ahead = slice(index, index + self._settings.horizon_chunks)
        # By position: a record made by names costs twice as much.
        return Observation(
            head.now_s,
            index,
            self._chunk_s,
            video.ladder,
            head.buffer_s,
            self._settings.buffer_cap_s,
            self._previous,
            self._samples,
            video.sizes_bytes[ahead],
            self._count - index,
            head.playing,
            None,
            1.0,
            video.qualities[ahead],
        )

    def _bring(self, index: int, decision: Decision, waited_s: float) -> None:
        """One chunk's transfer, given up and taken again where the rule says so, and into the buffer."""
        head = self._head
        before_s, buffer_s = head.standstill_s(), head.buffer_s
        wanted, wasted_bytes, given_up = decision.rung, 0, None
        sample, instead = self._fly.attempt(index, decision, head)
        if instead is not None:
            if not self._land(sample):
                return
            wasted_bytes, given_up, decision = sample.size_bytes, wanted, instead
            self._wasted_bytes += wasted_bytes
            sample, _ = self._fly.attempt(index, decision, head, final=True)
        if not self._land(sample):
            return
        stall_s = head.standstill_s() - before_s
        self._next = index + 1
        head.append(self._coming_s, last=self._next == self._count)
        self._coming_s = self._chunk_s
        self._previous = decision.rung
        self._chunks.append(
            ChunkRecord(
                index,
                decision.rung,
                self._video.ladder.bitrates_bps[decision.rung],
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
                None,
                decision.band_bps,
            )
        )

    def _land(self, sample: ThroughputSample) -> bool:
        """Let the transfer's time pass; False when a seek cut it off, which leaves its bytes as waste."""
        landed = True
        while landed and sample.finished_at_s > self._interrupt_s:
            at_s = self._interrupt_s
            landed = self._seek()
            sample = sample if landed else self._cut(sample, at_s)
        self._samples = (*self._samples[1 - SAMPLES_KEPT :], sample)
        self._head.advance(sample.finished_at_s)
        return landed

    def _cut(self, sample: ThroughputSample, at_s: float) -> ThroughputSample:
        """What came of a transfer until `at_s`."""
        first_byte_at_s = min(sample.first_byte_at_s, at_s)
        received = int(self._trace.bits_between(first_byte_at_s, at_s) / 8.0)
        self._wasted_bytes += received
        return ThroughputSample(received, sample.requested_at_s, first_byte_at_s, at_s)

    def _seek(self) -> bool:
        """The next seek of the list: True within the buffer; elsewhere what is buffered is thrown away."""
        head, seek = self._head, self._seeks.pop(0)
        head.advance(seek.at_s)
        self._interrupt_s = self._seeks[0].at_s if self._seeks else ENDLESS_S
        to_s = min(max(0.0, seek.to_s), self._video.duration_s - 1e-3)
        if head.media_s <= to_s < head.media_s + head.buffer_s:
            head.skip(to_s - head.media_s)
            return True
        for _ in range(self._waiting()):
            self._wasted_bytes += self._chunks.pop().size_bytes
        head.seek(to_s)
        self._next = int(to_s / self._chunk_s)
        self._coming_s = (self._next + 1) * self._chunk_s - to_s
        return False

    def _waiting(self) -> int:
        """Chunks in the buffer of which nothing has been played yet."""
        # Rounding of a long sum must not make a whole chunk out of, or into, a begun one.
        return min(int(self._head.buffer_s / self._chunk_s + 1e-9), len(self._chunks))

    def _replace(self, seen: Observation, decision: Decision) -> bool:
        """Fetch a waiting chunk again where the rule says so; False: there is none."""
        head, waiting = self._head, self._waiting()
        records = self._chunks[len(self._chunks) - waiting :]
        buffered = tuple(
            replacement.Buffered(
                it.index, it.rung, it.index * self._chunk_s - head.media_s, self._video.sizes_bytes[it.index]
            )
            for it in records
        )
        chosen = replacement.choose(seen, decision.rung, decision.estimate_bps, buffered)
        if chosen is None:
            return False
        buffer_s = head.buffer_s
        sample, _ = self._fly.attempt(chosen.index, decision, head, final=True)
        if not self._land(sample):
            return True
        if head.media_s > chosen.index * self._chunk_s or not head.playing:
            self._wasted_bytes += sample.size_bytes  # too late: the old one is already on the screen
            return True
        at = len(self._chunks) - waiting + records.index(next(it for it in records if it.index == chosen.index))
        old = self._chunks[at]
        self._wasted_bytes += old.size_bytes
        self._chunks[at] = ChunkRecord(
            old.index,
            decision.rung,
            self._video.ladder.bitrates_bps[decision.rung],
            sample.size_bytes,
            sample.requested_at_s,
            sample.first_byte_at_s,
            sample.finished_at_s,
            buffer_s,
            0.0,
            old.stall_s,
            decision.reason,
            decision.estimate_bps,
            old.wasted_bytes + old.size_bytes,
            old.abandoned_rung,
            old.rung,
            decision.band_bps,
        )
        self._previous = self._chunks[-1].rung
        return True
