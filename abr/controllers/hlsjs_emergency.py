"""hls.js's emergency switch: give up a fragment that comes too slowly.

Source: hls.js 1.7.1, `_abandonRulesCheck`. Looked at once a fragment has been loading for more than half its play time
(and longer than the time to the first byte): when the rest takes longer than is buffered, a lower level is sought, from
the next one down, whose fetch takes less than the buffer and than a fragment's play time. Nothing is done when that
takes no less than the rest, or more than ten fragments' time. Else what has come in is sampled at once, and where 0.7
of the new estimate exceeds that level's bit rate the estimator starts afresh from it. When the rest takes more than
twice as long as the alternative, the fragment is given up now, else after the alternative's fetch time.

As in the original, oddities included: the lowest level's fetch time is never worked out, so that a fragment of level 1
is never given up, and level 0 stands with level 1's time; when level 0 is what is found, the fragment goes on and only
the next one is put to level 0; and a fragment that is given up is always replaced by the LOWEST level, from whose bit
rate the estimator starts afresh. A fragment that makes it while the delay runs leaves the next one at the level found.

Not reproduced: a unit slip (a first byte less than 1 ms old gives a rate from a time in seconds taken for
milliseconds; here both are seconds), and the check that a newly loaded playlist sets off.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from abr import wording
from abr.controllers.hlsjs_level import Levels
from abr.estimators.hlsjs_bandwidth import HlsjsBandwidth
from abr.model import Decision, Ladder, Observation, Progress, Reason, ReasonCode, RungIndex

Verdict = tuple[Decision | None, HlsjsBandwidth]
"""What to fetch instead, if anything; and the estimator from now on."""

LONGEST_FETCH = 10.0
"""Fragments' play times: an alternative that takes longer is no alternative."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """The lower level found, its fetch time, and the rest's."""

    level: RungIndex
    fetch_s: float
    rest_s: float


class Emergency:
    """Remembers what has been decided about the fragment in flight."""

    def __init__(self, up_factor: float) -> None:
        self._up_factor = up_factor
        self._speed, self._playable = 1.0, False
        self._previous: RungIndex = 0
        self._settled_at_s: float | None = None
        """The request that needs no more looking at."""
        self._due: tuple[float, float] | None = None
        """A request to be given up, and when."""
        self._forced: RungIndex | None = None
        self.given_up_at_s: float | None = None
        """The request that was given up last."""

    def observe(self, seen: Observation) -> None:
        """What the session looks like as the next fragment is asked for."""
        self._speed = abs(seen.speed) or 1.0
        self._playable = seen.previous_rung is not None
        self._previous = seen.previous_rung or 0

    def forced(self) -> RungIndex | None:
        """The level that an emergency has put the next fragment to; told once."""
        level, self._forced = self._forced, None
        return level

    def check(self, progress: Progress, levels: Levels, bandwidth: HlsjsBandwidth) -> Verdict:
        """Look at the fragment in flight."""
        if self._due is not None and self._due[0] == progress.requested_at_s:
            if progress.now_s < self._due[1]:
                return None, bandwidth
            return self._give_up(progress, levels, bandwidth)
        if self._settled_at_s == progress.requested_at_s or not self._is_watched(progress):
            return None, bandwidth
        found = self._seek(progress, levels, bandwidth)
        return (None, bandwidth) if found is None else self._act(found, progress, levels, bandwidth)

    def _is_watched(self, progress: Progress) -> bool:
        paused = not progress.playing and progress.buffer_s > 0.0
        return progress.rung > 0 and self._playable and not paused

    def _seek(self, progress: Progress, levels: Levels, bandwidth: HlsjsBandwidth) -> _Finding | None:
        first_byte_s, duration_s = bandwidth.first_byte_s, progress.chunk_duration_s
        if progress.now_s - progress.requested_at_s <= max(first_byte_s, duration_s / (2.0 * self._speed)):
            return None
        starvation_s = progress.buffer_s / self._speed
        rate_bps, rest_s = self._rest(progress, levels, bandwidth)
        if rest_s <= starvation_s:
            return None
        level, fetch_s, within_s = progress.rung - 1, inf, min(starvation_s, duration_s + first_byte_s)
        while level > 0:
            fetch_s = first_byte_s + duration_s * levels.max_bps[level] / rate_bps
            if fetch_s < within_s:
                break
            level -= 1
        if fetch_s >= rest_s or fetch_s > LONGEST_FETCH * duration_s:
            return None
        return _Finding(level, fetch_s, rest_s)

    def _rest(self, progress: Progress, levels: Levels, bandwidth: HlsjsBandwidth) -> tuple[float, float]:
        """The rate that counts, and how long the rest of the fragment takes at it."""
        estimate_bps = max(bandwidth.estimate_bps, 1e-9)
        if progress.first_byte_at_s is None or progress.received_bytes <= 0:
            expected_bits = progress.chunk_duration_s * levels.average_bps[min(progress.rung, levels.top)]
            return estimate_bps, expected_bits / estimate_bps + bandwidth.first_byte_s
        received_bits = 8.0 * progress.received_bytes
        streaming_s = progress.now_s - progress.first_byte_at_s
        if streaming_s < 1e-3:
            streaming_s = min(progress.now_s - progress.requested_at_s, received_bits / estimate_bps)
        rate_bps = received_bits / streaming_s
        return rate_bps, max(0.0, 8.0 * progress.total_bytes - received_bits) / rate_bps

    def _act(self, found: _Finding, progress: Progress, levels: Levels, bandwidth: HlsjsBandwidth) -> Verdict:
        self._settled_at_s = progress.requested_at_s
        self._sample(progress, bandwidth)
        rate_bps = levels.max_bps[found.level]
        if bandwidth.estimate_bps * self._up_factor > rate_bps:
            bandwidth = bandwidth.reset(rate_bps)
        lower = levels.best(
            bandwidth_bps=rate_bps,
            first_byte_s=bandwidth.first_byte_s,
            base=self._previous,
            top=found.level,
            starvation_s=0.0,
            stall_s=progress.buffer_s / self._speed,
            duration_s=progress.chunk_duration_s,
        )
        self._forced = lower if lower >= 0 else found.level
        if self._forced == 0:
            return None, bandwidth
        if found.rest_s > 2.0 * found.fetch_s:
            return self._give_up(progress, levels, bandwidth)
        self._due = (progress.requested_at_s, progress.now_s + found.fetch_s)
        return None, bandwidth

    def _sample(self, progress: Progress, bandwidth: HlsjsBandwidth) -> None:
        loading_s = progress.now_s - progress.requested_at_s
        if progress.first_byte_at_s is None or progress.received_bytes <= 0:
            bandwidth.add_first_byte(loading_s)
            return
        bandwidth.add_rate(loading_s, progress.first_byte_at_s - progress.requested_at_s, progress.received_bytes)

    def _give_up(self, progress: Progress, levels: Levels, bandwidth: HlsjsBandwidth) -> Verdict:
        self._due = self._forced = None
        self.given_up_at_s = progress.requested_at_s
        estimate_bps = bandwidth.estimate_bps
        spent_s = progress.now_s - progress.requested_at_s
        facts = (progress.ladder, progress.rung, spent_s, progress.buffer_s, estimate_bps)
        decision = Decision(0, Reason(ReasonCode.ABANDONED, emergency_words, facts), estimate_bps)
        return decision, bandwidth.reset(levels.max_bps[0])


def emergency_words(ladder: Ladder, rung: RungIndex, spent_s: float, buffer_s: float, estimate_bps: float) -> str:
    """The sentence for a fragment that was given up."""
    return (
        f"{wording.rung(ladder, rung)} given up for {wording.rung(ladder, 0)}: not there after "
        f"{wording.seconds(spent_s)}, {wording.seconds(buffer_s)} buffered, {wording.rate(estimate_bps)} measured"
    )
