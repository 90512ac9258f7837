"""What every adaptation rule is, and the registry that finds one by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from abr import plugins
from abr.checked import Checked
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
    """The known controllers, sorted: ours, and those of installed packages."""
    return tuple(sorted({*_ours(), *plugins.installed()}))


def create(name: str) -> Controller:
    """A fresh controller for one session.

    `fixed:3` hands "3" to the rule called `fixed`; `path/to/file.py:Class` is a plug-in. UnknownController: there is
    none, or it cannot be loaded; the message says what would do.
    """
    base, colon, argument = name.partition(":")
    if base in _ours():
        factory = _ours()[base]
        return _with_argument(factory, name, argument) if colon else factory()
    return _plugin(name)


def label(name: str) -> str:
    """What the controller is called in tables: `name` itself, or the name that a plug-in file's class says."""
    return create(name).name if plugins.is_file_spec(name) else name


def _ours() -> dict[str, ControllerFactory]:
    import abr.controllers  # noqa: F401  the rules register themselves

    return _factories


def _plugin(name: str) -> Controller:
    try:
        factory = plugins.load(name)
    except plugins.PluginError as error:
        raise UnknownController(str(error)) from error
    if factory is None:
        raise UnknownController(f"no controller is called {name!r}; there are: {', '.join(names())}")
    try:
        return Checked(factory())
    except Exception as error:
        raise UnknownController(f"{name}: cannot be made without arguments: {error}") from error


def _with_argument(factory: ControllerFactory, name: str, argument: str) -> Controller:
    make: Callable[[str], Controller] | None = getattr(factory, "from_argument", None)
    if make is None:
        raise UnknownController(f"controller {name.partition(':')[0]!r} takes no argument, so {name!r} is none")
    try:
        return make(argument)
    except ValueError as error:
        raise UnknownController(f"{argument!r} is no argument for {name.partition(':')[0]!r}: {error}") from error
