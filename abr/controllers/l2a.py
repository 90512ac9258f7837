"""L2A-LL: online learning of a distribution over the rungs.

Source: Karagkioules et al., "Online Learning for Bitrate Adaptation in Low-Latency Live Streaming" (MMSys 2020), as in
dash.js 5.1.1, L2ARule. A probability vector w over the rungs takes a gradient step per chunk and is projected back to
the simplex; the rung nearest to the mean bit rate b . w is taken; one rung up at a time where the next one is within
the last rate. Q, the Lagrange multiplier, grows with what is asked of the link beyond its rate. Until 1.5 s are
buffered the throughput chooses (0.9 of the lower of dash.js's two means); then w starts at that rung.
Ties: the lower of two rungs that are equally near; a bit rate equal to the last rate counts as carried in the step and
in the climb, and as too much for Q.

Consistent units: all in kbit/s. In dash.js the step has kbit/s, while the update of Q and the climb compare bit/s with
kbit/s: Q is about 1000 times too large there, and the one-rung climb never applies. Figures differ from dash.js's own
accordingly. As there, and as coded rather than as published: the sign of the step turns for every rung from the first
one on that is beyond the last rate; Q's update has the new w where the paper has the old one; and where not even the
next rung is carried, a jump up is not held back.

Q is bounded, so that the choice stays that of exact arithmetic. In dash.js it doubles without end, and after some fifty
chunks that were beyond the rate (in all, not in a row) the projection loses w to rounding: all zeros, and the lowest
rung for the rest of the session. Figures of bad links are better here.

On demand: the rule has no latency among its inputs; its 1.5 s of buffer only end the start. A seek returns it to the
start, as in dash.js; a rule here knows one by the chunk that follows on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from abr import wording
from abr.controller import register
from abr.controllers.throughput import first_decision
from abr.estimators.dashjs_throughput import DashjsThroughput, DashjsThroughputSettings
from abr.estimators.unseen import Unseen
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex

MAX_Q = 1e9
"""From here on all weight goes to one rung in a step, and no session is long enough to bring Q down again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Horizon in chunks, the caution's exponent, the reaction to a rung beyond the rate, and what ends the start."""

    horizon: int = 4
    caution: float = 0.99
    react: float = 2.0
    target_buffer_s: float = 1.5
    safety: float = 0.9
    estimator: DashjsThroughputSettings = field(default_factory=DashjsThroughputSettings)


def project(vector: list[float]) -> list[float]:
    """The nearest point of the simplex (Chen and Ye, arXiv:1101.6081)."""
    ordered, total = sorted(vector, reverse=True), 0.0
    for count, value in enumerate(ordered, 1):
        total += value
        shift = (total - 1.0) / count
        if count == len(ordered) or shift >= ordered[count]:
            break
    return [max(value - shift, 0.0) for value in vector]


class Learner:
    """The vector w and the multiplier Q for one ladder, in kbit/s."""

    __slots__ = ("_alpha", "_kbps", "_react", "q", "vl", "w")

    def __init__(self, bitrates_kbps: tuple[float, ...], settings: Settings) -> None:
        self._kbps = bitrates_kbps
        self._react = settings.react
        self.vl = settings.horizon**settings.caution
        self._alpha = max(float(settings.horizon), self.vl * sqrt(settings.horizon))
        self.w = [0.0] * len(bitrates_kbps)
        self.q = self.vl

    def start_at(self, rung: RungIndex) -> None:
        """All weight on `rung`."""
        self.w = [float(index == rung) for index in range(len(self._kbps))]
        self.q = self.vl

    def step(self, last_kbps: float, chunk_s: float, speed: float, current: RungIndex) -> RungIndex:
        """One chunk's step, and the rung that comes of it."""
        rate_kbps = max(last_kbps, 1.0)
        old, self.w = self.w, project(self._moved(rate_kbps, chunk_s, speed))
        mean = self._mean(self.w)
        # Q doubles with every rung beyond the rate and grows huge: the original's order of operations is kept.
        beyond = mean + self._mean([new - before for new, before in zip(self.w, old, strict=True)])
        self.q = max(0.0, self.q - chunk_s + chunk_s * speed * (beyond / rate_kbps))
        distances = [abs(rate - mean) for rate in self._kbps]
        chosen = distances.index(min(distances))
        if chosen > current and self._kbps[current + 1] <= rate_kbps:
            chosen = current + 1
        if self._kbps[chosen] >= rate_kbps:
            self.q = min(self._react * max(self.vl, self.q), MAX_Q)
        return chosen

    def _moved(self, rate_kbps: float, chunk_s: float, speed: float) -> list[float]:
        size, pull = chunk_s / (2.0 * self._alpha), self.q + self.vl
        moved = []
        for weight, bitrate in zip(self.w, self._kbps, strict=True):
            asked_kbps = speed * bitrate
            gradient = size * (pull * (asked_kbps / rate_kbps))
            moved.append(weight - gradient if asked_kbps > rate_kbps else weight + gradient)
        return moved

    def _mean(self, w: list[float]) -> float:
        # Added up in the ladder's order, as in the original; `sum` has other last bits from one Python to the next.
        total = 0.0
        for weight, bitrate in zip(w, self._kbps, strict=True):
            total += weight * bitrate
        return total


@register("l2a")
class L2A:
    """Learns with every chunk; the throughput only starts it."""

    name = "l2a"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._throughput = DashjsThroughput(self._settings.estimator)
        self._unseen = Unseen()
        self._learner: Learner | None = None
        self._rates_kbps: tuple[float, ...] = ()
        self._index = -1
        self._learning = False

    def decide(self, observation: Observation) -> Decision:
        for sample in self._unseen.take(observation.samples):
            self._throughput.add(sample)
        mean_kbps, last_kbps = self._throughput.mean_kbps, self._throughput.last_kbps
        if mean_kbps is None or last_kbps is None:
            return first_decision(observation)
        learner = self._learner_of(observation)
        # A chunk may be chosen for again: after a wait that was cut short, or when an old one is replaced first.
        follows = observation.chunk_index - self._index in (0, 1)
        self._index = observation.chunk_index
        if not self._learning or not follows:
            return self._start(observation, learner, mean_kbps)
        current = min(observation.previous_rung or 0, observation.highest_allowed)
        chosen = learner.step(last_kbps, observation.chunk_duration_s, abs(observation.speed), current)
        held = chosen == observation.previous_rung
        facts = (observation.ladder, chosen, 1e3 * last_kbps, held)
        code = ReasonCode.HOLD if held else ReasonCode.UTILITY
        return Decision(chosen, Reason(code, learnt_words, facts), 1e3 * last_kbps)

    def _learner_of(self, seen: Observation) -> Learner:
        """The learner for what is allowed; a new one, from the start, when that changes."""
        rates = tuple(rate / 1e3 for rate in seen.ladder.bitrates_bps[: seen.highest_allowed + 1])
        if self._learner is None or self._rates_kbps != rates:
            self._rates_kbps, self._learner, self._learning = rates, Learner(rates, self._settings), False
        return self._learner

    def _start(self, seen: Observation, learner: Learner, mean_kbps: int) -> Decision:
        safe_bps = self._settings.safety * 1e3 * mean_kbps
        chosen = min(seen.ladder.highest_within(safe_bps), seen.highest_allowed)
        self._learning = seen.previous_rung is not None and seen.buffer_s >= self._settings.target_buffer_s
        if self._learning:
            learner.start_at(chosen)
        facts = (seen.ladder, chosen, 1e3 * mean_kbps)
        return Decision(chosen, Reason(ReasonCode.STARTUP, start_words, facts), 1e3 * mean_kbps)


def start_words(ladder: Ladder, chosen: RungIndex, mean_bps: float) -> str:
    """The sentence of the start."""
    return f"{wording.rung(ladder, chosen)} until something is learnt: {wording.rate(mean_bps)} measured"


def learnt_words(ladder: Ladder, chosen: RungIndex, last_bps: float, held: bool) -> str:
    """The sentence for a choice that was learnt."""
    shown = wording.rung(ladder, chosen)
    learnt = f"learnt from the last chunk's {wording.rate(last_bps)} and those before"
    return f"hold {shown}: nearest to what was {learnt}" if held else f"{shown} is nearest to what was {learnt}"
