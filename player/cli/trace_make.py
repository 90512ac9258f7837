"""`evenflow trace generate` and `fit`: shapes, and models learnt from recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from player.cli.errors import ContentError, UsageError
from player.cli.trace_arguments import load_traces

if TYPE_CHECKING:
    from abr.trace.model import Trace

LONGEST_S = 7 * 24 * 3600


def generate(args: argparse.Namespace) -> int:
    """One trace of the shape asked for."""
    from abr.trace.model import TraceError

    rates = _rates(args.rates)
    for name in ("duration_s", "hold_s"):
        if not 0 < getattr(args, name) <= LONGEST_S:
            raise UsageError(f"--{name.replace('_', '-')} lies above 0 s and within a week")
    if args.shape == "fitted":
        return emit(_fitted(args), args)
    try:
        return emit(_shape(args, rates), args)
    except TraceError as error:
        raise UsageError(str(error)) from error


def fit(args: argparse.Namespace) -> int:
    """A model of all the traces named."""
    from abr.trace.fit import fit as learn
    from abr.trace.fitted_file import to_json
    from abr.trace.model import TraceError

    if args.period_s is not None and not 0.05 <= args.period_s <= 3600:
        raise UsageError(f"--period-s {args.period_s:g}: a sample lasts from 0.05 s to an hour")
    traces = [trace for trace, _ in load_traces(args.paths, args)]
    try:
        model = learn(traces, args.period_s)
    except TraceError as error:
        raise ContentError(str(error)) from error
    it = model.trained_on
    print(
        f"{it.traces} traces, {it.duration_s:.0f} s: mean {it.mean_bps / 1e6:.2f} Mbit/s, CoV {it.cov:.2f}, lag-1 "
        f"autocorrelation {it.lag1:.2f}; {len(model.states)} states, samples of {model.period_s:g} s",
        file=sys.stderr,
    )
    return write(to_json(model), args.out)


def emit(trace: Trace, args: argparse.Namespace) -> int:
    """Write `trace` as --to says, to --out."""
    from abr.trace.model import TraceError
    from abr.trace.write import WRITERS

    try:
        text = WRITERS[args.to](trace)
    except TraceError as error:
        raise ContentError(str(error)) from error
    return write(text, args.out)


def write(text: str, out: Path | None) -> int:
    """To a file, or to standard output. UsageError: the file cannot be written."""
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror or error}") from error
    return 0


def _fitted(args: argparse.Namespace) -> Trace:
    from abr.trace.fitted_file import read_model
    from abr.trace.model import TraceError

    if args.model is None:
        raise UsageError("generate fitted needs --model FILE", "evenflow trace fit FOLDER --out model.json makes one")
    try:
        return read_model(args.model).draw(args.duration_s, Random(args.seed), name=f"fitted-{args.seed}")
    except TraceError as error:
        raise ContentError(str(error)) from error


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
