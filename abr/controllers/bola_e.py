"""BOLA-E: BOLA that starts at the measured rate, and does not run dry when its buffer is a promise.

Source: Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference
Player" (MMSys 2018), as its authors' simulator defines it (github.com/UMass-LIDS/sabre, `bolae`). With utilities
v_q = 1 + ln(b_q / b_0) and D = max(10 s + 2 s x rungs, buffer cap), g = (v_top - 1) / (D / 10 s - 1) and V = 10 s / g;
the rung with the largest (V (v_q + g) - (B + P)) / b_q, over nominal bit rates. P is the placeholder, a virtual buffer:

- the first measured choice is the rung that the rate carries, and P makes the buffer look as if BOLA had chosen it;
- an upswitch goes no further than one rung above what the rate carries (that rung itself without `plus_one`);
- above V (v_q + g) a rung below the top waits, out of P first;
- idle time while the buffer is full goes into P; after each transfer P is held between the level at which BOLA would
  choose that rung and the one above which it is worth nothing; a replaced chunk adds its own duration;
- what would not arrive in s (B - L) T bits is refused, s = 0.9 at first, times 0.9 a decision, 0.5 at least; P is then
  cut to the refused choice's level.

Where the buffer's cap is smaller than D, the upper rungs' levels lie above all that can be buffered. They stay within
reach all the same: waiting for room moves seconds from B into P, so that B + P goes on rising with every chunk that
arrives faster than it plays.

Ties go to the lower rung (Sabre's first maximum). The rate is the lower of two means (3 s, 8 s), the latency the
higher of two.

Where the figures differ from Sabre's own: a chunk that was given up is fetched at the rung that was chosen instead
(Sabre loses that choice through a misspelt variable and decides anew), and once; its bytes and its time count as a
measurement (Sabre drops them); progress is looked at as often as the session says (Sabre: every 50 ms and 12 kbit).
Without abandonment the choices are Sabre's, but for exact ties (a stall at the start leads to one), which are a matter
of rounding there and go to the lower rung here as far as rounding lets them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import log

from abr import wording
from abr.abandonment import Outlook, abandoned_words
from abr.controller import register
from abr.controllers.bola_curve import Curve
from abr.controllers.sustainable import sustainable_rung
from abr.controllers.throughput import first_decision
from abr.estimators.ewma import SABRE, DualEwma, DualEwmaSettings
from abr.estimators.latency import LatencyEwma
from abr.model import Decision, Ladder, Observation, Progress, Reason, ReasonCode, RungIndex, ThroughputSample


@dataclass(frozen=True, slots=True)
class Settings:
    """`minimum_s`, `minimum_per_rung_s`: what D is at least. The `safety_*` are the insufficient-buffer rule's s."""

    minimum_s: float = 10.0
    minimum_per_rung_s: float = 2.0
    safety_first: float = 0.9
    safety_decay: float = 0.9
    safety_least: float = 0.5
    plus_one: bool = True
    estimator: DualEwmaSettings = SABRE

    def __post_init__(self) -> None:
        if not self.minimum_s > 0.0 or not self.minimum_per_rung_s > 0.0:
            raise ValueError(
                f"BOLA-E's least buffer is above 0 s, not {self.minimum_s} s + {self.minimum_per_rung_s} s"
            )


def curve_of(ladder: Ladder, buffer_cap_s: float, settings: Settings) -> Curve:
    """V g = 10 s is what the placeholder's lowest level rests on; V times the utilities' span is D - 10 s."""
    d_s = max(settings.minimum_s + settings.minimum_per_rung_s * len(ladder), buffer_cap_s)
    span = log(ladder.bitrates_bps[-1] / ladder.bitrates_bps[0])
    # One rung has no utility to spread; any positive V then chooses it.
    v_s = (d_s - settings.minimum_s) / span if span > 0.0 else settings.minimum_s
    return Curve.of(ladder, v_s, 1.0 + settings.minimum_s / v_s)


@register("bola-e")
class BolaE:
    """Buffer-based by utility; the throughput only starts it and holds it back."""

    name = "bola-e"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator, self._latency = DualEwma(self._settings.estimator), LatencyEwma()
        self._ladder: Ladder | None = None
        self._cap_s = 0.0
        self._curve: Curve
        self._starting = True
        self._placeholder_s = 0.0
        self._safety = self._settings.safety_first
        self._settled: ThroughputSample | None = None
        self._decided_at_s = 0.0
        self._index = -1

    @property
    def placeholder_s(self) -> float:
        """The virtual buffer, as of the last decision."""
        return self._placeholder_s

    def decide(self, observation: Observation) -> Decision:
        seen = observation
        estimate = self._estimator.update(seen.samples)
        if estimate is None:
            return first_decision(seen)
        if seen.ladder is not self._ladder or seen.buffer_cap_s != self._cap_s:
            self._ladder, self._cap_s = seen.ladder, seen.buffer_cap_s
            self._curve = curve_of(seen.ladder, seen.buffer_cap_s, self._settings)
        latency_s = self._latency.update(seen.samples, seen.chunk_duration_s)
        sustainable = sustainable_rung(seen, estimate, latency_s)
        # A jump in the numbering is a seek.
        if self._starting or not 0 <= seen.chunk_index - self._index <= 1:
            decision = self._start(seen, sustainable, estimate)
        else:
            self._settle(seen)
            decision = self._steady(seen, sustainable, estimate, latency_s)
        self._settled, self._decided_at_s, self._index = seen.samples[-1], seen.now_s, seen.chunk_index
        return decision

    def _start(self, seen: Observation, sustainable: RungIndex, estimate: float) -> Decision:
        self._starting, self._safety = False, self._settings.safety_first
        self._placeholder_s = max(0.0, self._curve.least_s[sustainable] - seen.buffer_s)
        facts = (seen.ladder, sustainable, seen.buffer_s, estimate)
        return Decision(sustainable, Reason(ReasonCode.STARTUP, start_words, facts), estimate)

    def _settle(self, seen: Observation) -> None:
        """What has happened since the last decision: a transfer, and idle time."""
        newest = seen.samples[-1]
        idle_s = max(0.0, seen.now_s - max(newest.finished_at_s, self._decided_at_s))
        if newest is not self._settled:
            if seen.chunk_index == self._index:
                self._placeholder_s += seen.chunk_duration_s  # a replacement: nothing was put at the buffer's end
            else:
                rung, was_s = seen.previous_rung or 0, seen.buffer_s + idle_s + newest.duration_s
                most_s = max(0.0, self._curve.worths_s[rung] - was_s)
                self._placeholder_s = max(min(self._placeholder_s, most_s), self._curve.least_s[rung] - was_s)
        self._placeholder_s += idle_s

    def _steady(self, seen: Observation, sustainable: RungIndex, estimate: float, latency_s: float) -> Decision:
        curve, previous = self._curve, seen.previous_rung or 0
        cap = seen.rung_cap
        allowed = len(seen.ladder.rungs) - 1
        if cap is not None and cap < allowed:
            allowed = cap
        wanted = chosen = curve.choose(seen.buffer_s + self._placeholder_s, allowed)
        if chosen > previous and chosen > sustainable:
            limit = max(previous, sustainable)
            chosen = limit + 1 if self._settings.plus_one else limit
        wait_s = self._wait(seen, chosen)
        bearable_bits = self._safety * (seen.buffer_s / seen.speed - latency_s) * estimate
        self._safety = max(self._safety * self._settings.safety_decay, self._settings.safety_least)
        limit = bisect_right(curve.rates_bps, bearable_bits / seen.chunk_duration_s) - 1
        if limit < chosen and chosen > 0:
            return self._refused(seen, chosen, max(0, limit), estimate)
        held = chosen == previous
        code = ReasonCode.HOLD if held else ReasonCode.THROUGHPUT if chosen < wanted else ReasonCode.UTILITY
        facts = (seen.ladder, wanted, chosen, seen.buffer_s, estimate, held)
        return Decision(chosen, Reason(code, utility_words, facts), estimate, wait_s)

    def _wait(self, seen: Observation, chosen: RungIndex) -> float:
        """The wait above the level at which `chosen` is worth nothing, less what P pays; none at the top."""
        over_s = seen.buffer_s + self._placeholder_s - self._curve.worths_s[chosen]
        if over_s <= 0.0:
            return 0.0
        paid_s = min(over_s, self._placeholder_s)
        self._placeholder_s -= paid_s
        return over_s - paid_s if chosen < len(seen.ladder.rungs) - 1 else 0.0

    def _refused(self, seen: Observation, chosen: RungIndex, limit: RungIndex, estimate: float) -> Decision:
        self._placeholder_s = min(self._placeholder_s, max(0.0, self._curve.least_s[limit] - seen.buffer_s))
        return Decision(limit, limited_reason(seen, chosen, limit, estimate), estimate)

    def abandon(self, progress: Progress) -> Decision | None:
        """The lower rung that uses the buffer better than the rest of this chunk does, or None to go on.

        The rest and the buffer are taken as they would be one time to first byte later. A lower rung's size is
        reckoned from the nominal bit rates, as Sabre does, and has to be below the rest.
        """
        instead = self._better(progress)
        if instead is None:
            return None
        # Something went wrong: the placeholder goes down to a careful level.
        want_s = self._curve.least_s[instead] if instead > 0 else self._settings.minimum_s
        self._placeholder_s = min(self._placeholder_s, max(0.0, want_s - progress.buffer_s))
        span_s = progress.now_s - (progress.first_byte_at_s or 0.0)
        rate_bps = 8.0 * progress.received_bytes / span_s
        rest_s = 8.0 * (progress.total_bytes - progress.received_bytes) / rate_bps
        facts = (progress.ladder, progress.rung, instead, rest_s, progress.buffer_s if progress.playing else None)
        return Decision(instead, Reason(ReasonCode.ABANDONED, abandoned_words, facts), rate_bps)

    def _better(self, it: Progress) -> RungIndex | None:
        first_byte_at_s, received = it.first_byte_at_s, it.received_bytes
        if self._ladder is None or first_byte_at_s is None or received <= 0 or it.now_s <= first_byte_at_s:
            return None
        wait_s = first_byte_at_s - it.requested_at_s
        rest_bits = 8.0 * (it.total_bytes - received * (1.0 + wait_s / (it.now_s - first_byte_at_s)))
        if rest_bits <= 0.0:
            return None
        level_s = max(0.0, it.buffer_s + self._placeholder_s - wait_s)
        worths_s, rates = self._curve.worths_s, self._curve.rates_bps
        best, best_score = None, (worths_s[it.rung] - level_s) / rest_bits
        for rung in range(it.rung):
            bits = 8.0 * it.total_bytes * rates[rung] / rates[it.rung]
            score = (worths_s[rung] - level_s) / bits
            if bits < rest_bits and score > best_score:
                best, best_score = rung, score
        return best

    def never_abandons(self, outlook: Outlook) -> bool:
        """What `abandon` cannot act on. With t seconds of transfer behind it, going on beats rung q where

        (w - L + t) s r > (w_q - L + t) (s - v (t + latency)), with L the level at the first byte less the latency, s
        the chunk's bits, r = b_q / b, and v the link's slowest rate: a parabola in t, which is above 0 where its
        lowest point is. (Where w_q - L + t is below 0, rung q never wins.)
        """
        it = outlook
        end_s = it.buffer_s - it.latency_s - it.transfer_s
        level_s = it.buffer_s + self._placeholder_s - 2.0 * it.latency_s
        if self._ladder is None or not it.playing or end_s < 0.0 or level_s - it.transfer_s < 0.0:
            return False
        bits, slow_bps = 8.0 * it.size_bytes, it.slowest_bps
        # Whole bytes, and rounding: what is counted as left may be a little more than what is.
        rest_bits = bits * (1.0 + 1e-9) + 1000.0 - slow_bps * it.latency_s
        worths_s, rates = self._curve.worths_s, self._curve.rates_bps
        ahead_s = worths_s[it.rung] - level_s
        for rung in range(it.rung):
            lower_s, lower_bits = worths_s[rung] - level_s, bits * rates[rung] / rates[it.rung]
            slope = lower_bits - rest_bits + slow_bps * lower_s
            lowest_at_s = -slope / (2.0 * slow_bps) if slow_bps > 0.0 else it.transfer_s
            t = min(max(lowest_at_s, 0.0, -lower_s), it.transfer_s)
            if t + lower_s >= 0.0 and (slow_bps * t + slope) * t + ahead_s * lower_bits - lower_s * rest_bits <= 0.0:
                return False
        return True


def start_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """The sentence of the start."""
    fits = f"fits {wording.rate(estimate_bps)} measured, {wording.seconds(buffer_s)} buffered"
    return f"{wording.rung(ladder, chosen)} to start with: {fits}"


def utility_words(
    ladder: Ladder, wanted: RungIndex, chosen: RungIndex, buffer_s: float, estimate_bps: float, held: bool
) -> str:
    """The sentence in the steady state."""
    buffered, measured = f"{wording.seconds(buffer_s)} buffered", f"{wording.rate(estimate_bps)} measured"
    shown = wording.rung(ladder, chosen)
    if chosen < wanted:
        return f"{buffered} would bear {wording.rung(ladder, wanted)}, {measured} does not; {shown}"
    return f"hold {shown}: {buffered}, {measured}" if held else f"{shown} is the best use of {buffered}, {measured}"


def limited_reason(seen: Observation, wanted: RungIndex, limit: RungIndex, estimate_bps: float) -> Reason:
    """The sentence for a choice that the insufficient-buffer rule made."""
    return Reason(
        ReasonCode.INSUFFICIENT_BUFFER, limited_words, (seen.ladder, wanted, limit, seen.buffer_s, estimate_bps)
    )


def limited_words(ladder: Ladder, wanted: RungIndex, limit: RungIndex, buffer_s: float, estimate_bps: float) -> str:
    """The sentence when the buffer is short."""
    return (
        f"{wording.rung(ladder, limit)}: {wording.seconds(buffer_s)} buffered is not enough to fetch "
        f"{wording.rung(ladder, wanted)} at {wording.rate(estimate_bps)} measured"
    )
