"""The rules that can be asked for many sessions at once, one a file, by the names of `abr.controllers`."""

from __future__ import annotations

from collections.abc import Callable

from abr.simulate.batch.rules.bba_0 import Bba0s
from abr.simulate.batch.rules.bola_basic import BolaBasics
from abr.simulate.batch.rules.bola_e import BolaEs
from abr.simulate.batch.rules.dynamic import Dynamics
from abr.simulate.batch.rules.fixed import Fixeds
from abr.simulate.batch.rules.throughput import Throughputs
from abr.simulate.batch.seen import Maker

_PLAIN: dict[str, Maker] = {
    "bba-0": Bba0s,
    "bola-basic": BolaBasics,
    "bola-e": BolaEs,
    "dynamic": Dynamics,
    "fixed": Fixeds,
    "throughput": Throughputs,
}
_WITH_ARGUMENT: dict[str, Callable[[str], Maker]] = {
    "bola-basic": BolaBasics.from_argument,
    "fixed": Fixeds.from_argument,
}

BATCHED = tuple(sorted(_PLAIN))
"""The names that have a batched rule; with an argument where the rule itself takes one (`fixed:3`)."""


def is_batched(name: str) -> bool:
    """Is there a batched rule for a controller's name, its argument included?"""
    base, colon, _ = name.partition(":")
    return base in (_WITH_ARGUMENT if colon else _PLAIN)


def rule_maker(name: str) -> Maker:
    """The batched rule called `name`. ValueError: there is none."""
    base, colon, argument = name.partition(":")
    if not is_batched(name):
        raise ValueError(
            f"no batched rule is called {name!r}; there are: {', '.join(BATCHED)}; "
            "abr.simulate.simulate plays any controller, one session at a time"
        )
    if not colon:
        return _PLAIN[base]
    try:
        return _WITH_ARGUMENT[base](argument)
    except ValueError as error:
        raise ValueError(f"{argument!r} is no argument for {base!r}: {error}") from error
