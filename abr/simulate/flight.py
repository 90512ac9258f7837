"""One transfer over the trace: whole, or watched and given up."""

from __future__ import annotations

from abr import abandonment
from abr.model import Decision, Progress, ThroughputSample
from abr.simulate.model import SessionSettings
from abr.simulate.playhead import Playhead
from abr.trace.model import Trace
from abr.video.model import VideoTable

EMPTY_S = 1e-9
"""A buffer this short is empty, as it is for an output: a look at the very moment must not hang on rounding."""

Attempt = tuple[ThroughputSample, Decision | None]
"""The transfer, and what to fetch instead when it was given up."""


class Flight:
    """Transfers that nobody watches."""

    def __init__(self, trace: Trace, video: VideoTable, settings: SessionSettings) -> None:
        self._trace, self._video = trace, video
        self._round_trip_s = settings.round_trip_s

    def attempt(self, index: int, decision: Decision, head: Playhead, *, final: bool = False) -> Attempt:
        """The transfer of chunk `index`, asked for now."""
        return self._whole(head.now_s, self._video.sizes_bytes[index][decision.rung]), None

    def _whole(self, requested_s: float, size_bytes: int) -> ThroughputSample:
        bits = 8.0 * size_bytes
        if self._round_trip_s is None:
            first_byte_s, done_s = self._trace.transfer(requested_s, bits)
        else:
            first_byte_s = requested_s + self._round_trip_s
            done_s = self._trace.when_done(first_byte_s, bits)
        return ThroughputSample(size_bytes, requested_s, first_byte_s, done_s)


class CheckedFlight(Flight):
    """Transfers at which an abandonment rule looks every `abandonment_check_s` from the first byte on."""

    def __init__(
        self,
        trace: Trace,
        video: VideoTable,
        settings: SessionSettings,
        rule: abandonment.Rule,
        bound: abandonment.Bound | None = None,
    ) -> None:
        super().__init__(trace, video, settings)
        self._rule, self._bound = rule, bound
        self._check_s = settings.abandonment_check_s

    def attempt(self, index: int, decision: Decision, head: Playhead, *, final: bool = False) -> Attempt:
        """The transfer; cut off, with what to fetch instead, once the rule says so."""
        sizes = self._video.sizes_bytes[index]
        sample = self._whole(head.now_s, sizes[decision.rung])
        if final or decision.rung == 0 or self._is_safe(decision.rung, sample, head):
            return sample, None
        checks = 0
        while True:
            checks += 1
            now_s = sample.first_byte_at_s + checks * self._check_s
            if now_s >= sample.finished_at_s:
                return sample, None
            received = int(self._trace.bits_between(sample.first_byte_at_s, now_s) / 8.0)
            instead = self._rule(self._progress(sample, decision, sizes, now_s, received, head))
            if instead is not None:
                return ThroughputSample(received, sample.requested_at_s, sample.first_byte_at_s, now_s), instead

    def _is_safe(self, rung: int, sample: ThroughputSample, head: Playhead) -> bool:
        """The rule cannot act on this transfer, whenever it looks; most transfers are found safe here."""
        span_s = sample.finished_at_s - sample.first_byte_at_s
        if span_s <= self._check_s:
            return True
        return self._bound is not None and self._bound(
            abandonment.Outlook(
                rung,
                sample.size_bytes,
                sample.first_byte_at_s - sample.requested_at_s,
                span_s,
                self._trace.lowest_rate_bps(sample.first_byte_at_s, sample.finished_at_s),
                head.buffer_s,
                self._video.chunk_duration_s,
                head.playing,
            )
        )

    def _progress(
        self,
        sample: ThroughputSample,
        decision: Decision,
        sizes: tuple[int, ...],
        now_s: float,
        received: int,
        head: Playhead,
    ) -> Progress:
        left_s = head.buffer_s - (now_s - head.now_s) if head.playing else 0.0
        return Progress(
            now_s=now_s,
            rung=decision.rung,
            received_bytes=received,
            total_bytes=sample.size_bytes,
            requested_at_s=sample.requested_at_s,
            first_byte_at_s=sample.first_byte_at_s,
            buffer_s=max(0.0, left_s),
            chunk_duration_s=self._video.chunk_duration_s,
            ladder=self._video.ladder,
            sizes_bytes=sizes,
            playing=head.playing and left_s > EMPTY_S,
        )
