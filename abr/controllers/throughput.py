"""The highest rung that the measured rate carries.

Source: dash.js ThroughputRule (highest bit rate within 0.9 of the lower of two EWMAs) and Sabre's
(L + p b / 0.9 T <= p): the latency is estimated apart and taken off each chunk's play time. Sabre's insufficient-buffer
rule is not part of it, and the latency is a median here (there, the higher of two means).
Any other estimator by name: `throughput:harmonic`, `throughput:percentile`, `throughput:ewma-2-5`. Ties: a bit rate
equal to the budget fits.
"""

from __future__ import annotations

from dataclasses import dataclass

from abr import wording
from abr.controller import register
from abr.estimators.latency import latency_s
from abr.estimators.named import estimator
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex

MIN_SHARE = 0.1
"""A latency longer than the chunk must not make the budget nothing: at least this share of the chunk transfers."""

FIRST_SAFETY, FIRST_SHARE = 0.7, 0.5
"""Of a guess, and of the first chunk's duration: what a start may count on (tests/benchmarks/network.py coldstart)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`safety`: the share of the estimate that may be used. `estimator`: its name, as in abr/estimators/named.py."""

    safety: float = 0.9
    estimator: str = "ewma"

    def __post_init__(self) -> None:
        if not 0.0 < self.safety <= 1.0:
            raise ValueError(f"a safety share lies in (0, 1], not {self.safety}")


def budget_bps(observation: Observation, estimate_bps: float, safety: float) -> float:
    """The bit rate that the link carries for ever, at `safety`, at the session's speed, with a request per chunk."""
    chunk_s = observation.chunk_duration_s / max(observation.speed, 0.01)
    share = max((chunk_s - latency_s(observation.samples)) / chunk_s, MIN_SHARE)
    return safety * estimate_bps * share / max(observation.speed, 0.01)


def highest_sustainable(observation: Observation, estimate_bps: float, safety: float) -> RungIndex:
    """The highest allowed rung within the budget; the lowest when none is."""
    fitting = observation.ladder.highest_within(budget_bps(observation, estimate_bps, safety))
    return min(fitting, observation.highest_allowed)


def first_decision(observation: Observation) -> Decision:
    """What every rule does before anything is measured.

    Without a guess the lowest rung, so that the picture comes soon; with one, the highest whose first chunk would come
    within `FIRST_SHARE` of its own duration at `FIRST_SAFETY` of the guess.
    """
    guess_bps = observation.initial_estimate_bps
    if not guess_bps or observation.samples:
        return Decision(0, Reason(ReasonCode.STARTUP, first_words, (observation.ladder,)))
    most_bytes = FIRST_SAFETY * guess_bps * FIRST_SHARE * observation.chunk_duration_s / 8.0
    fitting = (rung for rung in range(observation.highest_allowed, 0, -1) if observation.size_of(rung) <= most_bytes)
    chosen = next(fitting, 0)
    return Decision(
        chosen, Reason(ReasonCode.STARTUP, guessed_words, (observation.ladder, chosen, guess_bps)), guess_bps
    )


@register("throughput")
class Throughput:
    """Rate-based: what was measured decides, the buffer does not."""

    name = "throughput"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._estimator = estimator(self._settings.estimator)

    @classmethod
    def from_argument(cls, argument: str) -> Throughput:
        """`throughput:harmonic` by name: another estimator."""
        return cls(Settings(estimator=argument))

    def decide(self, observation: Observation) -> Decision:
        estimate = self._estimator.update(observation.samples)
        if estimate is None:
            return first_decision(observation)
        chosen = highest_sustainable(observation, estimate, self._settings.safety)
        per_rate = budget_bps(observation, 1.0, self._settings.safety)
        return Decision(chosen, rate_reason(observation, chosen, estimate, per_rate), estimate)


def rate_reason(seen: Observation, chosen: RungIndex, estimate_bps: float, per_rate: float) -> Reason:
    """The sentence for a choice that the rate made; `per_rate` is the budget for each bit per second measured."""
    ladder = seen.ladder
    if chosen == seen.highest_allowed:
        code = ReasonCode.THROUGHPUT if chosen == ladder.top else ReasonCode.CAP
        return Reason(code, highest_words, (ladder, chosen, estimate_bps))
    held = chosen == seen.previous_rung
    needed = ladder.bitrates_bps[chosen + 1] / max(per_rate, 1e-9)
    facts = (ladder, chosen, seen.buffer_s, estimate_bps, needed, held)
    return Reason(ReasonCode.HOLD if held else ReasonCode.THROUGHPUT, fitting_words, facts)


def first_words(ladder: Ladder) -> str:
    """The sentence before anything is measured."""
    return f"{wording.rung(ladder, 0)} to start with: nothing is measured yet"


def guessed_words(ladder: Ladder, chosen: RungIndex, guess_bps: float) -> str:
    """The sentence before anything is measured, on a network that is known."""
    return (
        f"{wording.rung(ladder, chosen)} to start with: {wording.rate(guess_bps)} is what this network carried before"
    )


def highest_words(ladder: Ladder, chosen: RungIndex, estimate_bps: float) -> str:
    """The sentence at the end of what is allowed."""
    what = "the top rung" if chosen == ladder.top else "the highest rung allowed"
    return f"{wording.rung(ladder, chosen)}: {what}, {wording.rate(estimate_bps)} measured"


def fitting_words(
    ladder: Ladder, chosen: RungIndex, buffer_s: float, estimate_bps: float, needed_bps: float, held: bool
) -> str:
    """The sentence below it: what the next rung would need."""
    measured = f"{wording.rate(estimate_bps)} measured"
    above = f"{wording.rung(ladder, chosen + 1)} would need {wording.rate(needed_bps)}"
    if held:
        return f"hold: {wording.seconds(buffer_s)} buffered, {above}, {measured}"
    return f"{wording.rung(ladder, chosen)} fits {measured}; {above}"
