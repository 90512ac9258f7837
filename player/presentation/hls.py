"""HLS: from playlists to a `Presentation`, fetching what the multivariant playlist lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from player.presentation.media import MediaPlaylist, parse_media, read_media
from player.presentation.model import Kind, Presentation, Rendition, Segment, Track
from player.presentation.multivariant import (
    MediaReference,
    Multivariant,
    Variant,
    parse_multivariant,
    read_multivariant,
)
from player.presentation.playlist import Playlist, PresentationError
from player.presentation.remembered import read_again
from player.presentation.uris import shown

__all__ = ["FetchText", "PresentationError", "assemble", "load", "parse_media", "parse_multivariant"]

FetchText = Callable[[str], Awaitable[tuple[str, str]]]
"""uri -> (text, the URI that it came from after redirects)."""

AT_ONCE = 6
GRID_TOLERANCE_S = 0.001
# Rounded EXTINF values add up; beyond one frame at 24 fps the grids are not the same.
DRIFT_TOLERANCE_S = 0.04
# A lone media playlist that tells no size still needs a place on a ladder.
UNTOLD_BPS = 1_000_000


async def load(uri: str, fetch_text: FetchText) -> Presentation:
    """Read the title at `uri`: a multivariant playlist and what it lists, or a media playlist as a ladder of one.

    Raises: `PresentationError`, and whatever `fetch_text` raises.
    """
    text, uri = await fetch_text(uri)
    playlist = Playlist(text, uri)
    if not playlist.fields["is_variant"]:
        return _single(read_media(playlist))
    multivariant = read_multivariant(playlist)
    listed = {*(v.uri for v in multivariant.variants), *(m.uri for m in multivariant.audio + multivariant.subtitles)}
    return assemble(multivariant, await _fetch_all(sorted(listed), fetch_text))


def assemble(multivariant: Multivariant, media: dict[str, MediaPlaylist]) -> Presentation:
    """A `Presentation` from playlists already read; `media` is by the URI that the multivariant playlist names. Pure.

    Raises: `PresentationError` when the renditions do not share one chunk grid.
    """
    ladder = [_rendition(i, variant, media[variant.uri]) for i, variant in enumerate(multivariant.variants)]
    shared = [_on_grid(rendition, ladder[0], multivariant.uri) for rendition in ladder]
    return Presentation(
        uri=multivariant.uri,
        video=Track(id="video", kind=Kind.VIDEO, renditions=tuple(shared), default=True),
        audio=_tracks(multivariant.audio, media),
        subtitles=_tracks(multivariant.subtitles, media),
        steering=multivariant.steering,
        pathway_id=multivariant.pathway_id,
        pathways=multivariant.pathways,
    )


async def _fetch_all(uris: Sequence[str], fetch_text: FetchText) -> dict[str, MediaPlaylist]:
    """All media playlists, a few at a time; the first failure stops the others and is raised as itself."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(uri: str) -> MediaPlaylist:
        async with gate:
            text, final_uri = await fetch_text(uri)
        return read_again(text, final_uri)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(uri)) for uri in uris]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {uri: task.result() for uri, task in zip(uris, tasks, strict=True)}


def _single(media: MediaPlaylist) -> Presentation:
    rendition = Rendition("v0", media.mean_bps or UNTOLD_BPS, "", media.segments, media.init)
    return Presentation(uri=media.uri, video=Track("video", Kind.VIDEO, (rendition,), default=True))


def _rendition(index: int, variant: Variant, media: MediaPlaylist) -> Rendition:
    return Rendition(
        id=variant.stable_id or f"v{index}",
        bitrate_bps=variant.bitrate_bps,
        codecs=variant.codecs,
        segments=media.segments,
        init=media.init,
        width=variant.width,
        height=variant.height,
        frame_rate=variant.frame_rate,
    )


def _on_grid(rendition: Rendition, first: Rendition, uri: str) -> Rendition:
    """The rendition with the first one's exact instants, so that chunk k is the same interval on every rung."""
    if rendition is first:
        return rendition
    ours, theirs = rendition.segments, first.segments
    if len(ours) == len(theirs) and all(map(_is_same_interval, ours, theirs)):
        return rendition
    if len(ours) != len(theirs) or any(not _same_interval(a, b) for a, b in zip(ours, theirs, strict=True)):
        raise PresentationError(
            f"The renditions of {shown(uri)} are not cut at the same instants ({len(ours)} segments beside "
            f"{len(theirs)}), so the player cannot change between them.",
            "Encode the title again with one chunk grid for all renditions.",
        )
    cut = tuple(replace(a, start_s=b.start_s, duration_s=b.duration_s) for a, b in zip(ours, theirs, strict=True))
    return replace(rendition, segments=cut)


def _is_same_interval(one: Segment, other: Segment) -> bool:
    """To the last bit, as it is where every playlist tells the same durations."""
    return one.start_s == other.start_s and one.duration_s == other.duration_s


def _same_interval(one: Segment, other: Segment) -> bool:
    # A hair over the millisecond: 2.001 - 2.0 is 0.00099999... or 0.00100000...1, as the floats fall.
    same_length = abs(one.duration_s - other.duration_s) <= GRID_TOLERANCE_S + 1e-9
    return same_length and abs(one.start_s - other.start_s) <= DRIFT_TOLERANCE_S


def _tracks(references: Sequence[MediaReference], media: dict[str, MediaPlaylist]) -> tuple[Track, ...]:
    tracks: dict[str, Track] = {}
    for reference in references:
        stem = f"{'a' if reference.kind is Kind.AUDIO else 's'}-{reference.language or 'und'}"
        track_id = stem if stem not in tracks else f"{stem}-{len(tracks)}"
        playlist = media[reference.uri]
        rendition = Rendition(track_id, playlist.mean_bps or 0, "", playlist.segments, playlist.init)
        tracks[track_id] = Track(
            id=track_id,
            kind=reference.kind,
            renditions=(rendition,),
            language=reference.language,
            name=reference.name or reference.language,
            default=reference.default,
            forced=reference.forced,
        )
    return tuple(tracks.values())
