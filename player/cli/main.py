"""The table of commands, and what becomes of an error: a sentence for the person, an exit code for the machine."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol, cast

from player.cli.errors import CliError, UsageError

EXIT_CODES = """\
exit codes:
  0    good
  1    it ran, and a check or threshold failed
  2    wrong usage or configuration
  3    content, server or trace not reachable or not readable
  4    this machine lacks something; the message names the package
  5    internal error; the message names the log
  130  interrupted
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of the table: the module that does it, its line in the help, and whether its words are another's."""

    name: str
    module: str
    summary: str
    passes_on: bool = False


COMMANDS = (
    Command("demo", "player.cli.demo", "backend, edges, demo films and playback in one go; headless without a screen"),
    Command("play", "player.cli.play", "play a title or a URL, in a window or headless"),
    Command("add", "player.cli.add", "encode own films into the catalog"),
    Command("bench", "player.cli.bench", "compare controllers over traces, headless"),
    Command("compare", "player.cli.compare", "hold a run against an earlier one, for CI: fails when it got worse"),
    Command("agree", "player.cli.agree", "the same sessions in the simulator and in the engine, side by side"),
    Command("world", "player.cli.world", "evenings of trouble in virtual time, by number; replays one"),
    Command("trace", "player.cli.trace", "look at, convert and generate traces"),
    Command("serve", "player.cli.serve", "the backend with its edges, in one process"),
    Command("doctor", "player.cli.doctor", "what this machine has and lacks, and how to get it"),
    Command("test", "player.cli.suite", "the checks and the test suite (from a checkout)", True),
)


class CommandModule(Protocol):
    """What a command's module offers."""

    def add_parser(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> object: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


class Parser(argparse.ArgumentParser):
    """Argparse, except that wrong usage is an error of ours, so that every ending goes through one door."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see: {self.prog} --help")


def run(arguments: Sequence[str] | None = None) -> int:
    """Parse, run the command, and turn whatever happens into an exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(words)
    except CliError as error:
        print(f"evenflow: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("evenflow: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + getattr(signal, "SIGPIPE", 13)
    except Exception:
        print(f"evenflow: internal error; the details are in {_write_log(words)}", file=sys.stderr)
        return 5


def _dispatch(words: list[str]) -> int:
    parser = _top_parser()
    if not words:
        words = ["demo"]
    if words[0].startswith("-"):
        parser.parse_args(words)
        raise UsageError("a command is missing", "see: evenflow --help")
    command = next((command for command in COMMANDS if command.name == words[0]), None)
    if command is None:
        raise UsageError(
            f"there is no command {words[0]!r}", "commands: " + ", ".join(command.name for command in COMMANDS)
        )
    module = cast(CommandModule, importlib.import_module(command.module))
    module.add_parser(parser.add_subparsers(prog="evenflow", dest="command", parser_class=Parser))
    if command.passes_on and words[1:2] not in (["-h"], ["--help"]):
        return module.run(argparse.Namespace(command=command.name, rest=words[1:]))
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        raise UsageError(f"not understood: {' '.join(unknown)}", f"see: evenflow {command.name} --help")
    return module.run(arguments)


def _top_parser() -> Parser:
    width = max(len(command.name) for command in COMMANDS)
    table = "\n".join(f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS)
    parser = Parser(
        prog="evenflow",
        usage="evenflow [COMMAND] [OPTIONS]",
        description="A desktop video player that adapts its bit rate. Without a command: the same as `demo`.",
        epilog=f"commands (each has --help with an example):\n{table}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_PrintVersion)
    return parser


class _PrintVersion(argparse.Action):
    """`--version`; reads the package's metadata only when asked."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"evenflow {version('evenflow')}")
        parser.exit()


def _write_log(words: list[str]) -> Path:
    """Keep the traceback for whoever looks into it; a person at the prompt is spared it."""
    text = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} evenflow {' '.join(words)}\n{traceback.format_exc()}\n"
    try:
        from platformdirs import user_log_path

        folder = user_log_path("evenflow", ensure_exists=True)
        path = folder / "error.log"
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except (ImportError, OSError):
        path = Path(tempfile.mkdtemp(prefix="evenflow-")) / "error.log"
        path.write_text(text, encoding="utf-8")
    return path
