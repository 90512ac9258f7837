"""From a manifest URI to everything that playing begins with: presentation, steering, ladder, tracks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

from abr.model import Ladder, Rung
from player.engine.errors import ContentUnreadable
from player.engine.settings import EngineSettings
from player.engine.source import Source
from player.engine.teller import CAPTIONS, MANIFEST
from player.engine.wire import Wire
from player.fetch.transport import Request
from player.output.sink import SubtitleFile
from player.presentation import hls
from player.presentation.model import Presentation, Rendition, Track
from player.presentation.playlist import PresentationError
from player.presentation.webvtt import check_webvtt
from player.schedule.window import Grid
from player.steering.steering import Steering
from player.telemetry.cmcd import without_argument

PLAYLIST_LIMIT_BYTES = 2 * 2**20
SUBTITLES_LIMIT_BYTES = 2 * 2**20


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

    try:
        return await hls.load(source.manifest_uri, fetch_text)
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


@dataclass(frozen=True)
class Sizes:
    """Bytes of every chunk at every rung, the audio beside it included; the nominal size where none is told."""

    rows: tuple[tuple[int, ...], ...]

    @cached_property
    def largest_bytes(self) -> int:
        """Of any chunk at any rung."""
        return max(map(max, self.rows), default=0)

    @classmethod
    def of(cls, presentation: Presentation, audio: Rendition | None) -> Sizes:
        audio_bps = audio.bitrate_bps if audio else 0
        rows = []
        for index in range(presentation.chunk_count):
            row = []
            for rendition in presentation.video.renditions:
                segment = rendition.segments[index]
                # The variant's bit rate counts the audio already; a segment's size does not.
                own = segment.size_bytes
                nominal = int(rendition.bitrate_bps * segment.duration_s / 8)
                row.append(max(own + int(audio_bps * segment.duration_s / 8), 1) if own else max(nominal, 1))
            rows.append(tuple(row))
        return cls(tuple(rows))

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
        return cls(
            presentation,
            ladder_of(presentation),
            Grid.of_durations([s.duration_s for s in presentation.video.renditions[0].segments]),
            audio,
            Sizes.of(presentation, audio.renditions[0] if audio else None),
        )


async def subtitles(track: Track, wire: Wire) -> SubtitleFile:
    """A whole subtitle track; its segments joined. Raises `ContentUnreadable` when it is not WebVTT."""
    bodies = []
    for segment in track.renditions[0].segments:
        brought = await wire.bring(Request(segment.uri, limit_bytes=SUBTITLES_LIMIT_BYTES, purpose=CAPTIONS))
        try:
            check_webvtt(brought.fetched.body, segment.uri)
        except PresentationError as error:
            raise ContentUnreadable(str(error), "Choose other subtitles.") from error
        bodies.append(brought.fetched.body)
    joined = bodies[0] + b"".join(b"\n\n" + body.split(b"\n", 1)[-1] for body in bodies[1:]) if bodies else b"WEBVTT\n"
    return SubtitleFile(track.id, track.language, track.name, joined)
