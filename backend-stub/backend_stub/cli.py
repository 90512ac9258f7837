"""The backend's command line: serve, films, add, openapi. JSON lines on stdout for programs, stderr for people."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from backend_stub import logs
from backend_stub.app import build_gateway
from backend_stub.encode import EncodeError, encode_demo_films, encode_file
from backend_stub.errors import StartError
from backend_stub.films import say, say_progress
from backend_stub.settings import DEFAULT_EDGE_PORT_BASE, DEFAULT_PORT, Settings, default_data_dir
from backend_stub.supervisor import Backend, prepare_data_dir, serving

log = logging.getLogger(__name__)

GOOD, USAGE, UNREADABLE, INTERRUPTED = 0, 2, 3, 130

_EXAMPLES = """examples:
  python -m backend_stub serve                       gateway on 8780, edges on 8781 and 8782, demo films beside it
  python -m backend_stub serve --port 0 --edge-port-base 0 --edges 3 --no-films
  python -m backend_stub films                       encode the demo films and end
  python -m backend_stub add holiday.mov --title "Holiday 2024"
  python -m backend_stub openapi > openapi.json
"""


def build_parser() -> argparse.ArgumentParser:
    """The arguments."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("backend_stub", description=__doc__, epilog=_EXAMPLES, formatter_class=formatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="run gateway and edges",
        epilog=_EXAMPLES,
        formatter_class=formatter,
        description="Run gateway and edges; one JSON line on stdout says where. Demo account: demo / evenflow.",
    )
    _add_data(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to bind (default 127.0.0.1: this machine only)")
    serve.add_argument("--public-host", help="host that clients are told, when --host is a wildcard")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="gateway port, 0 = any free one (default 8780)")
    serve.add_argument(
        "--edge-port-base",
        type=_port,
        default=DEFAULT_EDGE_PORT_BASE,
        help="port of the first edge, the others follow; 0 = any free ones (default 8781)",
    )
    serve.add_argument("--edges", type=int, default=2, help="how many edges (default 2)")
    serve.add_argument("--no-films", action="store_true", help="do not encode the demo films")
    serve.add_argument("--announce", action="store_true", help="also say on stderr, for people, where it runs")
    serve.add_argument(
        "--parent-pipe", action="store_true", help="end when stdin ends, so as not to outlive the parent"
    )
    serve.add_argument(
        "--token-life-s", type=_seconds, default=4 * 3600.0, help="how long addresses stay signed (default 14400)"
    )
    serve.add_argument("--verbose", action="store_true", help="log every request")
    _add_data(commands.add_parser("films", help="encode the demo films and end"))
    add = commands.add_parser("add", help="encode your own files")
    _add_data(add)
    add.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add.add_argument("--title", help="name of the film (with one FILE)")
    commands.add_parser("openapi", help="print the description of the HTTP API")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (else EVENFLOW_DATA_DIR, else the user's)"
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port lies between 0 and 65535")
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 366 * 86400:
        raise argparse.ArgumentTypeError("seconds, more than 0 and at most a year")
    return seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    args = build_parser().parse_args(argv)
    logs.configure(getattr(args, "verbose", False))
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "serve": _serve,
        "films": _films,
        "add": _add,
        "openapi": _openapi,
    }
    try:
        return commands[args.command](args)
    except StartError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except EncodeError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _settings(args: argparse.Namespace) -> Settings:
    return Settings(data_dir=(args.data or default_data_dir()).absolute())


def _films(args: argparse.Namespace) -> int:
    settings = _settings(args)
    prepare_data_dir(settings)
    encode_demo_films(settings.objects_dir, on_progress=say_progress)
    return GOOD


def _add(args: argparse.Namespace) -> int:
    if args.title and len(args.files) > 1:
        print("--title names one film: add the files one by one, or leave it out.", file=sys.stderr)
        return USAGE
    settings = _settings(args)
    prepare_data_dir(settings)
    worst = GOOD
    for path in args.files:
        try:
            title = encode_file(path, settings.objects_dir, title=args.title, on_progress=say_progress)
        except EncodeError as error:
            # The other files may be good.
            print(error, file=sys.stderr)
            worst = UNREADABLE
        else:
            print(f"{path} is ready as {title.title_id!r}.", file=sys.stderr)
    return worst


def _openapi(_args: argparse.Namespace) -> int:
    print(json.dumps(build_gateway().openapi(), indent=2))
    return GOOD


def _serve(args: argparse.Namespace) -> int:
    settings = Settings(
        data_dir=(args.data or default_data_dir()).absolute(),
        host=args.host,
        public_host=args.public_host,
        port=args.port,
        edge_port_base=args.edge_port_base,
        edges=args.edges,
        films=not args.no_films,
        token_life_s=args.token_life_s,
    )
    return asyncio.run(_serve_until_told(settings, args.parent_pipe, args.announce))


async def _serve_until_told(settings: Settings, parent_pipe: bool, announce: bool) -> int:
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    _on_signals(end)
    async with serving(settings) as backend:
        say(backend.ready_line())
        if announce:
            _announce(backend)
        if parent_pipe:
            _watch_stdin(end)
        return await ended


def _announce(backend: Backend) -> None:
    edges = ", ".join(f"{edge.id} {edge.url}" for edge in backend.edges)
    print(f"Evenflow serves on {backend.gateway_url} ({edges}). Ctrl-C ends it.", file=sys.stderr, flush=True)


def _on_signals(end: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, GOOD)):
        # Not on Windows, where Ctrl-C raises KeyboardInterrupt out of asyncio.run instead.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, end, code)


def _watch_stdin(end: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()

    def watch() -> None:
        # os.read, not sys.stdin: a thread inside a buffered reader would hold its lock while the interpreter ends.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(end, GOOD)

    threading.Thread(target=watch, name="parent-pipe", daemon=True).start()
