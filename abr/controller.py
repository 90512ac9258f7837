"""What every adaptation rule is, and the registry that finds one by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from abr.model import Decision, Observation


@runtime_checkable
class Controller(Protocol):
    """One session's adaptation rule. A new session takes a new instance; it may remember, but never read a clock."""

    @property
    def name(self) -> str: ...

    def decide(self, observation: Observation) -> Decision:
        """Choose the rung of `observation.chunk_index`."""
        ...


ControllerFactory = Callable[[], Controller]


class UnknownController(ValueError):
    """No controller has this name."""


_factories: dict[str, ControllerFactory] = {}


def register(name: str) -> Callable[[ControllerFactory], ControllerFactory]:
    """Class decorator: make a controller known by `name`."""

    def add(factory: ControllerFactory) -> ControllerFactory:
        if name in _factories:
            raise ValueError(f"two controllers are called {name!r}")
        _factories[name] = factory
        return factory

    return add


def names() -> tuple[str, ...]:
    """The known controllers, sorted."""
    import abr.controllers  # noqa: F401  the rules register themselves

    return tuple(sorted(_factories))


def create(name: str) -> Controller:
    """A fresh controller for one session. `fixed:3` hands "3" to the rule called `fixed`."""
    known = names()
    base, colon, argument = name.partition(":")
    if base not in _factories:
        raise UnknownController(f"no controller is called {name!r}; there are: {', '.join(known)}")
    factory = _factories[base]
    return _with_argument(factory, name, argument) if colon else factory()


def _with_argument(factory: ControllerFactory, name: str, argument: str) -> Controller:
    make: Callable[[str], Controller] | None = getattr(factory, "from_argument", None)
    if make is None:
        raise UnknownController(f"controller {name.partition(':')[0]!r} takes no argument, so {name!r} is none")
    try:
        return make(argument)
    except ValueError as error:
        raise UnknownController(f"{argument!r} is no argument for {name.partition(':')[0]!r}: {error}") from error
