"""`evenflow doctor`: what this machine has and lacks, and the line that brings what is missing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from player.machine import Fact, look

MARKS = {"good": "ok", "note": "--", "missing": "!!"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`evenflow doctor [--json] [--data DIR]`."""
    parser = subparsers.add_parser(
        "doctor",
        help="what this machine has and lacks",
        description="What this machine has and lacks, and how to get it. Exit code 0 when films can be encoded, "
        "served and played at least headless; 4 when not.",
        epilog="examples:\n  evenflow doctor\n  evenflow doctor --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="the same facts as JSON on stdout")
    parser.add_argument("--data", metavar="DIR", help="the data folder to look at")


def run(arguments: argparse.Namespace) -> int:
    """Print the facts; 0 when the main job can run here, at least headless, else 4."""
    facts = look(arguments.data)
    can_run = all(fact.state != "missing" for fact in facts if fact.required)
    has_window = all(fact.state != "missing" for fact in facts if fact.window)
    if arguments.json:
        document = {"schema": 1, "headless": can_run, "window": can_run and has_window}
        print(json.dumps({**document, "facts": [asdict(fact) for fact in facts]}, indent=2))
    else:
        _print_table(facts)
        print(_verdict(can_run, has_window))
    return 0 if can_run else 4


def _print_table(facts: list[Fact]) -> None:
    width = max(len(fact.name) for fact in facts)
    for fact in facts:
        print(f"{MARKS[fact.state]}  {fact.name:<{width}}  {fact.value}")
        if fact.advice:
            print(f"    {'':<{width}}  to get it: {fact.advice}")


def _verdict(can_run: bool, has_window: bool) -> str:
    if not can_run:
        return "\nThe main job cannot run here yet: see the lines marked !!."
    if has_window:
        return "\nAll is there: `evenflow demo` opens a window."
    return "\n`evenflow demo` plays headless here; a window needs the lines marked !!."
