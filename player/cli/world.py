"""`evenflow world`: evenings of trouble in virtual time, each drawn from its number."""

from __future__ import annotations

import argparse
import json
import sys

from player.cli.errors import CheckFailed, UsageError

EXAMPLES = """examples:
  evenflow world 42               the story of one
  evenflow world 0 --count 1000   a thousand of them; those in which a promise was broken are named
docs/virtual.md says what is simulated.
"""
MOST_NAMED = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `world` known to the command line."""
    parser = subparsers.add_parser(
        "world", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seed", type=int, metavar="SEED", help="the world's number; with --count, the first one")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="this one and those after it, N in all")
    parser.add_argument("--json", action="store_true", help="what was broken, as JSON on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it. CheckFailed: a promise was broken; the message holds the command that replays the first such world."""
    if args.count < 1:
        raise UsageError(f"--count {args.count}: at least 1 is needed")
    broken = _one(args) if args.count == 1 else _many(args)
    if args.json:
        print(json.dumps({str(seed): what for seed, what in broken.items()}, indent=2))
    if broken:
        raise CheckFailed(
            f"{len(broken)} of {args.count} worlds: the player broke a promise.",
            f"To see the first one: evenflow world {next(iter(broken))}",
        )
    return 0


def _one(args: argparse.Namespace) -> dict[int, list[str]]:
    from player.sim.evening import live, story
    from player.sim.world import World

    evening = live(World.draw(args.seed))
    if not args.json:
        print("\n".join(story(evening)))
    return {args.seed: evening.broken} if evening.broken else {}


def _many(args: argparse.Namespace) -> dict[int, list[str]]:
    from player.cli.progress import progress
    from player.sim.evening import live
    from player.sim.world import World

    broken: dict[int, list[str]] = {}
    with progress("worlds") as told:
        for done, seed in enumerate(range(args.seed, args.seed + args.count), 1):
            if what := live(World.draw(seed)).broken:
                broken[seed] = what
            told(done, args.count)
    if not args.json:
        for seed in list(broken)[:MOST_NAMED]:
            print(f"world {seed}: {'; '.join(broken[seed])}")
        print(f"{args.count} worlds, {args.count - len(broken)} with every promise kept", file=sys.stdout)
    return broken
