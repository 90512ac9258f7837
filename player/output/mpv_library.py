"""Finding libmpv: every name and place it goes by, and what to install where there is none.

EVENFLOW_LIBMPV names one file to use, and then no other is tried.
"""

from __future__ import annotations

import ctypes.util
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

_NAMES = {
    "linux": ("libmpv.so.2", "libmpv.so.1", "libmpv.so"),
    "darwin": ("libmpv.2.dylib", "libmpv.1.dylib", "libmpv.dylib"),
    "win32": ("libmpv-2.dll", "mpv-2.dll", "mpv-1.dll"),
}
_PLACES = {
    "linux": ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/app/lib", "/run/host/usr/lib"),
    "darwin": ("/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"),
    "win32": (),
}
_import_lock = threading.Lock()


class MpvMissing(Exception):
    """This machine has no libmpv that can be used; the message names the package. Exit code 4."""


def load_mpv() -> ModuleType:
    """The python-mpv module, bound to the first library that works. Raises `MpvMissing`."""
    failure: Exception = OSError("no library of that name was found")
    with _import_lock:
        for library in _candidates():
            try:
                return _import_with(library)
            except ModuleNotFoundError as error:
                raise MpvMissing("The Python module 'mpv' is missing. Install it: pip install 'mpv>=1.0.8'") from error
            except (OSError, AttributeError) as error:  # not a library, or one too old for a function
                failure = error
    raise MpvMissing(f"libmpv cannot be used ({failure}). {advice()}") from failure


def _import_with(library: str) -> ModuleType:
    original = ctypes.util.find_library
    # python-mpv asks find_library only, which knows the linker's cache and no bundle.
    ctypes.util.find_library = lambda name: library if "mpv" in name else original(name)
    try:
        return importlib.import_module("mpv")
    finally:
        ctypes.util.find_library = original


def advice() -> str:
    """What to install on this system."""
    if sys.platform == "darwin":
        return "Install it with: brew install mpv"
    if sys.platform == "win32":
        return "Put libmpv-2.dll (mpv-dev-x86_64 of the shinchiro builds) beside the program or on PATH."
    return (
        "Install it with: apt install libmpv2 (Debian, Ubuntu), dnf install mpv-libs (Fedora) or pacman -S mpv (Arch)"
    )


def _candidates() -> Iterator[str]:
    named = os.environ.get("EVENFLOW_LIBMPV")
    if named:
        yield named
        return
    platform = "linux" if sys.platform.startswith("linux") else sys.platform
    names = _NAMES.get(platform, _NAMES["linux"])
    for place in _bundles():
        yield from (str(place / name) for name in names if (place / name).is_file())
    for name in ("mpv", *names):
        library = ctypes.util.find_library(name)
        if library:
            yield library
    for directory in _PLACES.get(platform, ()):
        yield from (str(path) for name in names for path in _within(Path(directory), name))


def _bundles() -> Iterator[Path]:
    """Where a frozen program carries its libraries."""
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle:
        yield Path(bundle)
    yield Path(sys.executable).parent


def _within(directory: Path, name: str) -> Iterator[Path]:
    """In the directory, or one below it (Debian's lib/<triplet>)."""
    direct = directory / name
    if direct.is_file():
        yield direct
    yield from directory.glob(f"*-linux-gnu*/{name}")
