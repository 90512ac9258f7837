"""`evenflow demo`: backend, edges, demo films and playback in one go; headless where there is no screen."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from player.cli import ways

HEADLESS_SECONDS = 30.0
HEADLESS_TRACE = "builtin:evenflow-commute"

EXAMPLES = """examples:
  evenflow demo                          the window, with three films; headless where there is no screen
  evenflow demo --seconds 20             play the first film for 20 s, then end
  evenflow demo --headless --trace builtin:evenflow-commute --report out/session.json
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "demo", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ways.add_session_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from player.cli.bundled import Bundled

    reason = ways.window_or_reason(arguments)
    if reason is not None:
        _default_to_headless(arguments)
    order = ways.order_of(arguments, "demo")
    print("Starting the backend, two edges and the demo films ...", file=sys.stderr)
    with Bundled(arguments.data) as backend:
        progress = _FilmLines() if reason is not None else None
        backend.on_film = progress or (lambda _: None)
        backend.await_film()
        if reason is None:
            return ways.play_in_window(
                arguments,
                gateway_url=backend.served.gateway_url,
                order=order,
                title_id="demo" if arguments.seconds else None,
                auto_sign_in=ways.DEMO_ACCOUNT if arguments.seconds else None,
            )
        from player.compose import Account, headless

        print(f"{reason}\nPlaying `demo` headless over {arguments.trace}:", file=sys.stderr)
        account = Account(backend.served.gateway_url, credentials=ways.DEMO_ACCOUNT)
        return ways.play_headless(headless(replace(order, account=account, resume=False)), arguments)


def _default_to_headless(arguments: argparse.Namespace) -> None:
    """Half a minute on a network with two fades, and a report to look at: what somebody without a screen can see."""
    arguments.seconds = arguments.seconds or HEADLESS_SECONDS
    arguments.trace = arguments.trace or HEADLESS_TRACE
    arguments.report = arguments.report or Path("out") / "demo-report.json"


class _FilmLines:
    """A line when a film is ready; the chunks of a session are what fills the screen."""

    def __call__(self, film: dict[str, Any]) -> None:
        if film.get("state") == "ready":
            print(f"film ready: {film.get('id')}", file=sys.stderr)
