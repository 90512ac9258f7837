"""The command line as a person meets it: help, version, wrong words, and what becomes of an error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from types import ModuleType

import pytest

from player.cli.errors import CheckFailed, CliError, ContentError, MachineError, UsageError
from player.cli.main import COMMANDS, Command, run


def test_help_lists_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        run(["--help"])
    text = capsys.readouterr().out
    assert ending.value.code == 0
    assert all(f"  {command.name} " in text for command in COMMANDS)
    assert all(f"\n  {code} " in text for code in (0, 1, 2, 3, 4, 5, 130))


def test_version_and_help_import_neither_engine_nor_window(evenflow: Callable[..., object]) -> None:
    before = set(sys.modules)
    with pytest.raises(SystemExit):
        run(["--version"])
    heavy = {"numpy", "httpx", "PySide6", "mpv", "rich", "av", "fastapi"}
    assert not heavy & (set(sys.modules) - before)


def test_a_command_that_does_not_exist_is_wrong_usage_and_names_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["paly"]) == 2
    said = capsys.readouterr().err
    assert "paly" in said
    assert "play" in said


def test_an_unknown_option_is_wrong_usage_and_points_at_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--frobnicate"]) == 2
    assert "evenflow doctor --help" in capsys.readouterr().err


def test_the_installed_script_leads_to_the_same_door() -> None:
    (script,) = entry_points(group="console_scripts", name="evenflow")
    assert script.load() is run


def test_without_arguments_the_demo_starts(commands: list[object]) -> None:
    assert run([]) == 0
    assert commands == ["demo"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CheckFailed("stall_ratio 0.2 is above 0.1"), 1),
        (UsageError("no such controller"), 2),
        (ContentError("cannot read it"), 3),
        (MachineError("no libmpv", "apt-get install libmpv2"), 4),
        (CliError("ours"), 5),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert run(["demo"]) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert str(error) in said


def test_an_unforeseen_error_is_one_line_that_names_the_log_with_the_traceback(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(ZeroDivisionError("the secret of the test"))
    assert run(["demo"]) == 5
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    with open(said.rsplit(" in ", 1)[1].strip(), encoding="utf-8") as log:
        assert "the secret of the test" in log.read()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A table of one command, `demo`, that only notes that it ran."""
    ran: list[object] = []
    _install(monkeypatch, lambda arguments: ran.append(arguments.command) or 0)
    return ran


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Callable[[BaseException], None]:
    """A table of one command, `demo`, that raises what it is given; its log is of this test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    def give(error: BaseException) -> None:
        def fail(_: argparse.Namespace) -> int:
            raise error

        _install(monkeypatch, fail)

    return give


def _install(monkeypatch: pytest.MonkeyPatch, act: Callable[[argparse.Namespace], int]) -> None:
    module = ModuleType("command_of_a_test")
    module.add_parser = lambda subparsers: subparsers.add_parser("demo")  # type: ignore[attr-defined]
    module.run = act  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(sys.modules["player.cli.main"], "COMMANDS", (Command("demo", module.__name__, "a test"),))
