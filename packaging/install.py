"""What the launcher does when the environment is missing or stale. Standard library only, Python 3.8 and newer.

The order makes an interrupted run harmless: system packages, environment, pins, the program itself, and the stamp
last. Without a stamp the next start repairs the environment; when the repair fails it is made anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from typing import IO

from player import system_packages

SUPPORTED = ("3.13", "3.12", "3.11")
TIMEOUT_S = 1800
# pip of Debian 12 has no faster switch than this: the pins are complete, so nothing needs to be resolved.
PIP_OPTIONS = ("--no-deps", "--quiet", "--disable-pip-version-check", "--no-input")


class InstallError(Exception):
    """This machine lacks something, or a step failed; the text says what and what to do."""


def prepare(root: str, venv: str, python: str, stamp_path: str, key: str, group: str) -> int:
    """Make `venv` fit for the program and see to the system libraries of `group`; returns an exit code."""
    try:
        with _Lock(venv + ".lock"):
            _prepare_locked(root, venv, python, stamp_path, key, group)
    except InstallError as error:
        _say(str(error))
        return 4
    return 0


def _prepare_locked(root: str, venv: str, python: str, stamp_path: str, key: str, group: str) -> None:
    stamp = _read_stamp(stamp_path)
    if stamp.get("key") != key or not os.path.exists(python):
        _install_environment(root, venv, python)
        stamp = {"key": key, "system": []}
        _write_stamp(stamp_path, stamp)
    if group and group not in stamp["system"]:
        _see_to_system(group)
        stamp["system"] = sorted({*stamp["system"], group})
        _write_stamp(stamp_path, stamp)


def _see_to_system(group: str) -> None:
    """Install the group's system packages where that is allowed; only the tests cannot do without."""
    missing = system_packages.missing(group)
    if not missing:
        return
    problem = "not installed by itself here (it needs root on Debian or Ubuntu)"
    if system_packages.may_install():
        packages = sorted({item.debian for item in missing})
        _say("installing %d system packages: %s" % (len(packages), " ".join(packages)))
        problem = system_packages.apt_install(packages)
        missing = system_packages.missing(group)
        if not missing:
            return
    text = "%s: %s\n  to get it: %s" % (
        "the tests need" if group == "test" else "a window needs",
        ", ".join(item.name for item in missing),
        system_packages.advice(missing),
    )
    if group == "test":
        raise InstallError(text + ("\n  " + problem if problem else ""))
    _say(text + ("\n  " + problem if problem else ""))


def _install_environment(root: str, venv: str, python: str) -> None:
    if os.path.isdir(venv) and os.listdir(venv) and not os.path.exists(os.path.join(venv, "pyvenv.cfg")):
        raise InstallError("%s is not an environment of Python; name another with EVENFLOW_VENV" % venv)
    uv = shutil.which("uv")
    started_s = time.monotonic()
    if _runs(python):
        try:
            _install_into(root, python, uv)
        except InstallError as error:
            _say("the environment cannot be repaired, making it anew (%s)" % str(error).splitlines()[0])
            _create_environment(venv, uv)
            _install_into(root, python, uv)
    else:
        _create_environment(venv, uv)
        _install_into(root, python, uv)
    _say("ready after %.0f s" % (time.monotonic() - started_s))


def _create_environment(venv: str, uv: str | None) -> None:
    base = find_python()
    shutil.rmtree(venv, ignore_errors=True)
    if uv:
        _say("making %s with uv" % venv)
        _run([uv, "venv", "--quiet", "--python", base or SUPPORTED[1], venv], "uv could not make the environment")
        return
    if base is None:
        raise InstallError(
            "Python 3.11, 3.12 or 3.13 is needed and none was found (this is %s)\n  to get it: %s"
            % (sys.version.split()[0], system_packages.python_advice())
        )
    _need_venv_module(base)
    _say("making %s with %s" % (venv, base))
    _run([base, "-m", "venv", venv], "python could not make the environment")


def find_python() -> str | None:
    """The first supported Python: the one running, then by name on PATH."""
    if "%d.%d" % sys.version_info[:2] in SUPPORTED:
        return getattr(sys, "_base_executable", None) or sys.executable
    for version in SUPPORTED:
        found = shutil.which("python" + version)
        if found and _runs(found):
            return found
        if os.name == "nt" and shutil.which("py"):
            asked = subprocess.run(
                ["py", "-" + version, "-c", "import sys; print(sys.executable)"],
                capture_output=True,
                text=True,
                check=False,
            )
            if asked.returncode == 0:
                return asked.stdout.strip()
    return None


def _need_venv_module(base: str) -> None:
    """Debian ships Python without ensurepip; without it `venv` makes an environment that has no pip."""
    if subprocess.run([base, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0:
        return
    asked = "import sys; print('python%d.%d-venv' % sys.version_info[:2])"
    package = subprocess.run([base, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()
    problem = "it is missing from this Python"
    if system_packages.may_install():
        _say("installing the system package %s" % package)
        problem = system_packages.apt_install([package])
        if not problem:
            return
    raise InstallError(
        "Python's venv module is needed: %s\n  to get it: %s" % (problem, system_packages.venv_advice(package))
    )


def _install_into(root: str, python: str, uv: str | None) -> None:
    pins = os.path.join(root, "packaging", "requirements.txt")
    if uv:
        pip = [uv, "pip", "install", "--quiet", "--python", python]
        options = ["--no-deps"]
    else:
        pip = [python, "-m", "pip", "install"]
        options = list(PIP_OPTIONS)
    _say("installing the pinned packages (about a minute the first time)")
    failed = "the pinned packages could not be installed; is the network there, and the package index reachable?"
    _run([*pip, *options, "--require-hashes", "-r", pins], failed)
    # The build backend is among the pins, so nothing is fetched here and nothing is resolved a second time.
    editable = [*pip, *options, "--no-build-isolation", "-e", root]
    _run(editable, "evenflow itself could not be installed from %s" % root)


def _run(command: list[str], failed: str) -> None:
    """Run a step with its output kept; on failure its last lines are the explanation."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InstallError("%s\n  gave up after %d minutes" % (failed, TIMEOUT_S // 60)) from None
        if process.returncode == 0:
            return
        output.seek(0)
        tail = output.read()[-4000:].decode("utf-8", "replace").strip().splitlines()[-8:]
    raise InstallError("\n  ".join([failed, *tail]))


def _runs(python: str) -> bool:
    """True when this interpreter starts and is one that the program supports."""
    code = "import sys; sys.exit('%d.%d' % sys.version_info[:2] not in " + repr(SUPPORTED) + ")"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _read_stamp(path: str) -> dict:  # type: ignore[type-arg]
    try:
        with open(path, encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and isinstance(stamp.get("system"), list) else {}


def _write_stamp(path: str, stamp: dict) -> None:  # type: ignore[type-arg]
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(stamp, file)
    os.replace(path + ".tmp", path)


def _say(text: str) -> None:
    sys.stderr.write("evenflow: %s\n" % text)
    sys.stderr.flush()


class _Lock:
    """One installation at a time; the second start waits, then finds the work done."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> None:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        self._file = open(self._path, "a+b")
        if not self._take(wait=False):
            _say("another start is installing; waiting for it")
            self._take(wait=True)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def _take(self, wait: bool) -> bool:
        assert self._file is not None
        if sys.platform == "win32":
            import msvcrt

            self._file.seek(0)
            try:
                msvcrt.locking(self._file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                return self._take(wait) if wait else False
            return True
        import fcntl

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
