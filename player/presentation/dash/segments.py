"""The segments of a Representation: SegmentTemplate, SegmentTimeline, SegmentList, SegmentBase (5.3.9)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from player.presentation.dash.addresses import Template, byte_range
from player.presentation.dash.encoding import (
    HIGHEST_TIMESCALE,
    Encoding,
    IndexReference,
    Inherited,
    Span,
    told,
)
from player.presentation.dash.sidx import Reference
from player.presentation.dash.tree import Manifest, Node
from player.presentation.segment import ByteRange, Container, Resource, Segment

LONGEST_SEGMENT_S = 600.0
LONGEST_SUBTITLES_S = 86_400.0
MOST_SEGMENTS = 50_000
# A title of six and a half hours in two-second segments on ten rungs; a few characters could ask for billions.
MOST_SEGMENTS_TOGETHER = 120_000
MOST_ADDRESS_CHARACTERS = 16 * 2**20
HIGHEST_TICK = 2**63
# Shorter than this, what is left at a Period's end is rounding.
SHORTEST_S = 0.001


@dataclass(slots=True)
class Budget:
    """What a whole MPD may still become; few characters of it could mean billions of segments."""

    manifest: Manifest
    segments: int = MOST_SEGMENTS_TOGETHER
    characters: int = MOST_ADDRESS_CHARACTERS

    def spend(self, segments: int, characters: int = 0) -> None:
        self.segments -= segments
        self.characters -= characters
        if self.segments < 0 or segments > MOST_SEGMENTS:
            most = f"{MOST_SEGMENTS} segments a Representation, or {MOST_SEGMENTS_TOGETHER} together"
            raise self.manifest.unreadable(f"it means more than {most}")
        if self.characters < 0:
            raise self.manifest.unreadable(
                f"its segments' addresses are longer than {MOST_ADDRESS_CHARACTERS} characters together"
            )


@dataclass(frozen=True, slots=True)
class Timing:
    """Ticks and what they mean: a media time of `offset` ticks is the Period's start."""

    timescale: int
    offset: int
    start_number: int
    span: Span

    @property
    def end(self) -> int:
        """The Period's end, in media time."""
        return self.offset + math.ceil(self.span.duration_s * self.timescale)

    @property
    def offset_s(self) -> float:
        """What a media time in seconds needs added to be a time of the presentation."""
        return self.span.start_s - self.offset / self.timescale


Slot = tuple[int, int]
"""A segment's media time and duration, in ticks."""


def with_segments(encoding: Encoding, inherited: Inherited, budget: Budget) -> Encoding:
    """The encoding with its segments, or with where its index is.

    Raises: `PresentationError`.
    """
    way, nodes = inherited.addressing()
    if not way:
        return replace(encoding, segments=_one_file(encoding, inherited, budget))
    manifest = inherited.manifest
    timing = _timing(manifest, nodes, encoding.span)
    if way == "segment_bases":
        return _based(encoding, inherited, nodes, timing, budget)
    make = _templated if way == "segment_templates" else _listed
    return replace(encoding, segments=tuple(make(encoding, inherited, nodes, timing, budget)))


def indexed(encoding: Encoding, references: Sequence[Reference], budget: Budget) -> Encoding:
    """The encoding with the segments that its index refers to."""
    index = encoding.index
    assert index is not None
    budget.spend(len(references), len(index.uri))
    segments = []
    for position, r in enumerate(references):
        _check_length(encoding, budget.manifest, r.duration_s)
        at = _Slice(position, r.time, r.start_s + index.offset_s, r.duration_s)
        segments.append(_segment(encoding, at, index.offset_s, index.uri, index.init, r.byte_range))
    return replace(encoding, segments=tuple(segments), index=None)


@dataclass(frozen=True, slots=True)
class _Slice:
    """When a segment plays: its place in the list, its media time in ticks, and its time in the presentation."""

    position: int
    time: int
    start_s: float
    duration_s: float


def _segment(
    encoding: Encoding, at: _Slice, offset_s: float, uri: str, init: Resource | None, span: ByteRange | None = None
) -> Segment:
    return Segment(
        index=at.position,
        uri=uri,
        start_s=at.start_s,
        duration_s=at.duration_s,
        byte_range=span,
        size_bytes=span.length_bytes if span else None,
        init=init,
        container=encoding.container,
        sequence=at.position,
        discontinuity_sequence=encoding.span.number,
        media_offset_s=offset_s,
    )


def _check_length(encoding: Encoding, manifest: Manifest, duration_s: float) -> None:
    most_s = LONGEST_SUBTITLES_S if encoding.container is Container.WEBVTT else LONGEST_SEGMENT_S
    if not 0 < duration_s <= most_s:
        raise manifest.unreadable(f"a segment lasts {duration_s:g} s; only up to {most_s:g} are played")


def _timing(manifest: Manifest, nodes: list[Node], span: Span) -> Timing:
    def number(name: str, otherwise: int, most: int, least: int = 0) -> int:
        value = told(nodes, name)
        return manifest.whole(otherwise if value is None else value, name, most, least)

    return Timing(
        number("timescale", 1, HIGHEST_TIMESCALE, 1),
        number("presentation_time_offset", 0, HIGHEST_TICK),
        number("start_number", 1, HIGHEST_TICK),
        span,
    )


def _slots(manifest: Manifest, nodes: list[Node], timing: Timing, budget: Budget, most: int | None) -> list[Slot]:
    """Every segment's media time and duration: told one by one, or one duration for all, or one segment."""
    timelines = told(nodes, "segment_timelines")
    if timelines:
        return list(_timeline(manifest, timelines[0].Ss or [], timing, budget))
    duration = told(nodes, "duration")
    if duration is None:
        budget.spend(1)
        return [(timing.offset, timing.end - timing.offset)]
    length = manifest.whole(duration, "a segment's duration", HIGHEST_TICK, 1)
    count = math.ceil((timing.end - timing.offset) / length)
    end_number = told(nodes, "end_number")
    if end_number is not None:
        count = min(count, manifest.whole(end_number, "endNumber", HIGHEST_TICK) - timing.start_number + 1)
    count = max(count if most is None else min(count, most), 0)
    budget.spend(count)
    return [(timing.offset + k * length, length) for k in range(count)]


def _timeline(manifest: Manifest, entries: Sequence[Node], timing: Timing, budget: Budget) -> Iterator[Slot]:
    """SegmentTimeline: S@t, @d and @r, which may be -1 for "until the next, or the Period's end" (5.3.9.6)."""
    at, began = 0, -1
    for number, entry in enumerate(entries):
        if entry.t is not None:
            at = manifest.whole(entry.t, "S@t", HIGHEST_TICK, began + 1)
        length = manifest.whole(entry.d, "S@d", HIGHEST_TICK, 1)
        repeat = entry.r or 0
        if repeat < 0:
            following = entries[number + 1].t if number + 1 < len(entries) else None
            end = timing.end if following is None else manifest.whole(following, "S@t", HIGHEST_TICK)
            repeat = max(math.ceil((end - at) / length), 1) - 1
        budget.spend(repeat + 1)
        for _ in range(repeat + 1):
            yield at, length
            began, at = at, at + length


def _placed(encoding: Encoding, manifest: Manifest, slots: list[Slot], timing: Timing) -> list[_Slice]:
    """Every slot within the Period; holes in a timeline are closed."""
    placed: list[_Slice] = []
    end_s, scale, offset_s = encoding.span.end_s, timing.timescale, timing.offset_s
    for position, (time, length) in enumerate(slots):
        start_s = time / scale + offset_s
        if start_s >= end_s - SHORTEST_S:
            break
        # Where the next one begins later, this one is held until then, so that chunks follow one another.
        until = slots[position + 1][0] if position + 1 < len(slots) else time + length
        duration_s = min((until - time) / scale, end_s - start_s)
        _check_length(encoding, manifest, duration_s)
        placed.append(_Slice(position, time, start_s, duration_s))
    if not placed:
        raise manifest.unreadable("a Representation has no segments within its Period")
    return placed


def _templated(
    encoding: Encoding, inherited: Inherited, nodes: list[Node], timing: Timing, budget: Budget
) -> Iterator[Segment]:
    manifest = inherited.manifest
    media = _template(manifest, told(nodes, "media"), encoding)
    if media is None:
        raise manifest.unreadable("a SegmentTemplate has no media")
    slots = _slots(manifest, nodes, timing, budget, None)
    if len(slots) > 1 and not media.varies:
        raise manifest.unreadable("a SegmentTemplate gives all its segments one address")
    init = _init(inherited, nodes, _template(manifest, told(nodes, "initialization"), encoding))
    address = media.located(manifest, inherited.base)
    for at in _placed(encoding, manifest, slots, timing):
        uri = address(timing.start_number + at.position, at.time)
        budget.spend(0, len(uri))
        yield _segment(encoding, at, timing.offset_s, uri, init)


def _template(manifest: Manifest, text: str | None, encoding: Encoding) -> Template | None:
    if text is None:
        return None
    try:
        return Template(text, encoding.id, encoding.bitrate_bps)
    except ValueError as error:
        raise manifest.unreadable(str(error)) from error


def _init(inherited: Inherited, nodes: list[Node], template: Template | None = None) -> Resource | None:
    """The initialisation segment: by template, or as an Initialization element with an address or a range."""
    if template is not None:
        return Resource(inherited.manifest.join(inherited.base, template.filled()))
    elements = told(nodes, "initializations")
    if not elements:
        return None
    span = byte_range(inherited.manifest, elements[0].range)
    uri = elements[0].source_url
    return Resource(inherited.manifest.join(inherited.base, uri) if uri else inherited.base, span)


def _listed(
    encoding: Encoding, inherited: Inherited, nodes: list[Node], timing: Timing, budget: Budget
) -> Iterator[Segment]:
    manifest = inherited.manifest
    urls = told(nodes, "segment_urls") or []
    slots = _slots(manifest, nodes, timing, budget, len(urls))[: len(urls)]
    init = _init(inherited, nodes)
    for at in _placed(encoding, manifest, slots, timing):
        told_uri = urls[at.position].media
        uri = manifest.join(inherited.base, told_uri) if told_uri else inherited.base
        budget.spend(0, len(uri))
        yield _segment(encoding, at, timing.offset_s, uri, init, byte_range(manifest, urls[at.position].media_range))


def _based(encoding: Encoding, inherited: Inherited, nodes: list[Node], timing: Timing, budget: Budget) -> Encoding:
    """SegmentBase: one file, whose index tells its segments; without an index it is one segment."""
    manifest = inherited.manifest
    span, uri = byte_range(manifest, told(nodes, "index_range")), inherited.base
    elements = told(nodes, "representation_indexes")
    if elements:
        span = byte_range(manifest, elements[0].range) or span
        uri = manifest.join(uri, elements[0].source_url) if elements[0].source_url else uri
    if span is None:
        return replace(encoding, segments=_one_file(encoding, inherited, budget))
    if uri != inherited.base:
        raise manifest.unsupported("A segment index in a file of its own")
    return replace(encoding, index=IndexReference(uri, span, _init(inherited, nodes), timing.offset_s))


def _one_file(encoding: Encoding, inherited: Inherited, budget: Budget) -> tuple[Segment, ...]:
    """A file without an index is one segment as long as the Period."""
    budget.spend(1, len(inherited.base))
    span = encoding.span
    _check_length(encoding, inherited.manifest, span.duration_s)
    return (_segment(encoding, _Slice(0, 0, span.start_s, span.duration_s), span.start_s, inherited.base, None),)
