"""`evenflow play`: a title of the backend, or any HLS address, in a window or headless."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from player.cli import ways
from player.cli.errors import ContentError, MachineError

if TYPE_CHECKING:
    from player.compose import Order

EXAMPLES = """examples:
  evenflow play demo
  evenflow play demo --headless --trace builtin:evenflow-commute --report out/session.json
  evenflow play http://127.0.0.1:8000/film/master.m3u8 --headless --seconds 20
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "play", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", metavar="TITLE|URL", help="a title's id (`demo` is the first film), or an address")
    parser.add_argument(
        "--server",
        metavar="URL",
        default=os.environ.get("EVENFLOW_SERVER"),
        help="a running gateway (default: EVENFLOW_SERVER, else the bundled backend is started)",
    )
    parser.add_argument("--username", default=ways.DEMO_ACCOUNT[0], help="account (default demo)")
    parser.add_argument(
        "--password",
        default=os.environ.get("EVENFLOW_PASSWORD", ways.DEMO_ACCOUNT[1]),
        help="its password (default: EVENFLOW_PASSWORD, else the demo account's)",
    )
    parser.add_argument("--from-start", action="store_true", help="do not resume")
    ways.add_session_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from player.compose import Account, headless

    reason = ways.window_or_reason(arguments)
    if reason is not None and not arguments.headless:
        raise MachineError(reason, "Or play it headless: add --headless.")
    order = replace(ways.order_of(arguments, arguments.what), resume=not arguments.from_start)
    if "://" in arguments.what:
        if not arguments.what.startswith(("http://", "https://")):
            raise ContentError(
                f"{arguments.what}: only http and https addresses can be played.", "To add a file: evenflow add FILE."
            )
        if arguments.headless:
            return ways.play_headless(headless(order), arguments)
        return _window(arguments, order, "")
    with _gateway(arguments) as gateway_url:
        if not arguments.headless:
            return _window(arguments, order, gateway_url)
        account = Account(gateway_url, credentials=(arguments.username, arguments.password))
        return ways.play_headless(headless(replace(order, account=account)), arguments)


def _window(arguments: argparse.Namespace, order: Order, gateway_url: str) -> int:
    return ways.play_in_window(
        arguments,
        gateway_url=gateway_url,
        order=order,
        title_id=arguments.what,
        auto_sign_in=(arguments.username, arguments.password),
    )


@contextlib.contextmanager
def _gateway(arguments: argparse.Namespace) -> Iterator[str]:
    """The gateway asked for, or the bundled one for as long as this command runs."""
    if arguments.server:
        yield arguments.server
        return
    from player.cli.bundled import Bundled

    with Bundled(arguments.data) as backend:
        print("Preparing the demo films ...", file=sys.stderr)
        backend.await_film()
        yield backend.served.gateway_url
