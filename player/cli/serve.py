"""`evenflow serve`: the backend with its edges, in one process, until Ctrl-C."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

EXAMPLES = """examples:
  evenflow serve                    gateway on 8780, edges on 8781 and 8782, the demo films beside it
  evenflow serve --port 0 --edges 3 --no-films
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "serve", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the backend's folder")
    parser.add_argument("--host", help="address to bind (default 127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, help="gateway port, 0 = any free one (default 8780)")
    parser.add_argument("--edge-port-base", type=int, help="port of the first edge (default 8781; 0 = any free ones)")
    parser.add_argument("--edges", type=int, help="how many edges (default 2)")
    parser.add_argument("--no-films", action="store_true", help="do not encode the demo films")


def run(arguments: argparse.Namespace) -> int:
    words = ["--announce"]
    for name in ("data", "host", "port", "edge_port_base", "edges"):
        value = getattr(arguments, name)
        words += [f"--{name.replace('_', '-')}", str(value)] if value is not None else []
    return pass_on("serve", [*words, *(["--no-films"] if arguments.no_films else [])])


def pass_on(command: str, words: list[str]) -> int:
    """Run a command of the backend's own program; its words and its exit code are ours."""
    process = subprocess.Popen([sys.executable, "-m", "backend_stub", command, *words])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told the child too; let it end in its own way.
            continue
