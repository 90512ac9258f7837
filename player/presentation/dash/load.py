"""DASH: from an MPD, and the segment indexes that it names, to a `Presentation`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from player.presentation.dash.addresses import pathways
from player.presentation.dash.choose import Choice, choices, refuse_period
from player.presentation.dash.encoding import Encoding, Span
from player.presentation.dash.segments import Budget, indexed
from player.presentation.dash.sidx import FetchRange, Reference, read_index
from player.presentation.dash.times import LONGEST_S, seconds
from player.presentation.dash.tree import Manifest
from player.presentation.errors import PresentationError
from player.presentation.grid import on_one_grid
from player.presentation.model import Kind, Presentation, Rendition, Segment, Track

MOST_PERIODS = 100
AT_ONCE = 6
Periods = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an MPD says, before the segment indexes that it names are read."""

    manifest: Manifest
    spans: tuple[Span, ...]
    periods: Periods
    budget: Budget

    @property
    def unread(self) -> tuple[Encoding, ...]:
        """The encodings whose segments only an index tells."""
        return tuple(e for period in self.periods for choice in period for e in choice.encodings if e.index)


async def read(text: str, uri: str, fetch_range: FetchRange) -> Presentation:
    """Read a static MPD.

    Raises: `PresentationError`, and what `fetch_range` raises.
    """
    plan = parse_mpd(text, uri)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(encoding: Encoding) -> tuple[Reference, ...]:
        assert encoding.index is not None
        async with gate:
            return await read_index(encoding.index.uri, encoding.index.byte_range, fetch_range)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(encoding)) for encoding in plan.unread]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return assemble(plan, [task.result() for task in tasks])


def parse_mpd(text: str, uri: str) -> Plan:
    """Read an MPD as far as its text goes. Pure.

    Raises: `PresentationError`, also for what is dynamic, protected, or kept elsewhere.
    """
    manifest = Manifest(text, uri)
    if (manifest.mpd.type or "static") != "static":
        raise manifest.unsupported("A live DASH stream (a dynamic MPD)")
    nodes = manifest.mpd.periods or []
    if not 0 < len(nodes) <= MOST_PERIODS:
        raise manifest.unreadable(f"it has {len(nodes)} Periods; 1 to {MOST_PERIODS} are played")
    for number in range(len(nodes)):
        refuse_period(manifest, number)
    spans = _spans(manifest)
    budget = Budget(manifest)
    periods = tuple(choices(manifest, node, span, budget) for node, span in zip(nodes, spans, strict=True))
    return Plan(manifest, spans, periods, budget)


def assemble(plan: Plan, indexes: Sequence[Sequence[Reference]]) -> Presentation:
    """The presentation of a plan and the indexes of what it left unread, in that order. Pure.

    Raises: `PresentationError` when renditions or Periods do not fit together.
    """
    read = dict(zip((id(encoding) for encoding in plan.unread), indexes, strict=True))

    def whole(encoding: Encoding) -> Encoding:
        return indexed(encoding, read[id(encoding)], plan.budget) if encoding.index else encoding

    periods = tuple(
        tuple(replace(choice, encodings=tuple(whole(e) for e in choice.encodings)) for choice in period)
        for period in plan.periods
    )
    periods = tuple(_from_its_start(period) for period in periods)
    ladder = on_one_grid(_ladder(plan.manifest, periods), plan.manifest.uri)
    named = pathways(plan.manifest)
    return Presentation(
        uri=plan.manifest.uri,
        video=Track("video", Kind.VIDEO, ladder, default=True),
        audio=_tracks(plan.manifest, periods, Kind.AUDIO),
        subtitles=_tracks(plan.manifest, periods, Kind.SUBTITLES),
        pathway_id=next(iter(named), "."),
        pathways=named,
    )


def _spans(manifest: Manifest) -> tuple[Span, ...]:
    """Where each Period begins and how long it is (5.3.2.1); the first begins at 0 whatever it says."""
    nodes = manifest.mpd.periods
    told = [(_seconds(manifest, node.start), _seconds(manifest, node.duration)) for node in nodes]
    total_s = _seconds(manifest, manifest.mpd.media_presentation_duration)
    first_s = told[0][0] or 0.0
    starts = [0.0]
    for number, (start_s, _) in enumerate(told[1:], 1):
        lasted_s = told[number - 1][1]
        if start_s is None and lasted_s is None:
            raise manifest.unreadable(f"nothing tells where Period {number + 1} begins")
        starts.append(start_s - first_s if start_s is not None else starts[-1] + (lasted_s or 0.0))
    last_s = told[-1][1]
    end_s = starts[-1] + last_s if last_s is not None else (total_s - first_s if total_s is not None else None)
    if end_s is None:
        raise manifest.unreadable("neither it nor its last Period tells a duration")
    edges = [*starts, end_s]
    if any(edges[k + 1] <= edges[k] for k in range(len(starts))) or end_s > LONGEST_S:
        raise manifest.unreadable("its Periods overlap, last no time, or more than a week")
    return tuple(Span(k, edges[k], edges[k + 1] - edges[k]) for k in range(len(starts)))


def _seconds(manifest: Manifest, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError as error:
        raise manifest.unreadable(str(error)) from error


def _from_its_start(period: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The Period moved so that its pictures begin with it: some MPDs leave the media's own start to be found out."""
    first = period[0].encodings[0]
    off_s = first.span.start_s - first.segments[0].start_s
    if abs(off_s) < 1e-6:
        return period

    def moved(segment: Segment) -> Segment:
        told = segment.media_offset_s
        return replace(segment, start_s=segment.start_s + off_s, media_offset_s=None if told is None else told + off_s)

    return tuple(
        replace(c, encodings=tuple(replace(e, segments=tuple(map(moved, e.segments))) for e in c.encodings))
        for c in period
    )


def _ladder(manifest: Manifest, periods: Periods) -> tuple[Rendition, ...]:
    """The rungs, each joined over all Periods: the k-th by bit rate goes on as the k-th."""
    pictures = [period[0].encodings for period in periods]
    if len({len(encodings) for encodings in pictures}) > 1 or len({e[0].family for e in pictures}) > 1:
        raise manifest.unsupported("A title whose Periods have different ladders or codecs")
    rungs = zip(*pictures, strict=True)
    return tuple(_joined(f"v{k}", rung, held=True) for k, rung in enumerate(rungs))


def _tracks(manifest: Manifest, periods: Periods, kind: Kind) -> tuple[Track, ...]:
    """The sounds that all Periods have, or the texts that any has."""
    by_key: dict[tuple[object, ...], list[Choice]] = {}
    for period in periods:
        for choice in period:
            if choice.kind is kind:
                by_key.setdefault(choice.key, []).append(choice)
    kept = [c for c in by_key.values() if kind is not Kind.AUDIO or len(c) == len(periods)]
    if kind is Kind.AUDIO and by_key and not kept:
        raise manifest.unsupported("A title whose Periods have different sounds")
    return tuple(_track(kind, number, parts) for number, parts in enumerate(kept))


def _track(kind: Kind, number: int, parts: Sequence[Choice]) -> Track:
    first = parts[0]
    track_id = f"{'a' if kind is Kind.AUDIO else 's'}-{first.language or 'und'}" + (f"-{number}" if number else "")
    joined = _joined(track_id, [part.encodings[-1] for part in parts], held=False)
    return Track(
        id=track_id,
        kind=kind,
        renditions=(joined,),
        language=first.language,
        name=first.name,
        default="main" in first.roles and kind is Kind.AUDIO,
        forced="forced-subtitle" in first.roles or "forced_subtitle" in first.roles,
    )


def _joined(rendition_id: str, parts: Iterable[Encoding], held: bool) -> Rendition:
    """One encoding after the other, numbered through; `held`: a Period's last chunk lasts until the next begins."""
    encodings = list(parts)
    segments: list[Segment] = []
    for encoding in encodings:
        for segment in encoding.segments:
            at = len(segments)
            segments.append(segment if segment.index == at else replace(segment, index=at, sequence=at))
        last = segments[-1]
        if held and encoding is not encodings[-1] and encoding.span.end_s > last.start_s:
            segments[-1] = replace(last, duration_s=encoding.span.end_s - last.start_s)
    first = encodings[0]
    return Rendition(
        rendition_id, first.bitrate_bps, first.codecs, tuple(segments), first.width, first.height, first.frame_rate
    )


__all__ = ["Plan", "PresentationError", "assemble", "parse_mpd", "read"]
