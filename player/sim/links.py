"""Twenty links that need no file: built in, drawn by hand, by chance, and from a model, for real sockets to follow."""

from __future__ import annotations

from random import Random

from abr.trace.fit import fit
from abr.trace.model import Step, Trace
from abr.trace.synthetic import builtin, builtin_names, markov, outage, ramp, sawtooth, step

LASTING_S = 60.0
FITTED = 5
LEVELS_BPS = (700e3, 1.5e6, 2.8e6, 4.5e6, 7e6)


def _named(name: str, trace: Trace) -> Trace:
    return Trace(trace.steps, name=name, family=trace.family, notes=trace.notes)


def twenty_links() -> list[Trace]:
    """The same on every machine: shapes that a rule has to follow, outages that it has to live through."""
    ours = [builtin(name) for name in builtin_names()]
    even = Trace([Step(LASTING_S, 3e6, 0.04)])
    by_hand = {
        "even-3": even,
        "even-900k": Trace([Step(LASTING_S, 900e3, 0.08)]),
        "steps-5-1": step([5e6, 1e6], 8.0),
        "steps-2-8": step([2e6, 8e6, 3e6], 6.0, latency_s=0.02),
        "ramp-up": ramp(600e3, 8e6, LASTING_S),
        "ramp-down": ramp(8e6, 600e3, LASTING_S),
        "sawtooth": sawtooth(800e3, 5e6, 10.0, teeth=6),
        "outage-soon": outage(Trace([Step(LASTING_S, 2.5e6, 0.05)]), 4.0, 10.0),
        "outage-late": outage(even, 20.5, 15.0),
        "distant": Trace([Step(LASTING_S, 4e6, 0.2)]),
    }
    drawn = {f"markov-{k}": markov(LEVELS_BPS, 5.0, LASTING_S, Random(k), latency_s=0.05) for k in (1, 2)}
    model = fit(ours)
    learnt = [model.draw(LASTING_S, Random(k), name=f"fitted-{k}") for k in range(1, FITTED + 1)]
    return [*ours, *(_named(name, trace) for name, trace in (by_hand | drawn).items()), *learnt]
