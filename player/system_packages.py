"""The system libraries that the window and the tests need, where each comes from, and how to install them.

Used by the launcher (any Python from 3.8 on, before there is an environment) and by `evenflow doctor`.
"""

from __future__ import annotations

import ctypes
import glob
import os
import shutil
import subprocess
import sys
from typing import NamedTuple


class Item(NamedTuple):
    """One thing that a machine may lack, and the package that brings it on each family of systems."""

    name: str
    kind: str
    debian: str
    fedora: str
    arch: str


def _library(name: str, debian: str, fedora: str, arch: str) -> Item:
    return Item(name, "library", debian, fedora, arch)


WINDOW = (
    _library("libmpv.so.2", "libmpv2", "mpv-libs", "mpv"),
    _library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    _library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    _library("libOpenGL.so.0", "libopengl0", "libglvnd-opengl", "libglvnd"),
    _library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    _library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    _library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    _library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    _library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    _library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    _library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    _library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    _library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    _library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    _library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    _library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    _library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    _library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    _library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    _library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
)
TEST = (
    *WINDOW,
    Item("Xvfb", "program", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    Item("OpenGL in software", "renderer", "libgl1-mesa-dri", "mesa-dri-drivers", "mesa"),
)
GROUPS = {"window": WINDOW, "test": TEST}
RENDERERS = (
    "/usr/lib*/dri/swrast_dri.so",
    "/usr/lib/*/dri/swrast_dri.so",
    "/usr/lib*/libgallium-*.so",
    "/usr/lib/*/libgallium-*.so",
)
APT_TIMEOUT_S = 900


def missing(group: str) -> list[Item]:
    """What this machine lacks of a group. Off Linux it is empty: the wheels bring all but libmpv there."""
    if not sys.platform.startswith("linux"):
        return []
    cache = _loader_cache()
    return [item for item in GROUPS[group] if not _present(item, cache)]


def advice(items: list[Item]) -> str:
    """The exact line that installs these items on this system."""
    system = family()
    if system == "debian":
        return sudo() + "apt-get install -y --no-install-recommends " + _joined(item.debian for item in items)
    if system == "fedora":
        return sudo() + "dnf install -y " + _joined(item.fedora for item in items)
    if system == "arch":
        return sudo() + "pacman -S --needed " + _joined(item.arch for item in items)
    return "install with this system's package manager: " + ", ".join(item.name for item in items)


def libmpv_advice() -> str:
    """The exact line or words that bring libmpv here."""
    if sys.platform == "darwin":
        return "brew install mpv"
    if sys.platform == "win32":
        return "put libmpv-2.dll (from an mpv-dev archive, see mpv.io/installation) into a folder on PATH"
    return advice([WINDOW[0]])


def python_advice() -> str:
    """How to get a supported Python on this system."""
    lines = {
        "debian": "apt-get install -y python3.11 python3.11-venv",
        "fedora": "dnf install -y python3.13",
        "arch": "pacman -S --needed uv",
    }
    if sys.platform == "darwin":
        return "brew install python@3.13"
    if sys.platform == "win32":
        return "winget install Python.Python.3.13"
    line = lines.get(family())
    return sudo() + line if line else "install Python 3.13, or uv, which brings its own"


def venv_advice(package: str) -> str:
    """How to get Python's venv module on this system."""
    if family() == "debian":
        return sudo() + "apt-get install -y --no-install-recommends " + package
    return "install uv, or the package that carries Python's venv and ensurepip modules"


def family() -> str:
    """debian, fedora, arch, or an empty text; from os-release."""
    words: list[str] = []
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition("=")
            if name in ("ID", "ID_LIKE"):
                words += value.strip("\"'").split()
        break
    known = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "arch": "arch"}
    return next((known[word] for word in words if word in known), "")


def may_install() -> bool:
    """True where packages may be installed without asking: root on Debian or Ubuntu."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and family() == "debian" and shutil.which("apt-get") is not None


def apt_install(packages: list[str]) -> str:
    """Install with apt; returns what went wrong, empty when nothing did."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Another apt may hold the lock for a while on a machine that has just started.
    base = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            done = subprocess.run(
                [*base, *step],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=APT_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return "apt-get %s did not finish: %s" % (step[0], error)
        if done.returncode != 0:
            lines = done.stdout.decode("utf-8", "replace").splitlines()
            said = [line for line in lines if line.startswith(("E:", "Err:", "W:"))] or lines
            return "apt-get %s failed: %s" % (step[0], " / ".join(said[-4:]))
    return ""


def sudo() -> str:
    """`sudo ` when this user needs it."""
    return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "


def _joined(packages: object) -> str:
    return " ".join(dict.fromkeys(packages))  # type: ignore[call-overload]


def _loader_cache() -> str:
    """The loader's own list of libraries: a look costs milliseconds, loading libmpv to ask would cost hundreds."""
    program = shutil.which("ldconfig") or "/sbin/ldconfig"
    try:
        return subprocess.run([program, "-p"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _present(item: Item, cache: str) -> bool:
    if item.kind == "program":
        return shutil.which(item.name) is not None
    if item.kind == "renderer":
        return any(glob.glob(pattern) for pattern in RENDERERS)
    if "\t" + item.name + " " in cache:
        return True
    try:
        ctypes.CDLL(item.name)
    except OSError:
        return False
    return True
