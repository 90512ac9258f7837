"""What a window needs of this machine, and what to install when it is not there."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

PACKAGES = (
    "libmpv2 libgl1 libegl1 libopengl0 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 "
    "libxcb-keysyms1 libxcb-render-util0 libxcb-randr0 libxcb-shape0 libxcb-xkb1 libfontconfig1 libdbus-1-3"
)


class MachineMissing(Exception):
    """Something that the window needs is not on this machine. The text names the packages; exit code 4."""


def check_window() -> None:
    """Raise `MachineMissing` unless Qt loads and there is a display to open a window on."""
    if sys.platform.startswith("linux") and not has_display():
        raise MachineMissing(
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). "
            "Start it from a desktop, or under `xvfb-run` (package xvfb), or play with --headless."
        )
    try:
        import PySide6.QtOpenGL
        import PySide6.QtQuick
    except ImportError as error:
        raise MachineMissing(
            f"Qt cannot be loaded: {error}. Install the window's parts: `pip install 'evenflow[gui]'` "
            f"and, on Debian or Ubuntu, `apt install {PACKAGES}`."
        ) from error
    if sys.platform.startswith("linux") and os.environ.get("DISPLAY") and not os.environ.get("QT_QPA_PLATFORM"):
        _check_x11(Path(PySide6.QtQuick.__file__).parent)


def _check_x11(pyside: Path) -> None:
    """Qt ends the process when its X11 part cannot be loaded, so it is tried first, where it can be told."""
    try:
        ctypes.CDLL(str(pyside / "Qt" / "lib" / "libQt6XcbQpa.so.6"))
    except OSError as error:
        raise MachineMissing(
            f"Qt cannot open windows on this display: {error}. On Debian or Ubuntu: `apt install {PACKAGES}`."
        ) from error


def has_display() -> bool:
    """Whether a window could be shown; a platform chosen by hand counts."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
