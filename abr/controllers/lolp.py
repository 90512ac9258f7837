"""LoL+: a self-organising map with a neuron per rung.

Source: Bentaleb et al., "Catching the Moment With LoL+ in Twitch-Like Low-Latency Live Streaming Platforms" (IEEE
Transactions on Multimedia, 2021), as in dash.js 5.1.1, rules/abr/lolp. A neuron's state is (rate, latency, stall,
switch), at first its rung's bit rate over the length of the vector of all bit rates, and zeros. Where the present
rung's fetch would leave less than 0.3 s buffered, the highest lower rung within the rate is taken. Else weights are
chosen by `lolp_weights`, and the neuron nearest to (rate, 0, 0, 0) wins; a rung within 10 kbit/s of the rate or above
it, or whose fetch leaves less than 0.3 s, has its distance in the rate weighted by 100. The present neuron then learns
what was, the winner what is wanted, each with its neighbours (rate 0.01, sigma 0.1). The rate is 0.9 of the lower of
dash.js's means. Ties: the lower of two rungs whose neurons are equally near.

Deterministic: dash.js draws k-means++ centres at random for the weights that hold until the first choice. That choice
never fails there: its latency condition cannot be missed (see `lolp_weights`), and the rung at hand, which has just
been found to leave 0.3 s, meets the other one. So the centres never count, and here there are none.
Consistent units: the QoE estimate has kbit/s throughout, where dash.js's has bit/s for the rung and kbit/s for the
rest. As in the original: with a short buffer the present rung is kept when no lower one is within the rate, even in a
stall, and rungs whose neurons have drifted away from their bit rates are not put back.

On demand: dash.js gives the rule a latency of 0 where there is no live edge, and so does this one; only a session with
`live_delay_s` has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, fsum, hypot, sqrt

from abr import wording
from abr.controller import register
from abr.controllers.lolp_weights import Weights, WeightSelector
from abr.controllers.throughput import first_decision
from abr.estimators.dashjs_throughput import DashjsThroughput, DashjsThroughputSettings
from abr.estimators.unseen import Unseen
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex

State = tuple[float, float, float, float]
"""A neuron's or an input's rate, latency, stall and switch, each over its norm."""


@dataclass(frozen=True, slots=True)
class Settings:
    """dash.js's constants. `rate_margin_bps`: how far the rate must be above a rung that is to count as carried."""

    min_buffer_s: float = 0.3
    safety: float = 0.9
    rate_margin_bps: float = 10_000.0
    beyond_weight: float = 100.0
    learning_rate: float = 0.01
    sigma: float = 0.1
    latency_norm_s: float = 100.0
    estimator: DashjsThroughputSettings = field(default_factory=DashjsThroughputSettings)


class Som:
    """The neurons of one ladder, lowest rung first."""

    __slots__ = ("_settings", "norm_bps", "rates_bps", "states")

    def __init__(self, rates_bps: tuple[int, ...], settings: Settings) -> None:
        self._settings = settings
        self.rates_bps = rates_bps
        self.norm_bps = sqrt(fsum(float(rate) ** 2 for rate in rates_bps))
        self.states: list[State] = [(rate / self.norm_bps, 0.0, 0.0, 0.0) for rate in rates_bps]

    def normalised(self, rate_bps: float) -> float:
        """A rate over the norm; what is beyond 1 counts as much as the fastest neuron."""
        value = rate_bps / self.norm_bps
        return value if value <= 1.0 else max(state[0] for state in self.states)

    def winner(self, target: float, weights: Weights, beyond: list[bool]) -> RungIndex:
        """The neuron nearest to (target, 0, 0, 0); a rung that is `beyond` what can be had is weighted apart."""
        best, best_distance = 0, float("inf")
        for index, (rate, latency, stall, switch) in enumerate(self.states):
            weight = self._settings.beyond_weight if beyond[index] else weights[0]
            distance = sqrt(
                weight * (rate - target) ** 2 + weights[1] * latency**2 + weights[2] * stall**2 + weights[3] * switch**2
            )
            if distance < best_distance:
                best, best_distance = index, distance
        return best

    def learn(self, centre: RungIndex, seen: State) -> None:
        """Pull `centre` and its neighbours towards `seen`, one after the other, in the ladder's order."""
        settings, states = self._settings, self.states
        for index, state in enumerate(states):
            # The centre moves when it is its turn: those after it are near to where it is then, as in the original.
            near = states[centre]
            distance = hypot(state[0] - near[0], state[1] - near[1], state[2] - near[2], state[3] - near[3])
            pull = settings.learning_rate * exp(-(distance**2) / (2.0 * settings.sigma**2))
            states[index] = (
                state[0] + (seen[0] - state[0]) * pull,
                state[1] + (seen[1] - state[1]) * pull,
                state[2] + (seen[2] - state[2]) * pull,
                state[3] + (seen[3] - state[3]) * pull,
            )


@register("lolp")
class LolP:
    """Learns what each rung brings; the buffer holds it back."""

    name = "lolp"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._throughput = DashjsThroughput(self._settings.estimator)
        self._unseen = Unseen()
        self.som: Som | None = None
        """What has been learnt; None before anything is measured."""
        self._selector: WeightSelector | None = None
        self._weights: Weights = (1.0, 1.0, 1.0, 1.0)

    def decide(self, observation: Observation) -> Decision:
        for sample in self._unseen.take(observation.samples):
            self._throughput.add(sample)
        mean_kbps = self._throughput.mean_kbps
        if mean_kbps is None:
            return first_decision(observation)
        som, selector = self._learners(observation)
        rate_bps = 1e3 * self._settings.safety * mean_kbps
        current = min(observation.previous_rung or 0, observation.highest_allowed)
        chunk_s, buffer_s = observation.chunk_duration_s, observation.buffer_s
        fetches_s = [rate * chunk_s / max(rate_bps, 1.0) for rate in som.rates_bps]
        if buffer_s - fetches_s[current] < self._settings.min_buffer_s:
            chosen = _step_down(som.rates_bps, current, rate_bps)
            facts = (observation.ladder, chosen, buffer_s, rate_bps, chosen == current)
            return Decision(chosen, Reason(ReasonCode.INSUFFICIENT_BUFFER, short_words, facts), rate_bps)
        next_s = [buffer_s - chunk_s if fetch_s > chunk_s else buffer_s + chunk_s - fetch_s for fetch_s in fetches_s]
        latencies = [state[1] for state in som.states]
        self._weights = selector.choose(fetches_s, next_s, latencies, observation.speed) or self._weights
        chosen = self._learn(som, observation, current, rate_bps, fetches_s[current], next_s)
        held = chosen == observation.previous_rung
        facts = (observation.ladder, chosen, buffer_s, rate_bps, held)
        return Decision(chosen, Reason(ReasonCode.HOLD if held else ReasonCode.UTILITY, nearest_words, facts), rate_bps)

    def _learners(self, seen: Observation) -> tuple[Som, WeightSelector]:
        """The map for what is allowed; a fresh one when that changes."""
        rates = seen.ladder.bitrates_bps[: seen.highest_allowed + 1]
        if self.som is None or self._selector is None or self.som.rates_bps != rates:
            self.som = Som(rates, self._settings)
            self._selector = WeightSelector(rates, seen.chunk_duration_s, self._settings.min_buffer_s)
        return self.som, self._selector

    def _learn(
        self, som: Som, seen: Observation, current: RungIndex, rate_bps: float, fetch_s: float, next_s: list[float]
    ) -> RungIndex:
        settings, target = self._settings, som.normalised(rate_bps)
        carried_bps = rate_bps - settings.rate_margin_bps
        beyond = [
            index > 0 and (rate > carried_bps or next_s[index] < settings.min_buffer_s)
            for index, rate in enumerate(som.rates_bps)
        ]
        chosen = som.winner(target, self._weights, beyond)
        latency = (seen.live_delay_s or 0.0) / settings.latency_norm_s
        stall_s = max(0.0, fetch_s - seen.buffer_s)
        switch = abs(som.rates_bps[current] - som.rates_bps[chosen]) / som.norm_bps
        som.learn(current, (target, latency, stall_s, switch))
        som.learn(chosen, (target, 0.0, 0.0, switch))
        return chosen


def _step_down(rates_bps: tuple[int, ...], current: RungIndex, rate_bps: float) -> RungIndex:
    """The highest lower rung that is within the rate; `current` when there is none."""
    return next((index for index in range(current - 1, -1, -1) if rates_bps[index] < rate_bps), current)


def short_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, rate_bps: float, held: bool) -> str:
    """The sentence when the buffer would run short."""
    short = f"{wording.seconds(buffer_s)} buffered would run short at {wording.rate(rate_bps)}"
    shown = wording.rung(ladder, chosen)
    return f"hold {shown}: {short}, and no lower rung fits" if held else f"{shown}: {short}"


def nearest_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, rate_bps: float, held: bool) -> str:
    """The sentence for the neuron that won."""
    shown = wording.rung(ladder, chosen)
    nearest = f"nearest to what is wanted at {wording.rate(rate_bps)} with {wording.seconds(buffer_s)} buffered"
    return f"hold {shown}: {nearest}" if held else f"{shown} is {nearest}"
