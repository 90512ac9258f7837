"""`evenflow trace accuracy`: estimators against what the link then gave, and how they take a step."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from player.cli.errors import ContentError, UsageError
from player.cli.plain_table import print_plain
from player.cli.trace_arguments import add_trace_reading, load_traces

if TYPE_CHECKING:
    from abr.lab.estimation import Accuracy, StepResponse

COLUMNS = (
    *("estimator", "next transfer: error", "bias", "over", "next 10 s: error", "bias", "over"),
    *("step down: s", "step up: s", "overshoot"),
)
STEPS_BPS = ((6e6, 1.5e6), (1.5e6, 6e6))
HORIZON_S = 10.0


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `accuracy` known to `trace`."""
    parser = verbs.add_parser("accuracy", help="how good each estimator of the rate is, on these traces")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or builtin:NAME")
    parser.add_argument(
        "--estimators", default="", metavar="A,B", help="names, as ewma-2-5 or harmonic-8 (default all)"
    )
    parser.add_argument("--controller", default="bola-e", metavar="NAME", help="who plays (default bola-e)")
    parser.add_argument("--video", default="builtin:film", metavar="FILM", help="what is played (default builtin:film)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_trace_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from abr.lab.estimation import StepSettings, step_responses

    names = _names(args.estimators)
    rows = _accuracies(args, names)
    steps = [step_responses(names, StepSettings(before, after)) for before, after in STEPS_BPS]
    if args.json:
        _print_json(names, rows, steps)
    else:
        _print_table(names, rows, steps)
    return 0


def _names(wanted: str) -> tuple[str, ...]:
    from abr.estimators.named import NAMES, estimator

    names = tuple(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip())) or NAMES
    try:
        for name in names:
            estimator(name)
    except ValueError as error:
        raise UsageError(f"--estimators: {error}") from error
    return names


def _accuracies(args: argparse.Namespace, names: tuple[str, ...]) -> list[Accuracy]:
    """Two rows (next transfer, next seconds) per estimator, over all traces: every chunk counts alike."""
    from abr.controller import UnknownController, create
    from abr.lab.estimation import HORIZON, TRANSFER, accuracy, pooled
    from abr.video import VideoError, read_video

    try:
        video = read_video(args.video)
        create(args.controller)
    except VideoError as error:
        raise ContentError(f"--video: {error}") from error
    except UnknownController as error:
        raise UsageError(f"--controller: {error}") from error
    traces = [trace for trace, _ in load_traces(args.paths, args)]
    reports = [accuracy(create(args.controller), it, video, names, horizon_s=HORIZON_S) for it in traces]
    return [pooled(reports, name, truth) for name in names for truth in (TRANSFER, HORIZON)]


def _print_json(names: Sequence[str], rows: list[Accuracy], steps: list[tuple[StepResponse, ...]]) -> None:
    document: dict[str, Any] = {
        "estimators": list(names),
        "horizon_s": HORIZON_S,
        "accuracy": [asdict(row) for row in rows],
        "steps": [asdict(response) for responses in steps for response in responses],
    }
    print(json.dumps(document, indent=2))


def _print_table(names: Sequence[str], rows: list[Accuracy], steps: list[tuple[StepResponse, ...]]) -> None:
    table = []
    for position, name in enumerate(names):
        near, far = rows[2 * position : 2 * position + 2]
        down, up = (responses[position] for responses in steps)
        overshoot = max(down.overshoot, up.overshoot)
        reactions = (_seconds(down.reaction_s), _seconds(up.reaction_s))
        table.append((name, *_shares(near), *_shares(far), *reactions, _share(overshoot)))
    print_plain([COLUMNS, *table])
    count = rows[0].count + rows[0].left_out
    print(f"{count} chunks; error: mean of |estimate - truth| / truth; over: share of chunks promised too much;")
    print("steps: from 6 to 1.5 Mbit/s and back, seconds until 90 % of the way")


def _shares(row: Accuracy) -> tuple[str, str, str]:
    return _share(row.mape), _share(row.bias), _share(row.over / row.count if row.count else None)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.0f} %"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"
