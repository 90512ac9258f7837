"""BOLA as dash.js has it: one half of its Dynamic.

Source: dash.js 5.1.1, BolaRule. V and g are BOLA-E's, from D = max(default buffer, 10 s + 2 s x rungs). What differs
from BOLA-E (bola_e.py), and is kept: the score has V (v_q - 1 + g) while the levels that hold the placeholder have
V (v_q + g), so every switching level lies V seconds lower; ties go UP; the placeholder fades by 1 % a chunk, has no
least value, and is zeroed by a stall; up goes no further than the throughput's rung (no "plus one").

Of its rungs only those up to the session's cap count; another cap starts it anew, as it does there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from abr.controllers.bola_curve import Curve
from abr.model import Ladder, Observation, RungIndex, ThroughputSample


@dataclass(frozen=True, slots=True)
class Settings:
    """`default_buffer_s` is dash.js's bufferTimeDefault; below `stall_s` its buffer counts as empty."""

    default_buffer_s: float = 18.0
    minimum_s: float = 10.0
    minimum_per_rung_s: float = 2.0
    placeholder_decay: float = 0.99
    stall_s: float = 0.3


def curves_of(ladder: Ladder, it: Settings) -> tuple[Curve, Curve]:
    """The curve of the scores, and the one whose levels hold the placeholder."""
    d_s = max(it.default_buffer_s, it.minimum_s + it.minimum_per_rung_s * len(ladder))
    span = log(ladder.bitrates_bps[-1] / ladder.bitrates_bps[0])
    # One rung has no utility to spread; any positive V then chooses it.
    v_s = (d_s - it.minimum_s) / span if span > 0.0 else it.minimum_s
    g = it.minimum_s / v_s
    return Curve.of(ladder, v_s, g), Curve.of(ladder, v_s, g + 1.0)


class DashBola:
    """The rule and its placeholder. `settle` sees every decision, `choose` those that the rule is asked for."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._key: tuple[Ladder, RungIndex] | None = None
        self._score: Curve
        self._levels: Curve
        self._steady = self._loaded = False
        self._newest: ThroughputSample | None = None
        self._idle_since_s = 0.0
        self._index = -1
        self.placeholder_s = 0.0
        """The virtual buffer, as of the last decision."""

    def settle(self, seen: Observation) -> None:
        """What has happened since the last decision: a transfer, a stall, a seek. Nothing before `choose` is asked."""
        if self._key is not None:
            if not 0 <= seen.chunk_index - self._index <= 1:
                self._restart()
            elif seen.samples and seen.samples[-1] is not self._newest:
                self._loaded_chunk(seen, seen.samples[-1])
        self._newest, self._index = seen.samples[-1] if seen.samples else None, seen.chunk_index

    def choose(self, seen: Observation, sustainable: RungIndex) -> tuple[RungIndex, RungIndex, float]:
        """(the rung that the buffer alone would bear, the choice, its wait in seconds)."""
        allowed = seen.highest_allowed
        if self._key is None or self._key[1] != allowed or not self._same(seen.ladder):
            self._work_out(seen.ladder, allowed)
        if not self._steady:
            return self._start(seen, sustainable)
        self.placeholder_s += max(0.0, seen.now_s - self._idle_since_s)
        self._idle_since_s = seen.now_s
        wanted = chosen = self._score.choose_up(seen.buffer_s + self.placeholder_s)
        previous = min(seen.previous_rung or 0, allowed)
        if wanted > previous and wanted > sustainable:
            chosen = max(sustainable, previous)
        return wanted, chosen, self._wait_s(seen, chosen)

    def abandoned(self, instead: RungIndex, buffer_s: float) -> None:
        """A chunk was given up: the placeholder goes down to a careful level."""
        if self._key is not None:
            want_s = self._levels.least_s[min(instead, self._key[1])] if instead > 0 else self._settings.minimum_s
            self.placeholder_s = min(self.placeholder_s, max(0.0, want_s - buffer_s))

    def _same(self, ladder: Ladder) -> bool:
        # An equal ladder is no reason to start anew; most often it is the very same.
        return self._key is not None and (self._key[0] is ladder or self._key[0] == ladder)

    def _work_out(self, ladder: Ladder, allowed: RungIndex) -> None:
        self._score, self._levels = curves_of(Ladder(ladder.rungs[: allowed + 1]), self._settings)
        self._key = (ladder, allowed)
        self._restart()

    def _restart(self) -> None:
        self._steady = self._loaded = False
        self.placeholder_s = 0.0

    def _loaded_chunk(self, seen: Observation, sample: ThroughputSample) -> None:
        idle_s = max(0.0, seen.now_s - sample.finished_at_s)
        self._loaded, self._idle_since_s = True, seen.now_s - idle_s
        replaced = seen.chunk_index == self._index
        # Its events come before the chunk is appended, so the level then is the one without it.
        level_s = max(0.0, seen.buffer_s + idle_s - (0.0 if replaced else seen.chunk_duration_s))
        if self._steady and level_s < self._settings.stall_s:
            self.placeholder_s = 0.0
        rung = min(seen.previous_rung or 0, len(self._levels.worths_s) - 1)
        most_s = max(0.0, self._levels.worths_s[rung] - level_s - sample.duration_s)
        self.placeholder_s = min(most_s, self.placeholder_s * self._settings.placeholder_decay)
        if replaced:
            self.placeholder_s += seen.chunk_duration_s

    def _start(self, seen: Observation, sustainable: RungIndex) -> tuple[RungIndex, RungIndex, float]:
        self.placeholder_s = max(0.0, self._levels.least_s[sustainable] - seen.buffer_s)
        self._steady = self._loaded and seen.buffer_s >= seen.chunk_duration_s
        self._idle_since_s = seen.now_s
        return sustainable, sustainable, 0.0

    def _wait_s(self, seen: Observation, chosen: RungIndex) -> float:
        """The wait above the level at which `chosen` is worth nothing, less what P pays; none at the top."""
        over_s = max(0.0, seen.buffer_s + self.placeholder_s - self._levels.worths_s[chosen])
        paid_s = min(over_s, self.placeholder_s)
        self.placeholder_s -= paid_s
        return over_s - paid_s if chosen < len(self._levels.worths_s) - 1 else 0.0
