"""Facts about this machine, for `evenflow doctor` and for whoever must choose between a window and none."""

from __future__ import annotations

import contextlib
import ctypes.util
import glob
import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from player import system_packages

State = Literal["good", "note", "missing"]

PORTS = (8780, 8781, 8782)
PROBE_TIMEOUT_S = 30.0
# Three demo films in six rungs take some 0.4 GB while they are made.
WANTED_DISK_BYTES = 2_000_000_000

# Loaded in a process of its own: a broken graphics driver can end the process that loads libmpv or Qt.
LIBMPV_PROBE = """
import ctypes, os, sys
library = ctypes.CDLL(sys.argv[1])
library.mpv_client_api_version.restype = ctypes.c_ulong
library.mpv_create.restype = ctypes.c_void_p
library.mpv_get_property_string.restype = ctypes.c_void_p
api = library.mpv_client_api_version()
handle = ctypes.c_void_p(library.mpv_create())
library.mpv_initialize(handle)
text = ctypes.string_at(library.mpv_get_property_string(handle, b"mpv-version")).decode()
print(f"{text} (client API {api >> 16}.{api & 0xFFFF})", flush=True)
os._exit(0)
"""
FFMPEG_PROBE = """
import av, av.codec
versions = ".".join(map(str, av.library_versions["libavcodec"]))
av.codec.Codec("libx264", "w")
print(f"PyAV {av.__version__}, libavcodec {versions}, libx264", flush=True)
"""
QT_PROBE = "import PySide6.QtGui, PySide6; print(PySide6.__version__, flush=True)"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing looked at. `required` for any run, `window` for a window only; `advice` is how to get it."""

    name: str
    state: State
    value: str
    advice: str = ""
    required: bool = False
    window: bool = False


def look(data: str | None = None) -> list[Fact]:
    """All facts, in the order in which a person would ask."""
    checks: tuple[Callable[[], Fact], ...] = (_python, _platform, _environment, _ffmpeg, lambda: _disk(data), _ports)
    window: tuple[Callable[[], Fact], ...] = (_libmpv, _qt, _libraries, _display, _hardware_decoding, _sandbox)
    return [check() for check in checks + window]


def find_libmpv() -> str | None:
    """The name or path under which libmpv can be loaded here, or None. Loads nothing."""
    if sys.platform == "win32":
        return next((found for name in ("libmpv-2.dll", "mpv-2.dll") if (found := shutil.which(name))), None)
    # Homebrew's folder is not on the path of ctypes.
    for pattern in ("/opt/homebrew/lib/libmpv.2.dylib", "/usr/local/lib/libmpv.2.dylib"):
        if os.path.exists(pattern):
            return pattern
    return ctypes.util.find_library("mpv")


def has_display() -> bool:
    """True when a window could be shown: a screen of Windows or macOS, or the address of an X or Wayland server."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))


def window_lacks() -> list[Fact]:
    """What stands between this machine and a window; empty when nothing does. Cheap: loads no library."""
    facts = [_display(), _all_libraries() if sys.platform.startswith("linux") else _found_libmpv()]
    if importlib.util.find_spec("PySide6") is None:
        facts.append(_no_qt())
    return [fact for fact in facts if fact.state == "missing"]


def _python() -> Fact:
    value = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Fact("Python", "good", value, required=True)
    return Fact("Python", "missing", f"{value}: 3.11 to 3.13 is needed", system_packages.python_advice(), required=True)


def _platform() -> Fact:
    value = f"{platform.platform()}, {os.cpu_count()} processors"
    return Fact("system", "good", value)


def _environment() -> Fact:
    if sys.prefix == sys.base_prefix:
        return Fact("environment", "note", "no private environment: the packages are those of the system")
    return Fact("environment", "good", sys.prefix)


def _ffmpeg() -> Fact:
    code, text = _probe(FFMPEG_PROBE)
    if code == 0:
        return Fact("encoder", "good", text, required=True)
    return Fact("encoder", "missing", text, "pip install 'evenflow[backend]'", required=True)


def _disk(data: str | None) -> Fact:
    folder = data_folder(data)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free_bytes = shutil.disk_usage(existing).free
    value = f"{folder} ({free_bytes / 1e9:.1f} GB free)"
    if not os.access(existing, os.W_OK):
        return Fact("data folder", "missing", f"{value}, not writable", "name another with --data DIR", required=True)
    if free_bytes < WANTED_DISK_BYTES:
        advice = f"free {WANTED_DISK_BYTES / 1e9:.0f} GB there, or name another folder with --data DIR"
        return Fact("data folder", "missing", value, advice, required=True)
    return Fact("data folder", "good", value, required=True)


def data_folder(data: str | None = None) -> Path:
    """Where films, accounts and resume points live: the argument, EVENFLOW_DATA_DIR, the platform's own place."""
    named = data or os.environ.get("EVENFLOW_DATA_DIR")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("evenflow")


def _ports() -> Fact:
    taken = [str(port) for port in PORTS if not _is_free(port)]
    listed = ", ".join(map(str, PORTS))
    if not taken:
        return Fact("ports", "good", f"{listed} free")
    advice = "stop what listens there (perhaps another evenflow), or use --port 0"
    return Fact("ports", "note", f"taken: {', '.join(taken)} (of {listed})", advice)


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        if os.name != "nt":
            # As our servers do: a connection that has just ended must not count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _libmpv() -> Fact:
    name = find_libmpv()
    if name is None:
        return _no_libmpv()
    code, text = _probe(LIBMPV_PROBE, name)
    if code != 0:
        return Fact("libmpv", "missing", f"{name}: {text}", system_packages.libmpv_advice(), window=True)
    return Fact("libmpv", "good", f"{text} from {name}", window=True)


def _no_libmpv() -> Fact:
    return Fact("libmpv", "missing", "not found", system_packages.libmpv_advice(), window=True)


def _qt() -> Fact:
    try:
        number = version("PySide6-Essentials")
    except PackageNotFoundError:
        return _no_qt()
    if number.startswith("6.12.0") and sys.version_info < (3, 12):
        value = f"{number} aborts on Python 3.11: it drops references to None"
        return Fact("PySide6", "missing", value, "pip install 'PySide6-Essentials<6.12'", window=True)
    code, text = _probe(QT_PROBE)
    if code == 0:
        return Fact("PySide6", "good", text, window=True)
    return Fact("PySide6", "missing", f"{number} does not load: {text}", "the system libraries below", window=True)


def _no_qt() -> Fact:
    return Fact("PySide6", "missing", "not installed", "pip install 'evenflow[gui]'", window=True)


def _found_libmpv() -> Fact:
    name = find_libmpv()
    return _no_libmpv() if name is None else Fact("libmpv", "good", name, window=True)


def _libraries() -> Fact:
    """What Qt needs besides libmpv, which has a line of its own in the table."""
    return _lacking([item for item in system_packages.missing("window") if item.debian != "libmpv2"])


def _all_libraries() -> Fact:
    """libmpv and the rest as one fact, so that one line brings them all."""
    return _lacking(system_packages.missing("window"))


def _lacking(lacking: list[system_packages.Item]) -> Fact:
    if not lacking:
        return Fact("window libraries", "good", "GL, EGL, xkbcommon, fontconfig, xcb", window=True)
    names = ", ".join(item.name for item in lacking)
    return Fact("window libraries", "missing", f"lacking {names}", system_packages.advice(lacking), window=True)


def _display() -> Fact:
    if sys.platform in ("win32", "darwin"):
        return Fact("screen", "good", sys.platform, window=True)
    named = [f"{name}={os.environ[name]}" for name in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(name)]
    if named:
        return Fact("screen", "good", " ".join(named), window=True)
    advice = "start it in a desktop session, or under: xvfb-run -a"
    return Fact("screen", "missing", "neither DISPLAY nor WAYLAND_DISPLAY is set", advice, window=True)


def _hardware_decoding() -> Fact:
    if sys.platform == "darwin":
        return Fact("hardware decoding", "good", "VideoToolbox")
    if sys.platform == "win32":
        return Fact("hardware decoding", "good", "D3D11 video, where the driver has it")
    nodes = sorted(glob.glob("/dev/dri/renderD*") + glob.glob("/dev/nvidia[0-9]*"))
    if nodes:
        return Fact("hardware decoding", "good", f"possible through {', '.join(nodes)}")
    return Fact("hardware decoding", "note", "no render node: films are decoded in software")


def _sandbox() -> Fact:
    boxes = {"/.flatpak-info": "Flatpak", "/.dockerenv": "a container", "/run/.containerenv": "a container"}
    inside = next(
        (name for path, name in boxes.items() if os.path.exists(path)), "Snap" if "SNAP" in os.environ else ""
    )
    return Fact("sandbox", "note" if inside else "good", inside or "none")


def _probe(code: str, *arguments: str) -> tuple[int, str]:
    """Run `code` in a Python of its own; returns its exit status and its last line."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"did not answer within {PROBE_TIMEOUT_S:.0f} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else f"ended with status {done.returncode}"
