"""LoL+'s weights: which of 625 vectors promises the best QoE (see `lolp`).

Source: dash.js 5.1.1, LoLpWeightSelector and LoLpQoEEvaluator. For every rung and every vector of four weights from
0.2, 0.4, 0.6, 0.8 and 1 (for rate, latency, stall and switch) a chunk's QoE is estimated:
p b - b_max s / w_stall - c(l) l - b_min |1 - speed|, bit rates in kbit/s, with l = the neuron's latency / w_latency,
c = 0.05 b_min up to 1.1 s and 0.1 b_max beyond, and s = max(1e-5, fetch time - next buffer). The first vector with the
highest estimate wins, rungs from the lowest up, vectors in the order of their values; only rungs count whose next
buffer is 0.3 s and more.

The weights of rate and switch are not in the estimate, so of the vectors that differ only in them the first one wins:
25 pairs of latency and stall weights stand for all 625.
The original also asks that the latency be at most 1.5 s more than its change since the last time. As the selector is
made anew for every chunk there, the last latency is always 0, and the condition always holds. It is left out.
"""

from __future__ import annotations

Weights = tuple[float, float, float, float]
"""Of rate, latency, stall and switch."""

VALUES = (0.2, 0.4, 0.6, 0.8, 1.0)
LEAST_STALL_S = 1e-5
LOW_LATENCY_S = 1.1


class WeightSelector:
    """For one ladder and one chunk duration."""

    __slots__ = ("_min_buffer_s", "_rates_kbps", "_rewards")

    def __init__(self, rates_bps: tuple[int, ...], chunk_s: float, min_buffer_s: float) -> None:
        self._rates_kbps = [rate / 1e3 for rate in rates_bps]
        self._rewards = [chunk_s * rate for rate in self._rates_kbps]
        self._min_buffer_s = min_buffer_s

    def choose(
        self, fetches_s: list[float], next_s: list[float], latencies: list[float], speed: float
    ) -> Weights | None:
        """The vector, from each rung's fetch time, next buffer and neuron's latency; None when no rung counts."""
        best: Weights | None = None
        best_qoe = float("-inf")
        speed_loss = self._rates_kbps[0] * abs(1.0 - speed)
        for rung, next_buffer_s in enumerate(next_s):
            if next_buffer_s < self._min_buffer_s:
                continue
            stall_s = max(LEAST_STALL_S, fetches_s[rung] - next_buffer_s)
            stall_losses = [self._rates_kbps[-1] * (1.0 / weight * stall_s) for weight in VALUES]
            for weight in VALUES:
                gain = self._rewards[rung]
                latency_loss = self._latency_loss(1.0 / weight * latencies[rung])
                for stall_weight, stall_loss in zip(VALUES, stall_losses, strict=True):
                    qoe = gain - stall_loss - latency_loss - speed_loss
                    if qoe > best_qoe:
                        best, best_qoe = (VALUES[0], weight, stall_weight, VALUES[0]), qoe
        return best

    def _latency_loss(self, latency_s: float) -> float:
        penalty = self._rates_kbps[0] * 0.05 if latency_s <= LOW_LATENCY_S else self._rates_kbps[-1] * 0.1
        return penalty * latency_s
