"""A link learnt from recordings (abr/trace/fit.py learns it): a semi-Markov chain over log-spaced rates.

The recordings are resampled to one period. Silence is a state of its own; the other rates fall into classes of equal
width in log rate. Of every state the model keeps how long it holds, which state comes next, which rates it has, how
often a rate stays within it from one sample to the next, and its mean latency. Recordings loop, and are counted as
loops: so the shares of the states in the model are exactly those in the recordings.

It is a model of the set, not of one recording: a drawn trace wanders through all that the set holds. Its lineage is
the Markov-modulated throughput of the field (CS2P, Sun et al., SIGCOMM 2016; state spaces in log rate, Puffer's and
Oboe's clusters), in a form of our own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from abr.trace.model import Step, Trace, TraceError

LONGEST_TRACE_S = 7 * 24 * 3600.0
MOST_SAMPLES = 2_000_000

Weighted = tuple[tuple[float, float], ...]
"""(value, weight) pairs."""


@dataclass(frozen=True, slots=True)
class State:
    """One class of rates. `rates_bps` are equally likely; `holds` in periods; `next` gives the weight of every state.

    `stay` is the chance that a sample within one stay keeps the rate of the sample before.
    """

    share: float
    rates_bps: tuple[float, ...]
    stay: float
    holds: Weighted
    latency_s: float
    next: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What the model was fitted to, and so what draws from it should look like, sampled at the model's period."""

    traces: int
    duration_s: float
    mean_bps: float
    cov: float
    lag1: float


@dataclass(frozen=True, slots=True)
class FittedModel:
    """States and the period of their samples."""

    period_s: float
    states: tuple[State, ...]
    trained_on: TrainingSet

    def draw(self, duration_s: float, rng: Random, *, name: str = "fitted") -> Trace:
        """A trace of `duration_s`. It starts in a state by its share. TraceError: it came out without a bit."""
        if not self.period_s <= duration_s <= LONGEST_TRACE_S or duration_s / self.period_s > MOST_SAMPLES:
            raise TraceError(f"a drawn trace lasts from one period ({self.period_s:g} s) to a week", source=name)
        count = round(duration_s / self.period_s)
        steps: list[Step] = []
        state = _pick([it.share for it in self.states], rng)
        while len(steps) < count:
            it = self.states[state]
            length = _whole(it.holds[_pick([weight for _, weight in it.holds], rng)][0], rng)
            rate_bps = it.rates_bps[rng.randrange(len(it.rates_bps))]
            for _ in range(min(length, count - len(steps))):
                steps.append(Step(self.period_s, float(round(rate_bps / 1e3) * 1000), it.latency_s))
                if rng.random() >= it.stay:
                    rate_bps = it.rates_bps[rng.randrange(len(it.rates_bps))]
            state = _pick(it.next, rng)
        return Trace(
            steps, name=name, family="fitted", notes=(f"drawn from a model of {self.trained_on.traces} traces",)
        )


def _pick(weights: Sequence[float], rng: Random) -> int:
    summed = list(accumulate(weights))
    return min(bisect_right(summed, rng.random() * summed[-1]), len(summed) - 1)


def _whole(value: float, rng: Random) -> int:
    """A whole number near `value`, whose mean is `value`."""
    floor = int(value)
    return max(1, floor + (rng.random() < value - floor))
