"""From the options of `bench` to the suite that they ask for; every wrong word gets an answer."""

from __future__ import annotations

import argparse
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from abr import controller
from abr.controllers import DEFAULT
from abr.lab import Provenance, Suite
from abr.lab.limit import limited
from abr.optimum import optimum
from abr.qoe import Film, qoe
from abr.simulate.model import SessionSettings
from abr.trace.synthetic import BUILTIN_PREFIX, builtin_names
from abr.video import VideoError, VideoTable, read_video
from player.cli.errors import ContentError, UsageError
from player.cli.trace_arguments import load_traces

BUILTIN_FILM = "builtin:film"


def suite_of(args: argparse.Namespace) -> tuple[Suite, tuple[str, ...]]:
    """The suite, and the sha256 of every trace. UsageError, ContentError, ScoreError: the options ask for none."""
    for name, least in (("jobs", 1), ("limit", 1)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise UsageError(f"--{name} {value}: at least {least} is needed")
    names, films = _controllers(args.controllers), _films(args)
    for film in films:
        qoe(args.qoe).utilities(Film.of(film))
    settings = SessionSettings(
        buffer_cap_s=args.buffer_s,
        start_buffer_s=args.start_buffer_s,
        abandonment=args.abandon,
        replacement=args.replace,
    )
    try:
        for film in films:
            settings.check(film.chunk_duration_s)
    except ValueError as error:
        asked = f"--buffer-s {args.buffer_s:g}"
        asked += f" --start-buffer-s {args.start_buffer_s:g}" if args.start_buffer_s else ""
        raise UsageError(f"{asked}: {error}") from error
    loaded = load_traces(args.traces or [BUILTIN_PREFIX + name for name in builtin_names()], args)
    if args.limit is not None:
        loaded = limited(loaded, args.limit)
    traces = tuple(trace for trace, _ in loaded)
    return Suite(traces, names, films, settings, args.qoe, optimum if args.optimum else None), tuple(
        digest for _, digest in loaded
    )


def reference_of(args: argparse.Namespace, suite: Suite) -> str:
    """Who the others are compared with, as tables call it."""
    labels = [controller.label(name) for name in suite.controllers]
    wanted = args.reference or (DEFAULT if DEFAULT in labels else labels[0])
    if wanted in suite.controllers:
        wanted = controller.label(wanted)
    if wanted not in labels:
        raise UsageError(f"--reference {wanted}: is not among the controllers of this run: {', '.join(labels)}")
    return str(wanted)


def provenance(args: argparse.Namespace, suite: Suite, sha256: tuple[str, ...], reference: str) -> Provenance:
    """What another needs to repeat this run."""
    try:
        ours = version("evenflow")
    except PackageNotFoundError:
        ours = "unknown"
    kept = (
        "traces",
        "limit",
        "seeds",
        "qoe",
        "buffer_s",
        "start_buffer_s",
        "abandon",
        "replace",
        "optimum",
        "format",
        "unit",
        "gaps",
    )
    arguments = {
        **{name: getattr(args, name) for name in kept},
        "controllers": list(suite.controllers),
        "video": args.video or [BUILTIN_FILM],
    }
    return Provenance(ours, arguments, args.seed, reference, sha256)


def _controllers(wanted: str) -> tuple[str, ...]:
    words = [name.strip() for name in wanted.split(",") if name.strip()]
    chosen = tuple(dict.fromkeys(name for word in words for name in (controller.names() if word == "all" else (word,))))
    if not chosen:
        raise UsageError(f"--controllers names none; there are: {', '.join(controller.names())}")
    try:
        labels = [controller.label(name) for name in chosen if controller.create(name)]
    except controller.UnknownController as error:
        raise UsageError(f"--controllers: {error}") from error
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UsageError(f"--controllers: two are called {twice[0]!r}; give one another name in its class")
    return chosen


def _films(args: argparse.Namespace) -> tuple[VideoTable, ...]:
    """Every film with a name of its own; a generated one once for each seed."""
    seeds = _seeds(args)
    films: dict[str, VideoTable] = {}
    for name in args.video or [BUILTIN_FILM]:
        generated = name == BUILTIN_FILM
        for seed in seeds if generated else seeds[:1]:
            film = _film(name, seed)
            label = f"{film.name}, seed {seed}" if generated else film.name
            if label in films and films[label] != replace(film, name=label):
                label = name
            films[label] = replace(film, name=label)
    return tuple(films.values())


def _film(name: str, seed: int) -> VideoTable:
    try:
        return read_video(name, seed=seed)
    except VideoError as error:
        raise ContentError(f"--video: {error}") from error


def _seeds(args: argparse.Namespace) -> list[int]:
    if args.seeds is None:
        return [args.seed]
    try:
        return list(dict.fromkeys(int(seed) for seed in args.seeds.split(",")))
    except ValueError as error:
        raise UsageError(f"--seeds {args.seeds}: whole numbers with commas between are asked for, as 1,2,3") from error
