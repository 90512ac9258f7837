"""The command line: one module a command, imported only when that command is used."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """The `evenflow` command; returns its exit code."""
    from player.cli.main import run

    return run(arguments)
