"""From a manifest URI to everything that playing begins with: presentation, steering, ladder, tracks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from abr.model import Ladder, Rung
from player.engine.errors import ContentUnreadable
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.engine.teller import MANIFEST
from player.engine.wire import Wire
from player.fetch.transport import Request
from player.output.sink import Timeline
from player.presentation import manifest
from player.presentation.dash.sidx import LARGEST_INDEX_BYTES
from player.presentation.errors import PresentationError
from player.presentation.model import ByteRange, Presentation, Rendition, Track
from player.schedule.window import Grid
from player.steering.steering import Steering
from player.telemetry.cmcd import without_argument

if TYPE_CHECKING:
    from player.engine.download import Downloader

PLAYLIST_LIMIT_BYTES = 2 * 2**20
INDEX_LIMIT_BYTES = LARGEST_INDEX_BYTES
LIVE_HORIZON_CHUNKS = 1000


def first_steering(source: Source) -> Steering:
    """The edges known before the manifest; the one that it is on comes first."""
    authority = urlsplit(source.manifest_uri).netloc
    start = next((i for i, base in source.pathways.items() if urlsplit(base).netloc == authority), ".")
    return Steering(source.manifest_uri, start, source.pathways)


def steering_of(presentation: Presentation, source: Source) -> Steering:
    """The edges once the manifest is known: those that it names, else those that came with the authorisation."""
    if len(presentation.pathways) > 1 or presentation.pathway_id not in (*source.pathways, "."):
        return Steering.of(presentation)
    return first_steering(replace(source, manifest_uri=presentation.uri))


async def load(source: Source, wire: Wire) -> Presentation:
    """The presentation. Raises `ContentUnreadable` when it is not one."""

    async def fetch_text(uri: str) -> tuple[str, str]:
        brought = await wire.bring(Request(uri, limit_bytes=PLAYLIST_LIMIT_BYTES, purpose=MANIFEST))
        return brought.fetched.body.decode("utf-8", "replace"), without_argument(brought.fetched.uri)

    async def fetch_range(uri: str, span: ByteRange) -> bytes:
        request = Request(uri, span.offset_bytes, span.length_bytes, limit_bytes=INDEX_LIMIT_BYTES, purpose=MANIFEST)
        return (await wire.bring(request)).fetched.body

    try:
        return await manifest.load(source.manifest_uri, fetch_text, fetch_range)
    except PresentationError as error:
        raise ContentUnreadable(str(error), getattr(error, "advice", "")) from error


def ladder_of(presentation: Presentation) -> Ladder:
    """The video renditions as `abr` sees them."""
    return Ladder(tuple(Rung(r.bitrate_bps, r.width, r.height, f"{r.height}p") for r in presentation.video.renditions))


def chosen(tracks: tuple[Track, ...], language: str | None) -> Track | None:
    """The track in this language, else the default one, else the first."""
    if language:
        for track in tracks:
            if track.language.split("-")[0] == language.split("-")[0]:
                return track
    return next((track for track in tracks if track.default), tracks[0] if tracks else None)


def start_at_s(opened: Opened, asked_s: float) -> float:
    """Where playing begins: where it was asked for, else where the title says; never past its end."""
    presentation = opened.presentation
    wanted_s = asked_s if asked_s > 0 and not presentation.live else presentation.start_at_s()
    return min(wanted_s, max(opened.grid.duration_s - 1.0, 0.0))


def live_edge_s(opened: Opened) -> float:
    """The latest place to play from, and not run dry: the hold-back before the end of what is known."""
    reloading = opened.presentation.video.renditions[0].reloading
    return max(opened.grid.duration_s - (reloading.hold_back_s if reloading else 0.0), 0.0)


def goes_on(presentation: Presentation) -> bool:
    """More chunks are to come: no rendition's playlist has ended yet."""
    return all(rendition.live for rendition in presentation.video.renditions)


@dataclass(frozen=True)
class Sizes:
    """Bytes of every chunk at every rung, the audio beside it included; the nominal size where none is told."""

    rows: tuple[tuple[int, ...], ...]

    @cached_property
    def largest_bytes(self) -> int:
        """Of any chunk at any rung."""
        return max(map(max, self.rows), default=0)

    @classmethod
    def of(
        cls, presentation: Presentation, audio: Rendition | None, grid: Grid, known: tuple[tuple[int, ...], ...] = ()
    ) -> Sizes:
        """For all chunks of `grid`; the first of them are `known` already (a live title that went on)."""
        audio_bps = audio.bitrate_bps if audio else 0
        columns = [_column(rendition, audio_bps, grid, len(known)) for rendition in presentation.video.renditions]
        return cls((*known, *zip(*columns, strict=True)))

    def coming(self, index: int, count: int) -> tuple[tuple[int, ...], ...]:
        return self.rows[index : index + count]


@dataclass(frozen=True, slots=True)
class Opened:
    """A title ready to be played."""

    presentation: Presentation
    ladder: Ladder
    grid: Grid
    audio: Track | None
    sizes: Sizes

    @classmethod
    def of(cls, presentation: Presentation, settings: EngineSettings) -> Opened:
        audio = chosen(presentation.audio, settings.audio_language)
        grid = grown(Grid(()), presentation)
        sizes = Sizes.of(presentation, _first(audio), grid)
        return cls(presentation, ladder_of(presentation), grid, audio, sizes)

    def grown(self, presentation: Presentation, audio: Track | None) -> Opened:
        """The same title, read again: the chunks known keep their place."""
        grid = grown(self.grid, presentation)
        sizes = Sizes.of(presentation, _first(audio), grid, self.sizes.rows)
        return replace(self, presentation=presentation, grid=grid, sizes=sizes, audio=audio)

    def coming(self, index: int, count: int) -> tuple[tuple[int, ...], ...]:
        """Sizes of the chunks from `index` on; those that a live title doesn't list yet are like the last one."""
        rows = self.sizes.coming(index, count)
        if goes_on(self.presentation) and rows:
            rows += (rows[-1],) * (count - len(rows))
        return rows

    @property
    def chunks_left_from(self) -> int:
        """One past the last chunk that a controller may count on; a live title is as long as any horizon."""
        return len(self.grid) + (LIVE_HORIZON_CHUNKS if goes_on(self.presentation) else 0)


def grown(grid: Grid, presentation: Presentation) -> Grid:
    """The grid with the chunks that the presentation lists beyond it; those that were missed in between share the
    time in which they were."""
    freshest = max(presentation.video.renditions, key=lambda rendition: rendition.end_index)
    ends = list(grid.ends_s)
    for segment in freshest.segments:
        if segment.index < len(ends):
            continue
        missed = segment.index - len(ends)
        begin_s = ends[-1] if ends else 0.0
        start_s = segment.start_s if missed else begin_s
        ends += [begin_s + (start_s - begin_s) * (number + 1) / missed for number in range(missed)]
        ends.append(start_s + segment.duration_s)
    return Grid(tuple(ends))


def _column(rendition: Rendition, audio_bps: int, grid: Grid, begin: int) -> list[int]:
    """One rung's bytes, the audio beside it included, of the chunks from `begin` on."""
    sizes = []
    for index in range(begin, len(grid)):
        segment = rendition.segment(index)
        duration_s = segment.duration_s if segment is not None else grid.length_s(index)
        # The variant's bit rate counts the audio already; a segment's size does not.
        if segment is not None and segment.size_bytes:
            sizes.append(segment.size_bytes + int(audio_bps * duration_s / 8) if audio_bps else segment.size_bytes)
        else:
            sizes.append(max(int(rendition.bitrate_bps * duration_s / 8), 1))
    return sizes


def _first(track: Track | None) -> Rendition | None:
    return track.renditions[0] if track and track.renditions else None


async def timeline(opened: Opened, downloader: Downloader, at_s: float) -> Timeline:
    """What the output must know before the first chunk; both initialisation sections are fetched at once."""
    index = opened.grid.at(at_s)
    top = opened.presentation.video.renditions[-1]
    pieces = [top.segment(index) or top, *([downloader.audio_rendition] if downloader.audio_rendition else [])]
    inits = [asyncio.ensure_future(downloader.init(each)) for each in pieces]
    try:
        video_init, *audio_init = await asyncio.gather(*inits)
    finally:
        for task in inits:
            task.cancel()
    return Timeline(
        starts_s=opened.grid.starts_s,
        duration_s=opened.grid.duration_s,
        video_init=video_init,
        audio_init=audio_init[0] if audio_init else None,
        width=top.width,
        height=top.height,
        start_at_s=at_s,
        open_end=goes_on(opened.presentation),
    )
