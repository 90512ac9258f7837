"""`evenflow test`: format, lint, types, import contracts, then the test suite under a screen of its own."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from player.cli.errors import MachineError

# pytest comes last: its closing line, the count of passed tests, is the last line of the whole command.
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("-m", "ruff", "format", "--check")),
    ("lint", ("-m", "ruff", "check")),
    ("types", ("-m", "mypy")),
    ("import contracts", ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
)
XVFB_STOP_S = 30.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Everything after `test` goes to pytest."""
    parser = subparsers.add_parser(
        "test",
        help="the checks and the test suite",
        description="Format, lint, types and import contracts, then pytest. With arguments: only pytest, with them.",
        epilog="examples:\n  evenflow test\n  evenflow test tests/cli -k doctor",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rest", nargs="*", metavar="PYTEST-ARGUMENT", help="passed on to pytest as it is")


def run(arguments: argparse.Namespace) -> int:
    """Run the checks, then pytest; the first failing one gives the exit code."""
    root = find_checkout()
    if not arguments.rest:
        for name, command in CHECKS:
            started_s = time.monotonic()
            code = _call(root, command, os.environ)
            _say(f"{name}: {'good' if code == 0 else 'FAILED'} ({time.monotonic() - started_s:.1f} s)")
            if code != 0:
                return 1
    with screen() as display:
        environment = {**os.environ, **display, "EVENFLOW_TEST_STRICT": "1"}
        code = _call(root, ("-m", "pytest", *arguments.rest), environment)
    return min(code, 1) if code in (0, 1, 2) else code


def find_checkout() -> Path:
    """The folder of the checkout. Raises MachineError in an installed program, which carries no tests."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests").is_dir() or not (root / "pyproject.toml").is_file():
        raise MachineError("the tests are not part of an installed program", "run ./evenflow test in a checkout")
    return root


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A virtual X screen on a free number, on systems that have X; yields what to add to the environment."""
    if not sys.platform.startswith("linux"):
        yield {}
        return
    read_end, write_end = os.pipe()
    try:
        command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
        server = subprocess.Popen(
            command,
            pass_fds=(write_end,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        os.close(read_end)
        raise MachineError("the tests need Xvfb", "run `evenflow doctor` for the line that brings it") from None
    finally:
        os.close(write_end)
    try:
        with open(read_end, encoding="ascii") as answer:
            number = answer.readline().strip()
        if not number:
            raise MachineError("Xvfb ended before it had a screen", "run `Xvfb -displayfd 1` to see why")
        # Software GL by name: a machine with half a GPU driver must not bend what the tests see.
        yield {"DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1", "WAYLAND_DISPLAY": ""}
    finally:
        server.terminate()
        server.wait(XVFB_STOP_S)


def _call(root: Path, arguments: tuple[str, ...], environment: Mapping[str, str]) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=root, env=dict(environment), check=False).returncode


def _say(text: str) -> None:
    print(f"evenflow test: {text}", file=sys.stderr, flush=True)
