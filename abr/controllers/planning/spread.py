"""How transfer times spread around their forecast: the session's own errors, and a prior while there are few.

Ours, in the place of Fugu's trained network. A transfer that was forecast to take t takes t x ratio; the ratios of the
last transfers are observations of equal weight, and `strength` more are added at the quantiles of a log-normal prior
around 1. A new session so plans with the prior alone, and an outlier never has more than its share.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import exp

from abr.values import value

PRIOR_POINTS = 8


@lru_cache(8)
def prior_ratios(sigma: float) -> tuple[float, ...]:
    """The middle of each eighth of a log-normal distribution with median 1, the quick ones first."""
    from statistics import NormalDist

    normal = NormalDist()
    return tuple(exp(sigma * normal.inv_cdf((2 * i + 1) / (2 * PRIOR_POINTS))) for i in range(PRIOR_POINTS))


@value
class Spread:
    """What a transfer takes over what was forecast, and how many of `sum(shares)` transfers do so."""

    ratios: tuple[float, ...]
    shares: tuple[int, ...]

    def chance_late(self, time_s: float, buffer_s: float) -> float:
        """The chance that a transfer that is forecast to take `time_s` takes longer than `buffer_s`."""
        late = sum(share for ratio, share in zip(self.ratios, self.shares, strict=True) if time_s * ratio > buffer_s)
        return late / sum(self.shares)


def spread(observed: Iterable[float], strength: int, sigma: float, total: int) -> Spread:
    """`total` shared out over the observed ratios and then the prior's, which has the weight of `strength` of them."""
    own = tuple(observed)
    each = total // (len(own) + strength)
    share, over = divmod(total - each * len(own), PRIOR_POINTS)
    # What does not divide goes to the slow end.
    prior = tuple([share + (i >= PRIOR_POINTS - over) for i in range(PRIOR_POINTS)])
    return Spread(own + prior_ratios(sigma), (each,) * len(own) + prior)
