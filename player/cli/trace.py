"""`evenflow trace`: look at traces, turn, make, learn and record them, and hold estimators against them."""

from __future__ import annotations

import argparse
from pathlib import Path

from player.cli import trace_accuracy
from player.cli.errors import UsageError
from player.cli.trace_arguments import add_trace_reading, load_traces

EXAMPLE = "example: evenflow trace info builtin:evenflow-commute"
OUTPUTS = ("sabre", "cooked", "mahimahi", "csv")
SHAPES = ("step", "ramp", "sawtooth", "markov", "outage", "fitted")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `trace` known to the command line."""
    parser = subparsers.add_parser("trace", help="look at, convert, make and record network traces", epilog=EXAMPLE)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="info|convert|generate|fit|record|accuracy")
    info = verbs.add_parser("info", help="length, mean, spread and what was assumed")
    info.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or builtin:NAME")
    info.add_argument("--json", action="store_true", help="as JSON")
    add_trace_reading(info)
    convert = verbs.add_parser("convert", help="write a trace in another format")
    convert.add_argument("path", metavar="PATH", help="a file, FILE#PROFILE or builtin:NAME")
    add_trace_reading(convert)
    generate = verbs.add_parser("generate", help="make a trace")
    _add_generate(generate)
    fit = verbs.add_parser("fit", help="learn a model from traces, for `generate fitted`")
    fit.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or builtin:NAME")
    fit.add_argument("--period-s", type=float, metavar="N", help="length of a sample (default: the set's own)")
    fit.add_argument("--out", type=Path, metavar="FILE", help="the model, as JSON; standard output if left out")
    add_trace_reading(fit)
    record = verbs.add_parser("record", help="record the network we are on, by downloading a file again and again")
    record.add_argument("url", metavar="URL", help="http or https, of a file of some megabytes")
    record.add_argument("--seconds", type=float, default=60.0, metavar="N", help="how long (default 60)")
    record.add_argument("--limit-mb", type=float, default=1000.0, metavar="N", help="at most so much (default 1000)")
    for verb in (convert, generate, record):
        verb.add_argument("--to", choices=OUTPUTS, default="sabre", help="format to write (default sabre)")
        verb.add_argument("--out", type=Path, metavar="FILE", help="standard output if left out")
    trace_accuracy.add_parser(verbs)
    parser.set_defaults(run=run)


def _add_generate(generate: argparse.ArgumentParser) -> None:
    generate.add_argument("shape", choices=SHAPES)
    generate.add_argument("--rates", default="1,4", metavar="A,B,...", help="Mbit/s: levels, or lowest and highest")
    generate.add_argument("--duration-s", type=float, default=300.0, metavar="N", help="length (default 300)")
    generate.add_argument(
        "--hold-s", type=float, default=20.0, metavar="N", help="a level's, tooth's or outage's length"
    )
    generate.add_argument("--latency-s", type=float, default=0.05, metavar="N", help="to the first byte (default 0.05)")
    generate.add_argument("--seed", type=int, default=1, help="for markov and fitted (default 1)")
    generate.add_argument("--model", type=Path, metavar="FILE", help="for fitted: what `evenflow trace fit` wrote")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from player.cli import trace_info, trace_make, trace_record

    verbs = {
        "info": trace_info.run,
        "convert": _convert,
        "generate": trace_make.generate,
        "fit": trace_make.fit,
        "record": trace_record.run,
        "accuracy": trace_accuracy.run,
    }
    return verbs[args.verb](args)


def _convert(args: argparse.Namespace) -> int:
    from player.cli.trace_make import emit

    traces = load_traces([args.path], args)
    if len(traces) != 1:
        raise UsageError(f"{args.path} holds {len(traces)} traces; name one, as FILE#PROFILE or a file of a folder")
    return emit(traces[0][0], args)
