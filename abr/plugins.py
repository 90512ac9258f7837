"""Controllers of others: from an entry point of an installed package, or from `path/to/file.py:Class`.

The entry point group is `evenflow.controllers`; what a plug-in is asked to be is in docs/controllers.md. A name of
ours is never taken by an entry point: the built-in rule wins.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

GROUP = "evenflow.controllers"


class PluginError(ValueError):
    """A plug-in that cannot be used; the message names the file or the package, and the way out."""


def is_file_spec(name: str) -> bool:
    """`path/to/file.py:Class`, or a path that lacks the class."""
    return name.endswith(".py") or ".py:" in name


def installed() -> tuple[str, ...]:
    """The names of the installed plug-ins, sorted."""
    return tuple(sorted(_entries()))


def load(name: str) -> Callable[[], Any] | None:
    """The class called `name`; None when there is no such plug-in. PluginError: there is one, and it is broken."""
    if is_file_spec(name):
        path, _, class_name = name.rpartition(":") if ".py:" in name else (name, "", "")
        return _from_file(path, class_name)
    return _from_entry(name) if name in _entries() else None


def code_digest(name: str) -> str:
    """A hash of the plug-in's source, so that kept results of an older version are not taken for its own."""
    factory = load(name)
    if factory is None:
        return ""
    file = Path(inspect.getsourcefile(factory) or "")
    files = sorted(file.parent.rglob("*.py")) if (file.parent / "__init__.py").is_file() else [file]
    return sha256(b"\0".join(it.read_bytes() for it in files if it.is_file())).hexdigest()


def forget() -> None:
    """Look at what is installed anew, when it is next asked for."""
    _entries.cache_clear()
    _from_entry.cache_clear()
    _from_file.cache_clear()


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


@cache
def _from_entry(name: str) -> Callable[[], Any]:
    entry = _entries()[name]
    package = entry.dist.name if entry.dist is not None else "an installed package"
    where = f"the controller {name!r} of {package} ({entry.value})"
    try:
        loaded = entry.load()
    except Exception as error:
        raise PluginError(
            f"{where} cannot be loaded: {type(error).__name__}: {error}; repair it, or uninstall {package}"
        ) from error
    return _checked(loaded, where)


@cache
def _from_file(path: str, class_name: str) -> Callable[[], Any]:
    file = Path(path)
    if not file.is_file():
        raise PluginError(f"{path}: there is no such file; a plug-in is named as path/to/file.py:Class")
    module = _execute(file)
    here = [name for name, it in vars(module).items() if inspect.isclass(it) and callable(getattr(it, "decide", None))]
    hint = f"there is: {', '.join(here)}" if here else "no class in it has a decide(observation)"
    if not class_name:
        raise PluginError(f"{path}: which class is it? Name it as {path}:Class; {hint}")
    if not hasattr(module, class_name):
        raise PluginError(f"{path}: holds no class {class_name!r}; {hint}")
    return _checked(getattr(module, class_name), f"{path}:{class_name}")


def _execute(file: Path) -> Any:
    # The name is the place: two files of one name shall not share a module.
    digest = sha256(str(file.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"evenflow_controller_{digest}", file)
    if spec is None or spec.loader is None:
        raise PluginError(f"{file}: cannot be imported as a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        # Known while it runs and afterwards, since dataclasses and pickle look a class's module up.
        import sys

        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except Exception as error:
        raise PluginError(
            f"{file}: cannot be imported: {type(error).__name__}: {error}; repair it and start again"
        ) from error
    return module


def _checked(loaded: Any, where: str) -> Callable[[], Any]:
    if not callable(loaded):
        raise PluginError(f"{where}: is no class; docs/controllers.md shows one")
    if not callable(getattr(loaded, "decide", None)):
        raise PluginError(f"{where}: has no decide(observation); docs/controllers.md shows one")
    if not isinstance(getattr(loaded, "name", None), str) or not loaded.name:
        raise PluginError(f'{where}: says no name; add a line such as name = "mine" to the class')
    factory: Callable[[], Any] = loaded
    return factory
