"""media3's (ExoPlayer's) rule: 0.7 of the median rate, and two gates on the buffer.

Source: androidx/media 1.11.0, AdaptiveTrackSelection with DefaultBandwidthMeter. The ideal rung is the highest within
the budget, the lowest when none is. Up only with 10 s buffered and more; down only with less than 25 s. The first
choice rests on the meter's initial estimate. Budget: 0.7 of the estimate over the speed; where the meter knows the time
to the first byte F, 0.7 of the estimate times (p / speed - F) / p. DefaultBandwidthMeter does not know it, so that is a
setting (`first_byte`), off as there. Ties: a bit rate equal to the budget fits; 10 s buffered are enough to go up, 25 s
enough not to go down. All rates are whole bits per second.

Live (`live_delay_s` given): 0.75 of what is available less one chunk opens the up-gate when that is less than 10 s;
available is what lies between playhead and live edge. On demand the original has 10 s without condition, in a buffer of
50 s; a buffer here may be so small that a decision never sees 10 s. There, what the cap leaves takes the place of what
is available: the gate is 0.75 (cap - p) where that is less than 10 s, that is below a cap of p + 13.3 s.
The down-gate is not scaled: a buffer that never holds 25 s lets every step down pass at once, as it would in media3.

Not reproduced, and where figures may differ: the original throws away queued chunks of 719 lines and less beyond 25 s
when the ideal is higher, at most once a second, and fetches them anew; the session's own replacement option stands in
(`abr/replacement.py`). One adaptive track: nothing is split between video and audio. Tracks that failed are not
excluded; a rung above `rung_cap` is treated as excluded, which no gate holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from abr import wording
from abr.controller import register
from abr.estimators.media3_meter import Media3Meter, Media3MeterSettings
from abr.estimators.unseen import Unseen
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """AdaptiveTrackSelection's defaults; `bandwidth_permille` is its fraction of 0.7, `edge_share` its 0.75."""

    up_gate_s: float = 10.0
    down_gate_s: float = 25.0
    bandwidth_permille: int = 700
    edge_share: float = 0.75
    first_byte: bool = False
    meter: Media3MeterSettings = field(default_factory=Media3MeterSettings)

    def __post_init__(self) -> None:
        if not 0 < self.bandwidth_permille <= 1000:
            raise ValueError(f"a share of the bandwidth lies in (0, 1000] permille, not {self.bandwidth_permille}")


@register("media3")
class Media3:
    """Median rate with a margin; the buffer only says when a step may be taken."""

    name = "media3"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._meter = Media3Meter(self._settings.meter)
        self._unseen = Unseen()

    def decide(self, observation: Observation) -> Decision:
        for sample in self._unseen.take(observation.samples):
            self._meter.add(sample)
        allowed, previous = observation.highest_allowed, observation.previous_rung
        estimate_bps, budget_bps = self._meter.estimate_bps, self._budget_bps(observation)
        ideal = min(observation.ladder.highest_within(budget_bps), allowed)
        if previous is None:
            facts = (observation.ladder, ideal, estimate_bps, budget_bps)
            return Decision(ideal, Reason(ReasonCode.STARTUP, first_words, facts), estimate_bps)
        if previous <= allowed:
            gate_s = self._up_gate_s(observation) if ideal > previous else self._settings.down_gate_s
            if _is_held(observation.buffer_s, ideal, previous, gate_s):
                held = (observation.ladder, previous, ideal, observation.buffer_s, gate_s)
                return Decision(previous, Reason(ReasonCode.HOLD, gated_words, held), estimate_bps)
        return Decision(ideal, _reason(observation, ideal, estimate_bps, budget_bps), estimate_bps)

    def _budget_bps(self, seen: Observation) -> int:
        cautious_bps = self._meter.estimate_bps * self._settings.bandwidth_permille // 1000
        speed = max(seen.speed, 0.01)
        first_byte_s = self._meter.first_byte_s if self._settings.first_byte else None
        if first_byte_s is None:
            return int(cautious_bps / speed)
        available_s = max(seen.chunk_duration_s / speed - first_byte_s, 0.0)
        return int(cautious_bps * available_s / seen.chunk_duration_s)

    def _up_gate_s(self, seen: Observation) -> float:
        available_s = seen.buffer_cap_s if seen.live_delay_s is None else seen.live_delay_s
        reachable_s = max(available_s - seen.chunk_duration_s, 0.0)
        return min(self._settings.edge_share * reachable_s, self._settings.up_gate_s)


def _is_held(buffer_s: float, ideal: RungIndex, previous: RungIndex, gate_s: float) -> bool:
    return buffer_s < gate_s if ideal > previous else ideal < previous and buffer_s >= gate_s


def _reason(seen: Observation, chosen: RungIndex, estimate_bps: float, budget_bps: int) -> Reason:
    capped = chosen == seen.highest_allowed < seen.ladder.top
    held = chosen == seen.previous_rung
    code = ReasonCode.CAP if capped else ReasonCode.HOLD if held else ReasonCode.THROUGHPUT
    return Reason(code, budget_words, (seen.ladder, chosen, estimate_bps, budget_bps, held))


def first_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float, budget_bps: float) -> str:
    """The sentence of the start."""
    return (
        f"{wording.rung(ladder, chosen)} to start with: {wording.rate(estimate_bps)} estimated, "
        f"of which {wording.rate(budget_bps)} may be used"
    )


def gated_words(ladder: Ladder, held: RungIndex, ideal: RungIndex, buffer_s: float, gate_s: float) -> str:
    """The sentence for a step that the buffer does not let pass yet."""
    shown, buffered = wording.rung(ladder, held), f"{wording.seconds(buffer_s)} buffered"
    if ideal > held:
        return f"hold {shown}: {wording.rung(ladder, ideal)} from {wording.seconds(gate_s)} on, {buffered}"
    return f"hold {shown}: {buffered} last for a while, {wording.rung(ladder, ideal)} below {wording.seconds(gate_s)}"


def budget_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float, budget_bps: float, held: bool) -> str:
    """The sentence for a choice that the budget made."""
    shown = f"hold {wording.rung(ladder, chosen)}" if held else wording.rung(ladder, chosen)
    return f"{shown}: {wording.rate(budget_bps)} of {wording.rate(estimate_bps)} measured may be used"
