"""`evenflow trace info|convert|generate`: look at traces, turn one format into another, make some."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from player.cli.errors import ContentError, UsageError
from player.cli.trace_arguments import add_trace_reading, load_traces

if TYPE_CHECKING:
    from abr.trace.model import Trace

EXAMPLE = "example: evenflow trace info builtin:evenflow-commute"
OUTPUTS = ("sabre", "cooked", "mahimahi")
SHAPES = ("step", "ramp", "sawtooth", "markov", "outage")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `trace` known to the command line."""
    parser = subparsers.add_parser("trace", help="look at, convert and make network traces", epilog=EXAMPLE)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="info|convert|generate")
    info = verbs.add_parser("info", help="length, mean, spread and what was assumed")
    info.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or builtin:NAME")
    info.add_argument("--json", action="store_true", help="as JSON")
    add_trace_reading(info)
    convert = verbs.add_parser("convert", help="write a trace in another format")
    convert.add_argument("path", metavar="PATH", help="a file, FILE#PROFILE or builtin:NAME")
    add_trace_reading(convert)
    generate = verbs.add_parser("generate", help="make a trace")
    generate.add_argument("shape", choices=SHAPES)
    generate.add_argument("--rates", default="1,4", metavar="A,B,...", help="Mbit/s: levels, or lowest and highest")
    generate.add_argument("--duration-s", type=float, default=300.0, metavar="N", help="length (default 300)")
    generate.add_argument(
        "--hold-s", type=float, default=20.0, metavar="N", help="a level's, tooth's or outage's length"
    )
    generate.add_argument("--latency-s", type=float, default=0.05, metavar="N", help="to the first byte (default 0.05)")
    generate.add_argument("--seed", type=int, default=1, help="for markov (default 1)")
    for verb in (convert, generate):
        verb.add_argument("--to", choices=OUTPUTS, default="sabre", help="format to write (default sabre)")
        verb.add_argument("--out", type=Path, metavar="FILE", help="standard output if left out")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it."""
    return {"info": _info, "convert": _convert, "generate": _generate}[args.verb](args)


def _info(args: argparse.Namespace) -> int:
    facts = [_facts(trace, digest) for trace, digest in load_traces(args.paths, args)]
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    for it in facts:
        span = f"{it['min_bps'] / 1e6:.2f} to {it['max_bps'] / 1e6:.2f}"
        print(f"{it['name']}: {it['duration_s']:.1f} s, mean {it['mean_bps'] / 1e6:.2f} Mbit/s ({span}), ", end="")
        print(f"no signal {it['silent_s']:.1f} s, {it['steps']} steps, latency {it['latency_s'] * 1e3:.0f} ms", end="")
        print(f" ({'; '.join(it['notes'])})" if it["notes"] else "")
    return 0


def _facts(trace: Trace, digest: str) -> dict[str, Any]:
    steps, duration_s = trace.steps, trace.duration_s
    return {
        "name": trace.name,
        "family": trace.family,
        "sha256": digest,
        "duration_s": duration_s,
        "steps": len(steps),
        "mean_bps": trace.mean_bps,
        "min_bps": min(step.rate_bps for step in steps),
        "max_bps": max(step.rate_bps for step in steps),
        "silent_s": sum(step.duration_s for step in steps if step.rate_bps == 0),
        "latency_s": sum(step.latency_s * step.duration_s for step in steps) / duration_s,
        "notes": list(trace.notes),
    }


def _convert(args: argparse.Namespace) -> int:
    traces = load_traces([args.path], args)
    if len(traces) != 1:
        raise UsageError(f"{args.path} holds {len(traces)} traces; name one, as FILE#PROFILE or a file of a folder")
    return _emit(traces[0][0], args)


def _generate(args: argparse.Namespace) -> int:
    from abr.trace.model import TraceError

    rates = _rates(args.rates)
    for name in ("duration_s", "hold_s"):
        if not 0 < getattr(args, name) <= 7 * 24 * 3600:
            raise UsageError(f"--{name.replace('_', '-')} lies above 0 s and within a week")
    try:
        return _emit(_shape(args, rates), args)
    except TraceError as error:
        raise UsageError(str(error)) from error


def _rates(text: str) -> list[float]:
    try:
        rates = [float(rate) * 1e6 for rate in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--rates {text}: expected Mbit/s with commas between, as 1,4") from error
    if len(rates) < 2 or not all(0 <= rate < 1e12 for rate in rates):
        raise UsageError(f"--rates {text}: two or more rates, none below 0")
    return rates


def _shape(args: argparse.Namespace, rates: list[float]) -> Trace:
    from abr.trace import synthetic

    low, high, latency = min(rates), max(rates), args.latency_s
    if args.shape == "step":
        return synthetic.step(rates, args.hold_s, latency_s=latency)
    if args.shape == "ramp":
        return synthetic.ramp(rates[0], rates[-1], args.duration_s, latency_s=latency)
    if args.shape == "sawtooth":
        teeth = max(1, round(args.duration_s / args.hold_s))
        return synthetic.sawtooth(low, high, args.hold_s, teeth=teeth, latency_s=latency)
    if args.shape == "outage":
        steady = synthetic.step([high], args.duration_s, latency_s=latency)
        return synthetic.outage(steady, (args.duration_s - args.hold_s) / 2, args.hold_s)
    return synthetic.markov(rates, args.hold_s, args.duration_s, Random(args.seed), latency_s=latency)


def _emit(trace: Trace, args: argparse.Namespace) -> int:
    from abr.trace.model import TraceError
    from abr.trace.write import WRITERS

    try:
        text = WRITERS[args.to](trace)
    except TraceError as error:
        raise ContentError(str(error)) from error
    if args.out is None:
        sys.stdout.write(text)
        return 0
    try:
        args.out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"--out {args.out}: cannot be written: {error.strerror or error}") from error
    return 0
