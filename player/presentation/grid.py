"""One chunk grid: segment k of every video rendition covers the same interval, and the sound lies beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from player.presentation.errors import PresentationError
from player.presentation.model import Rendition, Segment
from player.presentation.uris import shown

GRID_TOLERANCE_S = 0.001
# Rounded EXTINF values add up; beyond one frame at 24 fps the grids are not the same.
DRIFT_TOLERANCE_S = 0.04
# Clocks of two encoders, and dates in whole seconds.
DATE_TOLERANCE_S = 1.0


def on_one_grid(ladder: Sequence[Rendition], uri: str) -> tuple[Rendition, ...]:
    """The renditions with the first one's exact instants.

    Windows of a stream that goes on may be a segment apart, since they are read one after another.
    Raises: `PresentationError` when they are not cut at the same instants.
    """
    first = ladder[0]
    return tuple(_on_grid(beside(rendition, first) if first.live else rendition, first, uri) for rendition in ladder)


def beside(rendition: Rendition, reference: Rendition) -> Rendition:
    """A window of a stream that goes on, moved to where it lies beside the reference's: by date, else by number."""
    if not rendition.segments or rendition is reference:
        return rendition
    shift, shift_s = _shift(rendition.segments, reference.segments)
    if not shift and not shift_s:
        return rendition
    moved = tuple(replace(s, index=s.index + shift, start_s=s.start_s + shift_s) for s in rendition.segments)
    return replace(rendition, segments=moved)


def _shift(ours: Sequence[Segment], theirs: Sequence[Segment]) -> tuple[int, float]:
    """How many chunks, and how many seconds, our first segment comes after their first."""
    one = ours[0]
    if one.date_s is not None and theirs[0].date_s is not None:
        nearest = min(theirs, key=lambda s: abs((s.date_s or 0.0) - (one.date_s or 0.0)))
        apart_s = one.date_s - (nearest.date_s or 0.0)
        if abs(apart_s) <= max(DATE_TOLERANCE_S, nearest.duration_s):
            off = round(apart_s / nearest.duration_s)
            return nearest.index + off - one.index, nearest.start_s + apart_s - one.start_s
    ahead = one.sequence - theirs[0].sequence
    if 0 <= ahead < len(theirs):
        return theirs[ahead].index - one.index, theirs[ahead].start_s - one.start_s
    if -len(ours) < ahead < 0:
        return ahead, -sum(s.duration_s for s in ours[:-ahead])
    # Numbers that have nothing in common: both lists end at the live edge.
    return theirs[-1].index - ours[-1].index, theirs[-1].end_s - ours[-1].end_s


def _on_grid(rendition: Rendition, first: Rendition, uri: str) -> Rendition:
    ours, theirs = rendition.segments, first.segments
    if rendition is first or (not first.live and len(ours) == len(theirs) and all(map(_is_same, ours, theirs))):
        return rendition
    pairs = [(s, first.segment(s.index)) for s in ours] if first.live else list(zip(ours, theirs, strict=False))
    together = [(one, other) for one, other in pairs if other is not None]
    if (
        (not first.live and len(ours) != len(theirs))
        or not together
        or not all(_alike(a, b, first.live) for a, b in together)
    ):
        raise PresentationError(
            f"The renditions of {shown(uri)} are not cut at the same instants ({len(ours)} segments beside "
            f"{len(theirs)}), so the player cannot change between them.",
            "Encode the title again with one chunk grid for all renditions.",
        )
    if all(_is_same(one, other) for one, other in together):
        return rendition
    return replace(rendition, segments=_cut(ours, first, together[0]))


def _is_same(one: Segment, other: Segment) -> bool:
    """To the last bit, as it is where every playlist tells the same durations."""
    return one.start_s == other.start_s and one.duration_s == other.duration_s


def _cut(ours: Sequence[Segment], first: Rendition, anchor: tuple[Segment, Segment]) -> tuple[Segment, ...]:
    """Our segments at their instants; what lies outside their window goes on from it."""
    cut: list[Segment] = []
    # Counted back from the first that both have.
    lead_s = sum(s.duration_s for s in ours if s.index < anchor[0].index)
    start_s = anchor[1].start_s - lead_s
    for segment in ours:
        twin = first.segment(segment.index)
        if twin is not None:
            start_s = twin.start_s
        length_s = twin.duration_s if twin is not None else segment.duration_s
        cut.append(replace(segment, start_s=start_s, duration_s=length_s))
        start_s += length_s
    return tuple(cut)


def _alike(one: Segment, other: Segment, live: bool) -> bool:
    # A hair over the millisecond: 2.001 - 2.0 is 0.00099999... or 0.00100000...1, as the floats fall.
    same_length = abs(one.duration_s - other.duration_s) <= GRID_TOLERANCE_S + 1e-9
    return same_length and (live or abs(one.start_s - other.start_s) <= DRIFT_TOLERANCE_S)
