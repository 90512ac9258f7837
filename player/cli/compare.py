"""`evenflow compare`: hold a run against an earlier one, and fail when it got worse."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from player.cli.errors import ContentError, UsageError

if TYPE_CHECKING:
    from abr.lab.compare import Change, Tolerance

SCHEMA = 1
MAX_BYTES = 256 * 1024 * 1024
EXAMPLES = """examples:
  evenflow compare baseline/summary.json out/summary.json
  evenflow compare before.json after.json --tolerance score=2% --tolerance stall_s=0.5
exit code 1 when something got worse by more than is tolerated; docs/bench.md has the tolerances.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `compare` known to the command line."""
    parser = subparsers.add_parser(
        "compare",
        help="hold a run against an earlier one",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "baseline", type=Path, metavar="BASELINE.json", help="summary.json of bench, or a report of play"
    )
    parser.add_argument("new", type=Path, metavar="NEW.json", help="the same from the run in question")
    parser.add_argument(
        "--tolerance",
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help="how much worse a metric may get: 0.5 in its own unit, or 2%% of the baseline; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="the verdict as JSON on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: nothing got worse. 1: something did, and is named."""
    from abr.lab.compare import Incomparable, compare

    tolerances = dict(map(_tolerance, args.tolerance))
    try:
        changes = compare(_read(args.baseline), _read(args.new), tolerances)
    except Incomparable as error:
        raise UsageError(
            f"{args.baseline} and {args.new} can't be compared: {error}.", "Compare two runs of the same thing."
        ) from error
    worse = [it for it in changes if it.verdict == "worse"]
    if args.json:
        print(json.dumps(_document(changes), indent=2, ensure_ascii=False))
    else:
        for line in _lines(changes):
            print(line)
    return 1 if worse else 0


def _tolerance(text: str) -> tuple[str, Tolerance]:
    from abr.lab.compare import Tolerance, metric_names

    name, sign, value = text.partition("=")
    if not sign or name not in metric_names():
        raise UsageError(f"--tolerance {text}: METRIC=VALUE is asked for; metrics are: {', '.join(metric_names())}")
    try:
        amount = float(value.removesuffix("%"))
    except ValueError:
        amount = -1.0
    if not isfinite(amount) or amount < 0:
        raise UsageError(f"--tolerance {text}: a number from 0 on is asked for, as 0.5 or 2%")
    return name, Tolerance(relative=amount / 100.0) if value.endswith("%") else Tolerance(absolute=amount)


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError(f"{path}: is larger than {MAX_BYTES // 2**20} MiB, so it is no result of a run.")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContentError(
            f"{path}: cannot be read: {error.strerror or error}.",
            "evenflow bench --out DIR writes DIR/summary.json, evenflow play --report FILE a report.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ContentError(f"{path}: is no JSON: {error}.") from error


def _document(changes: list[Change]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {"worse": [], "better": []}
    for change in changes:
        if change.verdict in groups:
            groups[change.verdict].append(asdict(change))
    return {"schema": SCHEMA, "compared": len(changes), **groups}


def _lines(changes: list[Change]) -> list[str]:
    """What got better, then what got worse, then the count: the last lines are what is read first."""
    lines = [_line(it) for verdict in ("better", "worse") for it in changes if it.verdict == verdict]
    counts = {verdict: sum(it.verdict == verdict for it in changes) for verdict in ("worse", "better", "same")}
    told = f"{counts['worse']} worse, {counts['better']} better, {counts['same']} the same"
    return [*lines, f"{len(changes)} figures compared: {told}"]


def _line(change: Change) -> str:
    where = f"{change.controller} in {change.family}" if change.family else change.controller
    if change.after is None:
        return f"{change.verdict:6}  {change.metric} of {where}: {change.before:.6g} -> not known any more"
    by = change.after - change.before
    return (
        f"{change.verdict:6}  {change.metric} of {where}: {change.before:.6g} -> {change.after:.6g} "
        f"({by:+.4g}; tolerated {change.tolerated:.4g})"
    )
