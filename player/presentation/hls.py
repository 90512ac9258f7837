"""HLS: from playlists to a `Presentation`, fetching what the multivariant playlist lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from player.presentation.errors import NOT_YET, PresentationError
from player.presentation.grid import beside, on_one_grid
from player.presentation.media import MediaPlaylist, parse_media, read_media
from player.presentation.model import Container, Kind, Presentation, Preview, Rendition, Track
from player.presentation.multivariant import (
    MediaReference,
    Multivariant,
    Variant,
    parse_multivariant,
    read_multivariant,
)
from player.presentation.playlist import Playlist
from player.presentation.remembered import read_again
from player.presentation.uris import shown

__all__ = ["FetchText", "PresentationError", "assemble", "load", "parse_media", "parse_multivariant", "preview", "read"]

FetchText = Callable[[str], Awaitable[tuple[str, str]]]
"""uri -> (text, the URI that it came from after redirects)."""

AT_ONCE = 6
WORDS = (Container.WEBVTT, Container.UNTOLD)
# A lone media playlist that tells no size still needs a place on a ladder.
UNTOLD_BPS = 1_000_000
# A day of two-second segments on ten rungs; more is memory for nothing.
MOST_SEGMENTS_TOGETHER = 500_000


async def load(uri: str, fetch_text: FetchText) -> Presentation:
    """Read the title at `uri`: a multivariant playlist and what it lists, or a media playlist as a ladder of one.

    Raises: `PresentationError`, and whatever `fetch_text` raises.
    """
    text, uri = await fetch_text(uri)
    return await read(text, uri, fetch_text)


async def read(text: str, uri: str, fetch_text: FetchText) -> Presentation:
    """The same, from the first playlist's text."""
    playlist = Playlist(text, uri)
    if not playlist.fields["is_variant"]:
        return _single(read_media(playlist))
    multivariant = read_multivariant(playlist)
    listed = {*(v.uri for v in multivariant.variants), *(m.uri for m in multivariant.audio + multivariant.subtitles)}
    media = await _fetch_all(sorted(listed - {""}), fetch_text, multivariant)
    return assemble(multivariant, media)


def assemble(multivariant: Multivariant, media: Mapping[str, MediaPlaylist]) -> Presentation:
    """A `Presentation` from playlists already read; `media` is by the URI that the multivariant playlist names. Pure.

    Raises: `PresentationError` when the renditions do not share one chunk grid, or list more than is kept.
    """
    _bound(media.values(), multivariant.uri)
    # Without CODECS, only the segments show that a variant is sound alone (for the worst of networks).
    pictures = [variant for variant in multivariant.variants if not _sound_alone(media[variant.uri])]
    if not pictures:
        raise _without_video(multivariant.uri)
    first = media[pictures[0].uri]
    _refuse_stills(multivariant.uri, first)
    ladder = [_rendition(i, variant, media[variant.uri]) for i, variant in enumerate(pictures)]
    ladder = list(on_one_grid(ladder, multivariant.uri))
    return Presentation(
        uri=multivariant.uri,
        video=Track(id="video", kind=Kind.VIDEO, renditions=tuple(ladder), default=True),
        audio=_tracks(multivariant.audio, media, ladder[0]),
        subtitles=_tracks(multivariant.subtitles, media, ladder[0]),
        steering=multivariant.steering,
        pathway_id=multivariant.pathway_id,
        pathways=multivariant.pathways,
        # The media playlist's own EXT-X-START goes before the multivariant one's (RFC 8216bis 4.4.2.2).
        start=first.start or multivariant.start,
        previews=multivariant.previews,
        variables=multivariant.variables,
    )


async def preview(still: Preview, fetch_text: FetchText, variables: Mapping[str, str] | None = None) -> Rendition:
    """The still pictures of a preview: a rendition whose segments are single I-frames (RFC 8216bis 4.4.3.6).

    Raises: `PresentationError` when it is no I-frame playlist, and whatever `fetch_text` raises.
    """
    text, uri = await fetch_text(still.uri)
    media = parse_media(text, uri, variables)
    if not media.i_frames_only:
        raise PresentationError(f"{shown(uri)} is not an I-frame playlist.", "The title plays without previews.")
    return Rendition(
        "preview", still.bitrate_bps, still.codecs, media.segments, still.width, still.height, 0.0, uri, media.reloading
    )


async def _fetch_all(
    uris: Sequence[str], fetch_text: FetchText, multivariant: Multivariant
) -> dict[str, MediaPlaylist]:
    """All media playlists, a few at a time; the first failure stops the others and is raised as itself."""
    gate = asyncio.Semaphore(AT_ONCE)
    read: list[MediaPlaylist] = []

    async def one(uri: str) -> MediaPlaylist:
        async with gate:
            text, final_uri = await fetch_text(uri)
        read.append(read_again(text, final_uri, multivariant.variables))
        _bound(read, multivariant.uri)
        return read[-1]

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(uri)) for uri in uris]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {uri: task.result() for uri, task in zip(uris, tasks, strict=True)}


def _bound(read: Iterable[MediaPlaylist], uri: str) -> None:
    if sum(len(playlist.segments) for playlist in read) > MOST_SEGMENTS_TOGETHER:
        raise PresentationError(f"{shown(uri)} lists more than {MOST_SEGMENTS_TOGETHER} segments.")


def _sound_alone(media: MediaPlaylist) -> bool:
    return media.segments[0].container.packed_audio


def _without_video(uri: str) -> PresentationError:
    return PresentationError(f"A title without video is not supported yet ({shown(uri)}).", NOT_YET)


def _single(media: MediaPlaylist) -> Presentation:
    _refuse_stills(media.uri, media)
    if _sound_alone(media):
        raise _without_video(media.uri)
    rendition = Rendition(
        "v0", media.mean_bps or UNTOLD_BPS, "", media.segments, uri=media.uri, reloading=media.reloading
    )
    return Presentation(uri=media.uri, video=Track("video", Kind.VIDEO, (rendition,), default=True), start=media.start)


def _refuse_stills(uri: str, media: MediaPlaylist) -> None:
    if media.i_frames_only:
        raise PresentationError(
            f"{shown(uri)} lists still pictures only (EXT-X-I-FRAMES-ONLY); it is no title by itself.",
            "Open the multivariant playlist that it belongs to.",
        )


def _rendition(index: int, variant: Variant, media: MediaPlaylist) -> Rendition:
    return Rendition(
        id=variant.stable_id or f"v{index}",
        bitrate_bps=variant.bitrate_bps,
        codecs=variant.codecs,
        segments=media.segments,
        width=variant.width,
        height=variant.height,
        frame_rate=variant.frame_rate,
        uri=variant.uri,
        reloading=media.reloading,
    )


def _tracks(
    references: Sequence[MediaReference], media: Mapping[str, MediaPlaylist], reference_video: Rendition
) -> tuple[Track, ...]:
    tracks: dict[str, Track] = {}
    for reference in references:
        if reference.kind is Kind.SUBTITLES and media[reference.uri].segments[0].container not in WORDS:
            continue  # subtitles in MP4
        stem = f"{'a' if reference.kind is Kind.AUDIO else 's'}-{reference.language or 'und'}"
        track_id = stem if stem not in tracks else f"{stem}-{len(tracks)}"
        tracks[track_id] = Track(
            id=track_id,
            kind=reference.kind,
            renditions=_beside(track_id, reference.uri, media, reference_video),
            language=reference.language,
            name=reference.name or reference.language,
            default=reference.default,
            forced=reference.forced,
            muxed=not reference.uri,
        )
    return tuple(tracks.values())


def _beside(
    track_id: str, uri: str, media: Mapping[str, MediaPlaylist], reference_video: Rendition
) -> tuple[Rendition, ...]:
    if not uri:
        return ()
    found = media[uri]
    rendition = Rendition(track_id, found.mean_bps or 0, "", found.segments, uri=uri, reloading=found.reloading)
    return (beside(rendition, reference_video) if reference_video.live else rendition,)
