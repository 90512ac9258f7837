"""BBA-0: the buffer alone decides.

Source: Huang et al., "A Buffer-Based Approach to Rate Adaptation", SIGCOMM 2014, Algorithm 1. Reservoir and cushion
are Pensieve's 5 s and 10 s; the paper's 90 s and 126 s belong to a 240 s buffer. Where the buffer's cap leaves less
room than reservoir + cushion, both shrink in proportion, so that the top rung stays within reach.
Ties, as in the paper: a map value equal to the next rung up moves up to the highest rung strictly below it (never
below the present one), one equal to the next rung down moves down to the lowest rung strictly above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abr import wording
from abr.controller import register
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex

LATE_S = 0.05
"""A timer that waits for room rings late, and the buffer is short of its reach by that: the top must not hang on it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Below the reservoir the lowest rung, above reservoir + cushion the highest, a straight line between."""

    reservoir_s: float = 5.0
    cushion_s: float = 10.0

    def __post_init__(self) -> None:
        if self.reservoir_s < 0 or self.cushion_s <= 0:
            raise ValueError(f"a reservoir is 0 s or more, a cushion longer than 0 s, not {self}")


def step(values: Sequence[float], previous: RungIndex, target: float) -> RungIndex:
    """Algorithm 1 between reservoir and cushion: leave `previous` only when the map has passed a neighbour.

    `values` are the allowed rungs' bit rates, or the sizes of their next chunks, and `target` is what the map says.
    """
    if previous < len(values) - 1 and target >= values[previous + 1]:
        return max((i for i, value in enumerate(values) if value < target and i >= previous), default=previous)
    if previous > 0 and target <= values[previous - 1]:
        return min((i for i, value in enumerate(values) if value > target and i <= previous), default=previous)
    return previous


@register("bba-0")
class Bba0:
    """BBA-0 with the paper's stickiness."""

    name = "bba-0"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()

    def decide(self, observation: Observation) -> Decision:
        allowed = observation.highest_allowed
        reservoir_s, cushion_s = self.room_s(observation.buffer_cap_s, observation.chunk_duration_s)
        previous = min(observation.previous_rung or 0, allowed)
        if observation.buffer_s <= reservoir_s:
            code = ReasonCode.STARTUP if observation.previous_rung is None else ReasonCode.BUFFER
            return Decision(0, Reason(code, reservoir_words, (observation.buffer_s, reservoir_s)))
        if observation.buffer_s >= reservoir_s + cushion_s:
            full = (observation.buffer_s, reservoir_s + cushion_s)
            return Decision(allowed, Reason(ReasonCode.BUFFER, cushion_words, full))
        rates = observation.ladder.bitrates_bps
        fraction = (observation.buffer_s - reservoir_s) / cushion_s
        target_bps = rates[0] + fraction * (rates[allowed] - rates[0])
        chosen = step(rates[: allowed + 1], previous, target_bps)
        held = chosen == observation.previous_rung
        facts = (observation.ladder, chosen, observation.buffer_s, target_bps, held)
        return Decision(chosen, Reason(ReasonCode.HOLD if held else ReasonCode.BUFFER, map_words, facts))

    def room_s(self, buffer_cap_s: float, chunk_duration_s: float) -> tuple[float, float]:
        """Reservoir and cushion, in seconds, under this cap."""
        wanted_s = self._settings.reservoir_s + self._settings.cushion_s
        # A decision is taken when the buffer has room for one chunk more, so it never sees the last chunk's worth.
        reachable_s = max(buffer_cap_s - chunk_duration_s - LATE_S, 1e-3)
        scale = min(1.0, reachable_s / wanted_s)
        return self._settings.reservoir_s * scale, self._settings.cushion_s * scale


def reservoir_words(buffer_s: float, reservoir_s: float) -> str:
    """The sentence within the reservoir."""
    return (
        f"{wording.seconds(buffer_s)} buffered, within the reservoir of {wording.seconds(reservoir_s)}: the lowest rung"
    )


def cushion_words(buffer_s: float, full_s: float) -> str:
    """The sentence beyond the cushion."""
    return f"{wording.seconds(buffer_s)} buffered, beyond the cushion's {wording.seconds(full_s)}: the highest rung"


def map_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, target_bps: float, held: bool) -> str:
    """The sentence between the two."""
    text = f"{wording.seconds(buffer_s)} buffered maps to {wording.rate(target_bps)}"
    return f"hold: {text}, not past the next rung" if held else f"{wording.rung(ladder, chosen)}: {text}"
