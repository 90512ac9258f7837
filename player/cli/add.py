"""`evenflow add`: your own films, of any format that ffmpeg reads, become titles."""

from __future__ import annotations

import argparse
from pathlib import Path

from player.cli.serve import pass_on

EXAMPLES = """examples:
  evenflow add holiday.mov
  evenflow add holiday.mov --title "Holiday 2024"
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "add", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILM", help="a film's file")
    parser.add_argument("--title", help="name of the film (with one FILM)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the backend's folder")


def run(arguments: argparse.Namespace) -> int:
    words = ["--data", str(arguments.data)] if arguments.data else []
    words += ["--title", arguments.title] if arguments.title else []
    return pass_on("add", [*words, "--", *map(str, arguments.files)])
