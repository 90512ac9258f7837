"""What the link will carry during the next transfers: a distribution, learnt in the session over a fitted prior.

The logarithm x of a transfer's rate (its latency left out) is taken to go

    x' = m + r (x - m) + e

with m the session's mean of x (older transfers count half for every `mean_half_s` of play time). The share r that is
kept is a least-squares estimate from the session's own transfers, drawn towards exp(-p / T) for chunks of p seconds.
One share is never the whole truth: from any transfer to the next the link may also stay where it is (r near 1), or be
back at its mean (r = 0), each with a fixed chance. An outage that lasts and one that is over at once are both expected.

The error e is Student's t with three degrees of freedom, of a scale that is one of `SPREADS`; Bayes' rule weighs the
scales by how well each has foretold the session's errors. Old evidence fades towards the prior, so that a link may
change its nature; the prior is what recordings say (`distribution_prior.py`, made by `distribution_fit.py`). Scales of
their own for falls and rises were tried: fitted to recordings, the two are the same.

The tails are for what no Gaussian expects: a fall to a tenth within one chunk is nothing rare. Weighing several models
is Bayesian model averaging (Hoeting, Madigan, Raftery, Volinsky, Statistical Science 14(4), 1999), the fading is the
forgetting of dynamic model averaging (Raftery, Karny, Ettler, Technometrics 52(1), 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan, exp, log, log1p, pi, sqrt

from abr.estimators import distribution_prior
from abr.estimators.model import unseen
from abr.model import ThroughputSample
from abr.values import value

FREEDOM = 3.0
"""Degrees of freedom of the tails."""
SHARES = (0.01, 0.03, 0.06, 0.12, 0.18, 0.20, 0.18, 0.12, 0.06, 0.03, 0.01)
"""A scale's errors stand for these shares of all, each at the middle of its share."""
SHORTEST_S = 1e-3
"""No transfer is quicker: what a cache gives says nothing of the link."""
TYPICAL_ERROR = 0.2
"""What an error is taken to be before there is one."""


RISE_MOST = log(3.0)


@dataclass(frozen=True, slots=True)
class BankSettings:
    """`memory`: how much of the evidence is left after one more transfer, and of the sums that r is found from.

    `stays` and `returns`: the chances that the next transfer keeps the share `keep_most` of x - m, and none of it.
    `prior`: a weight for each scale of `spreads`. `keep_s` is the time T above, `keep_trust` how many transfers it
    weighs as much as, and r is `keep_most` at most. Scales whose weight is below the share `least` are left out.
    `rise_most`: a transfer counts as faster than the one before by this much at most, in ln(rate), until the next one
    confirms it. A cache's answer is ten times as fast as the link behind it, and the chunk after it is not.
    """

    spreads: tuple[float, ...] = distribution_prior.SPREADS
    prior: tuple[float, ...] = distribution_prior.WEIGHTS
    memory: float = 0.95
    mean_half_s: float = 50.0
    keep_s: float = 12.0
    stays: float = 0.25
    returns: float = 0.25
    keep_trust: float = 10.0
    keep_memory: float = 0.98
    keep_most: float = 0.98
    least: float = 0.01
    rise_most: float = RISE_MOST

    def __post_init__(self) -> None:
        if len(self.prior) != len(self.spreads):
            raise ValueError(f"a prior has a weight for each of the {len(self.spreads)} spreads, not {len(self.prior)}")
        if not (0.0 < self.memory <= 1.0 and 0.0 < self.keep_memory <= 1.0 and 0.0 <= self.keep_most < 1.0):
            raise ValueError(f"memories lie in (0, 1] and the most that is kept in [0, 1), not {self}")
        if min(self.stays, self.returns) < 0.0 or self.stays + self.returns > 1.0:
            raise ValueError(f"chances lie in [0, 1] and come to 1 at most, not {self}")
        if min(self.mean_half_s, self.keep_s, self.keep_trust, *self.spreads) <= 0:
            raise ValueError(f"spreads, times and trust are above 0, not {self}")


@value
class Law:
    """Where ln(rate) goes from x: with chance `weights[i]` to `mean + keep (x - mean) + errors[i]`.

    `last` is ln of the last transfer's rate in bit/s; errors ascend. `parts`: where the law is a mixture, the laws that
    it is made of with their chances, one of which holds from each transfer to the next; empty where it is plain.
    """

    last: float
    mean: float
    keep: float
    errors: tuple[float, ...]
    weights: tuple[float, ...]
    parts: tuple[tuple[float, Law], ...] = ()

    def after(self, last: float) -> Law:
        """The same link's law when `last` is ln of the latest rate."""
        if not self.parts:
            return Law(last, self.mean, self.keep, self.errors, self.weights)
        parts = [(chance, part.after(last)) for chance, part in self.parts]
        return mixture(Law(last, self.mean, self.keep, (), ()), parts)

    @property
    def middle(self) -> float:
        """ln of the next rate, without an error."""
        return self.mean + self.keep * (self.last - self.mean)

    def chance_above(self, rate_bps: float) -> float:
        """The chance that the next transfer is at least this fast."""
        needed = log(max(rate_bps, 1e-9)) - self.middle
        rows = zip(self.errors, self.weights, strict=True)
        return min(1.0, sum([weight for error, weight in rows if error >= needed]))

    def rate_bps(self, share: float) -> float:
        """The rate that the next transfer stays below with this chance."""
        total = 0.0
        for error, weight in zip(self.errors, self.weights, strict=True):
            total += weight
            if total >= share:
                return exp(self.middle + error)
        return exp(self.middle + self.errors[-1])


def mixture(plain: Law, parts: Sequence[tuple[float, Law]]) -> Law:
    """One law of several with their chances, its errors counted from where `plain` goes."""
    rows = []
    for chance, part in parts:
        apart = part.middle - plain.middle
        rows += [(apart + at, chance * weight) for at, weight in zip(part.errors, part.weights, strict=True)]
    rows.sort()
    errors, weights = zip(*rows, strict=True)
    return Law(plain.last, plain.mean, plain.keep, errors, weights, tuple(parts))


class Bank:
    """One session's scales and their weights."""

    def __init__(self, settings: BankSettings | None = None) -> None:
        self._settings = it = settings or BankSettings()
        self._prior = tuple(log(max(weight / sum(it.prior), 1e-4)) for weight in it.prior)
        self._evidence: Sequence[float] = self._prior
        self._newest: ThroughputSample | None = None
        self._came: float | None = None
        self._sum = self._weight = 0.0
        self._products = self._squares = 0.0
        self._errors, self._count = 2.0 * TYPICAL_ERROR**2, 2.0
        self._keep: float | None = None
        self.last: float | None = None
        """ln of the last transfer's rate in bit/s; None before the first."""

    @property
    def mean(self) -> float:
        """The session's mean of ln(rate)."""
        return self._sum / self._weight

    @property
    def evidence(self) -> tuple[float, ...]:
        """The logarithm of each scale's weight, but for a constant."""
        return tuple(self._evidence)

    def update(self, samples: tuple[ThroughputSample, ...], chunk_s: float) -> None:
        """Take in what is new at the end of `samples` (oldest first); one without bytes tells nothing."""
        for sample in unseen(samples, self._newest):
            if sample.size_bytes > 0:
                came = log(8.0 * sample.size_bytes / max(sample.transfer_s, SHORTEST_S))
                before, self._came = self._came, came
                self.add(came if before is None else min(came, before + self._settings.rise_most), chunk_s)
            self._newest = sample

    def add(self, x: float, chunk_s: float) -> None:
        """One more transfer's ln(rate)."""
        if self.last is not None:
            came, was, keep = x - self.mean, self.last - self.mean, self._kept(chunk_s)
            self._weigh(came - keep * was)
            self._learn(came, was, keep, exp(-chunk_s / self._settings.keep_s))
        fresh = 1.0 - 0.5 ** (chunk_s / self._settings.mean_half_s)
        self._sum += fresh * (x - self._sum)
        self._weight += fresh * (1.0 - self._weight)
        self.last = x

    def law(self, chunk_s: float) -> Law:
        """The distribution of what comes next; the session has had a transfer."""
        assert self.last is not None, "nothing has been measured"
        points = tuple(zip(error_points(), SHARES, strict=True))
        rows = sorted([(scale * at, w * share) for scale, w in self._scales() for at, share in points])
        errors, weights = zip(*rows, strict=True)
        return self._mixed(Law(self.last, self.mean, self._kept(chunk_s), errors, weights))

    def _mixed(self, plain: Law) -> Law:
        """The plain law, that of a link that stays where it is, and that of one back at its mean."""
        it = self._settings
        shares = ((1.0 - it.stays - it.returns, plain.keep), (it.stays, it.keep_most), (it.returns, 0.0))
        if not it.stays + it.returns:
            return plain
        laws = [(chance, Law(plain.last, plain.mean, keep, plain.errors, plain.weights)) for chance, keep in shares]
        return mixture(plain, laws)

    def _scales(self) -> list[tuple[float, float]]:
        """The likely scales with their chances, which come to 1."""
        top = max(self._evidence)
        raw = [exp(it - top) for it in self._evidence]
        least = self._settings.least * sum(raw)
        total = sum([it for it in raw if it >= least])
        return [(s, it / total) for s, it in zip(self._settings.spreads, raw, strict=True) if it >= least]

    def _kept(self, chunk_s: float) -> float:
        return exp(-chunk_s / self._settings.keep_s) if self._keep is None else self._keep

    def _weigh(self, error: float) -> None:
        """Each scale by the density it gave to the error."""
        memory = self._settings.memory
        self._evidence = [
            memory * old
            + (1.0 - memory) * prior
            - log(scale)
            - (FREEDOM + 1.0) / 2.0 * log1p((error / scale) ** 2 / FREEDOM)
            for old, prior, scale in zip(self._evidence, self._prior, self._settings.spreads, strict=True)
        ]

    def _learn(self, came: float, was: float, keep: float, first: float) -> None:
        """Least squares for the share that is kept, `first` being the prior's."""
        it = self._settings
        self._errors = it.keep_memory * self._errors + (came - keep * was) ** 2
        self._count = it.keep_memory * self._count + 1.0
        self._products = it.keep_memory * self._products + came * was
        self._squares = it.keep_memory * self._squares + was * was
        # What x - m varies by when e varies as seen: the prior's transfers are like the session's.
        trust = it.keep_trust * self._errors / self._count / max(1.0 - first * first, 1e-3)
        self._keep = min(it.keep_most, max(0.0, (self._products + trust * first) / max(self._squares + trust, 1e-12)))


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
