"""A media playlist read again: what was known of the rendition and the new text make the rendition as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode, urlsplit, urlunsplit

from player.presentation.media import MediaPlaylist, read_media
from player.presentation.model import PlaylistType, Rendition, Segment
from player.presentation.playlist import Playlist

# A segment that was listed with another length is another segment; rounding is not.
SAME_LENGTH_S = 0.1


class Change(StrEnum):
    """What a reload brought.

    BACKWARDS: an older list than was seen (a cache that lags: ask again). REPLACED: other segments under the numbers
    known, or a list that begins anew (the stream was started again: open the title anew). In both, nothing is taken.
    """

    NEWER = "newer"
    SAME = "same"
    BACKWARDS = "backwards"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The rendition after a reload, and how it changed. The rendition is the old one unless the list is newer."""

    rendition: Rendition
    change: Change

    @property
    def reload_after_s(self) -> float:
        """How long after this load began the next may (RFC 8216bis 6.3.4); 0 for a title that has ended."""
        going_on = self.rendition.reloading
        if going_on is None or going_on.ended:
            return 0.0
        return going_on.reload_after_s(self.change is Change.NEWER)


def reload(old: Rendition, text: str, uri: str, imported: Mapping[str, str] | None = None) -> Reloaded:
    """`old` as the media playlist `text` has it now. Pure.

    Segments keep their index and their start; those that slid out of the window are gone, and after a hole (reloads
    that came too late) the next one's place is told by its date, else estimated from the numbers in between.
    `uri`: where the text came from. A delta update takes what it skips from `old`.
    Raises: `PresentationError` when the text is no media playlist, or a delta update of something else.
    """
    new = read_media(Playlist(text, uri, imported), old.segments)
    if not old.segments:
        return Reloaded(replace(old, segments=new.segments, reloading=new.reloading), Change.NEWER)
    change = _change(old, new)
    if change in (Change.BACKWARDS, Change.REPLACED):
        return Reloaded(old, change)
    return Reloaded(replace(old, segments=_placed(old.segments, new.segments), reloading=new.reloading), change)


def reload_uri(rendition: Rendition, delta: bool = True, block: bool = True) -> str:
    """Where to read the rendition's playlist again: with the delivery directives that its server takes (6.2.5).

    A blocking request is answered when the next segment is there; a delta update leaves out what is known.
    """
    going_on = rendition.reloading
    asked: dict[str, str] = {}
    if going_on is not None and not going_on.ended and rendition.segments:
        if block and going_on.can_block_reload:
            asked["_HLS_msn"] = str(rendition.segments[-1].sequence + 1)
        span_s = rendition.duration_s - rendition.segments[0].start_s
        if delta and 0 < going_on.can_skip_until_s < span_s:
            asked["_HLS_skip"] = "YES"
    if not asked:
        return rendition.uri
    parts = urlsplit(rendition.uri)
    query = "&".join(part for part in (parts.query, urlencode(asked)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _change(old: Rendition, new: MediaPlaylist) -> Change:
    known, listed = old.segments, new.segments
    if listed[-1].sequence < known[0].sequence:
        return Change.REPLACED
    there = {segment.sequence: segment for segment in known}
    both = [(there[segment.sequence], segment) for segment in listed if segment.sequence in there]
    if any(not _same(one, other) for one, other in both):
        return Change.REPLACED
    if listed[-1].sequence < known[-1].sequence or listed[0].sequence < known[0].sequence:
        return Change.BACKWARDS
    if old.reloading is not None and old.reloading.ended and not new.reloading.ended:
        return Change.BACKWARDS
    if new.reloading.type is PlaylistType.EVENT and listed[0].sequence > known[0].sequence:
        return Change.REPLACED
    same = listed[-1].sequence == known[-1].sequence and old.reloading == new.reloading
    return Change.SAME if same else Change.NEWER


def _same(one: Segment, other: Segment) -> bool:
    """Is it the same segment? Its address may have got another host or another token; its file and length may not."""
    if abs(one.duration_s - other.duration_s) > SAME_LENGTH_S or one.byte_range != other.byte_range:
        return False
    return one.uri == other.uri or _file(one.uri) == _file(other.uri)


def _file(uri: str) -> str:
    return urlsplit(uri).path.rpartition("/")[2]


def _placed(known: Sequence[Segment], listed: Sequence[Segment]) -> tuple[Segment, ...]:
    """The listed segments with indexes and starts that go on from the known ones."""
    there = {segment.sequence: segment for segment in known}
    last = known[-1]
    placed: list[Segment] = []
    for segment in listed:
        before = there.get(segment.sequence)
        if before is not None:
            start_s = before.start_s
        elif placed:
            start_s = placed[-1].end_s
        else:
            start_s = last.end_s + _hole_s(known, segment)
        index = last.index + segment.sequence - last.sequence
        duration_s = before.duration_s if before is not None else segment.duration_s
        placed.append(replace(segment, index=index, start_s=start_s, duration_s=duration_s))
    return tuple(placed)


def _hole_s(known: Sequence[Segment], first: Segment) -> float:
    """How much was missed between the last known segment and the first listed one."""
    last = known[-1]
    missed = first.sequence - last.sequence - 1
    mean_s = sum(segment.duration_s for segment in known) / len(known)
    if last.date_s is not None and first.date_s is not None and missed:
        told_s = first.date_s - last.date_s - last.duration_s
        # A date that is far off what the numbers say is a clock that was set.
        if abs(told_s - missed * mean_s) <= max(missed * mean_s / 2, mean_s):
            return max(told_s, 0.0)
    return missed * mean_s
