"""What the link will carry during the next transfers: a distribution, learnt in the session over a fitted prior.

The logarithm x of a transfer's rate (its latency left out) is taken to follow one of a bank of models

    x' = m + r (x - m) + s e,    r = exp(-p / T),    e of Student's t with three degrees of freedom,

with m the session's mean of x (older transfers count half for every `MEAN_HALF_S` of play time), p the chunk's play
time, T how long the link remembers, and s how rough it is. Bayes' rule weighs the models by how well each has foretold
the session's transfers. Old evidence fades towards the prior, so that a link may change its nature; the prior is
what recordings say (`distribution_prior.py`, made by `distribution_fit.py`).

The t distribution has tails for what no Gaussian expects: a jump to a tenth within one chunk is nothing rare. Weighing
several models is Bayesian model averaging (Hoeting, Madigan, Raftery, Volinsky, Statistical Science 14(4), 1999), the
fading is the forgetting of dynamic model averaging (Raftery, Karny, Ettler, Technometrics 52(1), 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import atan, exp, log, log1p, pi, sqrt

from abr.estimators import distribution_prior
from abr.model import ThroughputSample
from abr.values import value

FREEDOM = 3.0
"""Degrees of freedom of the tails."""
SHARES = (0.01, 0.03, 0.06, 0.12, 0.18, 0.20, 0.18, 0.12, 0.06, 0.03, 0.01)
"""A model's errors stand for these shares of all, each at the middle of its share."""
SHORTEST_S = 1e-3
"""No transfer is quicker: what a cache gives says nothing of the link."""


@dataclass(frozen=True, slots=True)
class BankSettings:
    """`memory`: how much of the evidence is left after one more transfer; models below the share `least` are left out.

    `prior`: the prior's weight for each time T (rows) and each roughness s (columns).
    """

    times_s: tuple[float, ...] = distribution_prior.TIMES_S
    spreads: tuple[float, ...] = distribution_prior.SPREADS
    prior: tuple[tuple[float, ...], ...] = distribution_prior.WEIGHTS
    memory: float = 0.95
    mean_half_s: float = 50.0
    least: float = 0.02

    def __post_init__(self) -> None:
        if len(self.prior) != len(self.times_s) or any(len(row) != len(self.spreads) for row in self.prior):
            raise ValueError("a prior has a row for every time and a column for every spread")
        if not 0.0 < self.memory <= 1.0 or self.mean_half_s <= 0 or min(*self.times_s, *self.spreads) <= 0:
            raise ValueError(f"times, spreads and half-lives are above 0, memory lies in (0, 1], not {self}")


@value
class Law:
    """Where ln(rate) goes from x: with chance `weights[i]` to `mean + keeps[i] (x - mean) + errors[i]`.

    `last` is ln of the last transfer's rate in bit/s.
    """

    last: float
    mean: float
    keeps: tuple[float, ...]
    errors: tuple[float, ...]
    weights: tuple[float, ...]

    def chance_above(self, rate_bps: float) -> float:
        """The chance that the next transfer is at least this fast."""
        needed = log(max(rate_bps, 1e-9)) - self.mean
        gone = self.last - self.mean
        rows = zip(self.keeps, self.errors, self.weights, strict=True)
        return min(1.0, sum([weight for keep, error, weight in rows if keep * gone + error >= needed]))

    def rate_bps(self, share: float) -> float:
        """The rate that the next transfer stays below with this chance."""
        gone, total = self.last - self.mean, 0.0
        rows = sorted((k * gone + error, w) for k, error, w in zip(self.keeps, self.errors, self.weights, strict=True))
        for at, weight in rows:
            total += weight
            if total >= share:
                return exp(self.mean + at)
        return exp(self.mean + rows[-1][0])


class Bank:
    """One session's models and their weights."""

    def __init__(self, settings: BankSettings | None = None) -> None:
        self._settings = settings or BankSettings()
        it = self._settings
        self._models = tuple((time_s, spread) for time_s in it.times_s for spread in it.spreads)
        flat = [weight for row in it.prior for weight in row]
        self._prior = [log(max(weight / sum(flat), 1e-4)) for weight in flat]
        self._evidence = list(self._prior)
        self._newest: ThroughputSample | None = None
        self._sum = self._weight = 0.0
        self.last: float | None = None
        """ln of the last transfer's rate in bit/s; None before the first."""

    @property
    def mean(self) -> float:
        """The session's mean of ln(rate)."""
        return self._sum / self._weight

    @property
    def evidence(self) -> tuple[float, ...]:
        """The logarithm of each model's weight, the largest not necessarily 0; times by spreads."""
        return tuple(self._evidence)

    def update(self, samples: tuple[ThroughputSample, ...], chunk_s: float) -> None:
        """Take in what is new at the end of `samples` (oldest first); one without bytes tells nothing."""
        if samples and samples[-1] is not self._newest:
            for sample in samples[self._seen(samples) :]:
                if sample.size_bytes > 0:
                    self.add(log(8.0 * sample.size_bytes / max(sample.transfer_s, SHORTEST_S)), chunk_s)
            self._newest = samples[-1]

    def add(self, x: float, chunk_s: float) -> None:
        """One more transfer's ln(rate)."""
        if self.last is not None:
            self._weigh(x - self.mean, self.last - self.mean, chunk_s)
        fresh = 1.0 - 0.5 ** (chunk_s / self._settings.mean_half_s)
        self._sum += fresh * (x - self._sum)
        self._weight += fresh * (1.0 - self._weight)
        self.last = x

    def law(self, chunk_s: float) -> Law:
        """The distribution of what comes next; the session has had a transfer."""
        assert self.last is not None, "nothing has been measured"
        top = max(self._evidence)
        raw = [exp(it - top) for it in self._evidence]
        least = self._settings.least * sum(raw)
        kept = [
            (exp(-chunk_s / time_s), spread, weight)
            for (time_s, spread), weight in zip(self._models, raw, strict=True)
            if weight >= least
        ]
        total = sum([weight for _, _, weight in kept])
        points = tuple(zip(error_points(), SHARES, strict=True))
        rows = [(keep, s * at, w * share / total) for keep, s, w in kept for at, share in points]
        keeps, errors, weights = zip(*rows, strict=True)
        return Law(self.last, self.mean, keeps, errors, weights)

    def _weigh(self, came: float, was: float, chunk_s: float) -> None:
        """Each model by the density it gave to what came; `came` and `was` are from the mean."""
        memory = self._settings.memory
        keeps = [exp(-chunk_s / time_s) for time_s in self._settings.times_s]
        for place, (prior, (_, spread)) in enumerate(zip(self._prior, self._models, strict=True)):
            error = (came - keeps[place // len(self._settings.spreads)] * was) / spread
            density = -log(spread) - (FREEDOM + 1.0) / 2.0 * log1p(error * error / FREEDOM)
            self._evidence[place] = memory * self._evidence[place] + (1.0 - memory) * prior + density

    def _seen(self, samples: tuple[ThroughputSample, ...]) -> int:
        newest = self._newest
        if newest is not None:
            for position in range(len(samples) - 1, -1, -1):
                if samples[position] is newest or samples[position] == newest:
                    return position + 1
        return 0


@lru_cache(1)
def error_points() -> tuple[float, ...]:
    """The t distribution's values at the middle of each of `SHARES`."""
    points, below = [], 0.0
    for share in SHARES:
        points.append(_t3(below + share / 2.0))
        below += share
    return tuple(points)


def _t3(chance: float) -> float:
    """The value that a t variable of three degrees of freedom stays below with this chance, by bisection."""
    low, high = -1e3, 1e3
    for _ in range(80):
        at = (low + high) / 2.0
        scaled = at / sqrt(3.0)
        below = 0.5 + (scaled / (1.0 + scaled * scaled) + atan(scaled)) / pi
        low, high = (at, high) if below < chance else (low, at)
    return (low + high) / 2.0
