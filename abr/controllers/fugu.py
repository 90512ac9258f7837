"""Fugu without its network: stochastic MPC over what the session's own forecast errors say.

Source: Yan et al., "Learning in situ: a randomized experiment in video streaming" (NSDI 2020), and Puffer's puffer.cc,
puffer.hh and puffer_ttp.cc: value iteration over five chunks, bins of half a second (`planning/stochastic.py`). Where
Fugu asks a trained network for the distribution of a transfer's time, here the harmonic mean of the last five chunks'
rates gives its middle and the ratios of taken to forecast time of the last twelve transfers give its shape, smoothed by
a prior (`planning/spread.py`); so the figures are not Fugu's. Transfers of one plan are taken as independent, as there.

Quality is SSIM in dB, with 20 for a second of standstill, where the film comes with it; measured values above 60
cannot be dB (Puffer clips there) and are taken as VMAF, with 100 a second. Else it is QoE_lin: the rungs' rates, and
the top rung's rate for a second. Ties go to the lower rung, as in Puffer.

Not taken over: Puffer's quarter of a bin for a transfer that ends in the buffer's very bin (its code multiplies it by a
standstill of zero), probabilities below 1e-5 that are dropped without the rest being scaled up, and the optional blur.
Puffer's buffer holds 15 s; the grid here is as long as the cap, up to the hundred levels of Puffer's arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from abr import wording
from abr.controller import register
from abr.controllers.planning import Ahead, HarmonicForecast, look_ahead
from abr.controllers.planning.spread import Spread, spread
from abr.controllers.planning.stochastic import BINS, WEIGHT, Grid, StochasticPlanner
from abr.controllers.planning.worth import MICRO, StallPrices, Worth, WorthMemory
from abr.controllers.throughput import first_decision
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory`: transfers whose errors are remembered; `prior`: how many of them the prior stands for.

    `prior_sigma`: the prior's standard deviation of ln(taken / forecast). Over thirteen families of recordings it lies
    between 0.16 (FCC) and 1.3 (5G), in the middle at 0.5; between 0.3 and 0.8 the mean score moves by half a percent.
    """

    horizon: int = 5
    memory: int = 12
    prior: int = 8
    prior_sigma: float = 0.5
    stall: StallPrices = field(default_factory=StallPrices)

    def __post_init__(self) -> None:
        if min(self.horizon, self.memory, self.prior) < 1 or self.prior_sigma < 0:
            raise ValueError(f"horizon, memory and prior are 1 or more, the prior's spread 0 or more, not {self}")


@register("fugu")
class Fugu:
    """Weighs what could happen instead of preparing for the worst."""

    name = "fugu"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._forecast = HarmonicForecast(ratios=self._settings.memory)
        self._worth_of = WorthMemory(self._settings.stall)
        self._planner: StochasticPlanner | None = None

    def decide(self, observation: Observation) -> Decision:
        mean_bps = self._forecast.update(observation.samples)
        ahead = look_ahead(observation, self._settings.horizon)
        worth = self._worth_of(observation, len(ahead.sizes_bytes))
        if mean_bps is None:
            return first_decision(observation)
        likely = spread(self._forecast.ratios, self._settings.prior, self._settings.prior_sigma, WEIGHT)
        values = self._values(ahead, worth, observation.highest_allowed + 1, mean_bps, likely)
        chosen = values.index(max(values))
        held = chosen == observation.previous_rung
        shown = min(chosen + 1, observation.highest_allowed)
        time_s = 8.0 * ahead.sizes_bytes[0][shown] / mean_bps
        facts = (observation.ladder, chosen, shown, held, mean_bps, time_s, ahead.buffer_us / MICRO, likely)
        return Decision(chosen, Reason(ReasonCode.HOLD if held else ReasonCode.PLAN, plan_words, facts), mean_bps)

    def _values(self, ahead: Ahead, worth: Worth, rungs: int, mean_bps: float, likely: Spread) -> list[int]:
        import numpy as np

        planner = self._planner_for(Grid.of(ahead.chunk_us / MICRO, (ahead.ceiling_us + ahead.chunk_us) / MICRO))
        grid = planner.grid
        sizes = np.array(ahead.sizes_bytes)[:, :rungs]
        weights = binned(sizes * (8.0 / mean_bps / grid.bin_s), likely)
        stall, level = round(worth.stall * grid.bin_s), grid.level(ahead.buffer_us / MICRO)
        return planner.values(np.array(worth.rows)[:, :rungs], weights, sizes, stall, level, worth.before)

    def _planner_for(self, grid: Grid) -> StochasticPlanner:
        if self._planner is None or self._planner.grid != grid:
            self._planner = StochasticPlanner(grid)
        return self._planner


def binned(times: Any, likely: Spread) -> Any:
    """`[k, q, t]`: counts of transfers that take t bins, for forecasts `times[k, q]` in bins."""
    import numpy as np

    bins = np.minimum(times.reshape(-1, 1) * np.array(likely.ratios) + 0.5, BINS - 1).astype(np.int64)
    places = bins + BINS * np.arange(len(bins))[:, None]
    found = np.bincount(places.ravel(), np.tile(likely.shares, len(bins)), BINS * len(bins))
    return found.astype(np.int64).reshape(*times.shape, BINS)


def plan_words(
    ladder: Ladder,
    chosen: RungIndex,
    shown: RungIndex,
    held: bool,
    mean_bps: float,
    time_s: float,
    buffer_s: float,
    likely: Spread,
) -> str:
    """The sentence: what is expected, and the chance that the next rung up comes too late."""
    text = f"{'hold ' if held else ''}{wording.rung(ladder, chosen)}: {wording.seconds(buffer_s)} buffered"
    chance = f"{100.0 * likely.chance_late(time_s, buffer_s):.0f} %"
    what = f"{wording.rung(ladder, shown)} would come" if shown != chosen else "it comes"
    return f"{text}, {wording.rate(mean_bps)} expected, {what} too late with a chance of {chance}"
