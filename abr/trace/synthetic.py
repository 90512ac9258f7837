"""Links that are made, not recorded: shapes for tests, and three of our own that look like recordings.

Chance comes in as an argument. Rates are rounded to whole kbit/s, so that a trace is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log, sin, tau
from random import Random

from abr.trace.model import Step, Trace, TraceError

BUILTIN_PREFIX = "builtin:"


def step(rates_bps: Sequence[float], hold_s: float, *, latency_s: float = 0.05) -> Trace:
    """One rate after the other, each for `hold_s`."""
    return Trace([Step(hold_s, rate, latency_s) for rate in rates_bps], name="step", family="synthetic")


def ramp(
    low_bps: float, high_bps: float, duration_s: float, *, period_s: float = 1.0, latency_s: float = 0.05
) -> Trace:
    """A straight line from `low_bps` to `high_bps`, in steps of `period_s`."""
    count = max(2, round(duration_s / period_s))
    rates = [low_bps + (high_bps - low_bps) * i / (count - 1) for i in range(count)]
    return Trace([Step(duration_s / count, _kbit(r), latency_s) for r in rates], name="ramp", family="synthetic")


def sawtooth(low_bps: float, high_bps: float, period_s: float, *, teeth: int = 4, latency_s: float = 0.05) -> Trace:
    """Up in a straight line, then down at once, `teeth` times."""
    tooth = ramp(low_bps, high_bps, period_s, latency_s=latency_s)
    return Trace(tooth.steps * teeth, name="sawtooth", family="synthetic")


def markov(
    levels_bps: Sequence[float], hold_s: float, duration_s: float, rng: Random, *, latency_s: float = 0.05
) -> Trace:
    """A level holds for an exponential time of mean `hold_s`, then moves to a neighbour."""
    level, at_s, steps = rng.randrange(len(levels_bps)), 0.0, []
    while at_s < duration_s:
        span_s = min(max(0.1, round(-hold_s * log(1.0 - rng.random()), 3)), duration_s - at_s)
        steps.append(Step(span_s, _kbit(levels_bps[level]), latency_s))
        at_s += span_s
        move = rng.choice((-1, 1))
        level = min(max(level + move, 0), len(levels_bps) - 1)
    return Trace(steps, name="markov", family="synthetic")


def outage(trace: Trace, at_s: float, duration_s: float) -> Trace:
    """`trace` with nothing coming through for `duration_s` from `at_s` on."""
    end_s, from_s, steps = at_s + duration_s, 0.0, []
    for it in trace.steps:
        until_s = from_s + it.duration_s
        dark_from_s, dark_until_s = max(from_s, min(at_s, until_s)), max(from_s, min(end_s, until_s))
        steps += [
            Step(dark_from_s - from_s, it.rate_bps, it.latency_s),
            Step(dark_until_s - dark_from_s, 0.0, it.latency_s),
            Step(until_s - dark_until_s, it.rate_bps, it.latency_s),
        ]
        from_s = until_s
    return Trace(steps, name=f"{trace.name}+outage", family=trace.family)


def _kbit(rate_bps: float) -> float:
    return float(round(rate_bps / 1e3) * 1000)


def _rough(mean_bps: Callable[[float], float], seconds: int, seed: int, spread: float, latency_s: float) -> list[Step]:
    """A slow shape with a second-by-second roughness that remembers: log-normal, correlation 0.7."""
    rng, wobble, steps = Random(seed), 0.0, []
    for second in range(seconds):
        # Twelve uniforms less six are close to normal, and the same on every machine.
        wobble = 0.7 * wobble + 0.714 * (sum(rng.random() for _ in range(12)) - 6.0)
        rate = mean_bps(second) * exp(spread * wobble - spread * spread / 2)
        steps.append(Step(1.0, _kbit(rate), latency_s))
    return steps


def _fade(at_s: float, centre_s: float, width_s: float, depth: float) -> float:
    """1 away from `centre_s`, `1 - depth` at it."""
    return 1.0 - depth * exp(-(((at_s - centre_s) / width_s) ** 2))


def _commute() -> Trace:
    """A tram through a city on 3G and 4G: five minutes, about 3 Mbit/s, two deep fades."""

    def mean_bps(at_s: float) -> float:
        cells = 3.6e6 * (1.0 + 0.35 * sin(tau * at_s / 74.0))
        return cells * _fade(at_s, 96.0, 13.0, 0.96) * _fade(at_s, 214.0, 18.0, 0.94)

    return Trace(_rough(mean_bps, 300, 11, 0.35, 0.09), name="evenflow-commute", family="builtin")


def _home() -> Trace:
    """A wireless network at home: five minutes, about 12 Mbit/s, the neighbours busy in the middle."""

    def mean_bps(at_s: float) -> float:
        return 13.5e6 * _fade(at_s, 150.0, 45.0, 0.55)

    return Trace(_rough(mean_bps, 300, 23, 0.18, 0.02), name="evenflow-home", family="builtin")


def _tunnel() -> Trace:
    """A train: six minutes, about 5 Mbit/s between hills, and two tunnels of 12 s and 20 s without any signal."""

    def mean_bps(at_s: float) -> float:
        return 5.5e6 * (1.0 + 0.5 * sin(tau * at_s / 110.0))

    open_air = Trace(_rough(mean_bps, 360, 37, 0.4, 0.07), name="evenflow-train-tunnel", family="builtin")
    dark = outage(outage(open_air, 118.0, 12.0), 262.0, 20.0)
    return Trace(dark.steps, name="evenflow-train-tunnel", family="builtin")


_BUILTIN: dict[str, Callable[[], Trace]] = {
    "evenflow-commute": _commute,
    "evenflow-home": _home,
    "evenflow-train-tunnel": _tunnel,
}


def builtin_names() -> tuple[str, ...]:
    """The traces that come with the program."""
    return tuple(_BUILTIN)


def builtin(name: str) -> Trace:
    """A trace that comes with the program, by name."""
    if name not in _BUILTIN:
        raise TraceError(f"there is no built-in trace {name!r}; there are: {', '.join(_BUILTIN)}")
    return _BUILTIN[name]()
