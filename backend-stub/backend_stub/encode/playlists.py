"""HLS (RFC 8216bis): the playlists of a film, before its segments exist and again when their sizes are known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from backend_stub.encode.boxes import codec_string
from backend_stub.encode.grid import AAC_FRAME, AUDIO_BPS, SAMPLE_RATE_HZ, audio_grid, chunk_seconds, title_seconds
from backend_stub.encode.layout import audio_segment, segment_name, video_segment, write_atomically
from backend_stub.encode.model import State, TitlePlan

_AAC_LC = "mp4a.40.2"


@dataclass(frozen=True, slots=True)
class Media:
    """One media playlist's segments: how long each is and, once they exist, how large."""

    durations_s: tuple[Fraction, ...]
    sizes_bytes: tuple[int, ...] | None
    target_bps: int

    @property
    def rates_bps(self) -> tuple[int, ...]:
        """The rate of each segment: exact when sizes are known, else the target."""
        if self.sizes_bytes is None:
            return (self.target_bps,) * len(self.durations_s)
        pairs = zip(self.sizes_bytes, self.durations_s, strict=True)
        return tuple(math.ceil(size * 8 / duration) for size, duration in pairs)

    @property
    def average_bps(self) -> int:
        """Over the whole track."""
        if self.sizes_bytes is None:
            return self.target_bps
        return math.ceil(sum(self.sizes_bytes) * 8 / sum(self.durations_s))

    def text(self) -> str:
        """The media playlist."""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(max(self.durations_s))}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            '#EXT-X-MAP:URI="init.mp4"',
        ]
        for index, (duration, rate) in enumerate(zip(self.durations_s, self.rates_bps, strict=True)):
            # The tag counts in kbit/s; rounded to the nearest, as the size is read back from it.
            lines += [f"#EXT-X-BITRATE:{max(1, round(rate / 1000))}", f"#EXTINF:{float(duration):.6f},"]
            lines.append(segment_name(index))
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def video_media(plan: TitlePlan, directory: Path, rung: int, *, exact: bool) -> Media:
    """The media playlist of a rendition."""
    durations = tuple(len(plan.frames_of(chunk)) / plan.fps for chunk in range(plan.chunk_count))
    paths = [video_segment(directory, rung, chunk) for chunk in range(plan.chunk_count)]
    return Media(durations, _sizes(paths) if exact else None, plan.rungs[rung].target_bps)


def audio_media(plan: TitlePlan, directory: Path, lang: str, *, exact: bool) -> Media:
    """The media playlist of a sound track."""
    grid = audio_grid(plan.chunk_count, chunk_seconds(plan), title_seconds(plan))
    durations = tuple(Fraction(len(frames) * AAC_FRAME, SAMPLE_RATE_HZ) for frames in grid)
    paths = [audio_segment(directory, lang, index) for index in range(len(grid))]
    return Media(durations, _sizes(paths) if exact else None, AUDIO_BPS)


def _sizes(paths: Sequence[Path]) -> tuple[int, ...]:
    return tuple(path.stat().st_size for path in paths)


def master_text(plan: TitlePlan, directory: Path, *, exact: bool) -> str:
    """The multivariant playlist; codec strings are read from the init segments, which must exist."""
    audio = [audio_media(plan, directory, track.lang, exact=exact) for track in plan.audio]
    sound_peak = max((max(media.rates_bps) for media in audio), default=0)
    sound_mean = max((media.average_bps for media in audio), default=0)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_rendition("AUDIO", "a", track.lang, track.name, i == 0) for i, track in enumerate(plan.audio)]
    lines += [_rendition("SUBTITLES", "s", track.lang, track.name, False) for track in plan.subtitles]
    for index, rung in enumerate(plan.rungs):
        media = video_media(plan, directory, index, exact=exact)
        peak = max(media.rates_bps) if exact else rung.max_bps
        codec = codec_string((directory / f"v{index}" / "init.mp4").read_bytes())
        attributes = [
            f"BANDWIDTH={peak + sound_peak}",
            f"AVERAGE-BANDWIDTH={media.average_bps + sound_mean}",
            f'CODECS="{codec},{_AAC_LC}"' if audio else f'CODECS="{codec}"',
            f"RESOLUTION={rung.width}x{rung.height}",
            f"FRAME-RATE={float(plan.fps):.3f}",
        ]
        attributes += ['AUDIO="sound"'] if audio else []
        attributes += ['SUBTITLES="text"'] if plan.subtitles else []
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), f"v{index}/playlist.m3u8"]
    return "\n".join([*lines, ""])


def _rendition(kind: str, prefix: str, lang: str, name: str, default: bool) -> str:
    group = "sound" if kind == "AUDIO" else "text"
    channels = ',CHANNELS="2"' if kind == "AUDIO" else ""
    clean = name.replace('"', "'")
    return (
        f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{group}",NAME="{clean}",LANGUAGE="{lang}",'
        f"DEFAULT={'YES' if default else 'NO'},AUTOSELECT=YES{channels},"
        f'URI="{prefix}-{lang}/playlist.m3u8"'
    )


def subtitle_text(plan: TitlePlan) -> str:
    """The media playlist of a WebVTT track: one file for the whole title."""
    seconds = title_seconds(plan)
    return "\n".join(
        [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            f"#EXTINF:{float(seconds):.6f},",
            "subs.vtt",
            "#EXT-X-ENDLIST",
            "",
        ]
    )


def title_json(plan: TitlePlan, directory: Path, state: State) -> str:
    """What the catalog reads about a film."""
    exact = state == "ready"
    rungs = [
        {
            "width": rung.width,
            "height": rung.height,
            "bitrate_bps": video_media(plan, directory, index, exact=exact).average_bps,
        }
        for index, rung in enumerate(plan.rungs)
    ]
    facts = {
        "id": plan.title_id,
        "name": plan.name,
        "year": plan.year,
        "duration_s": plan.duration_s,
        "description": plan.description,
        "maturity": plan.maturity,
        "genres": list(plan.genres),
        "languages": [track.lang for track in plan.audio],
        "audio": [{"lang": track.lang, "name": track.name} for track in plan.audio],
        "subtitles": [{"lang": track.lang, "name": track.name} for track in plan.subtitles],
        "rungs": rungs,
        "state": state,
        "chunk_count": plan.chunk_count,
        "chunk_s": plan.chunk_s,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def write_playlists(plan: TitlePlan, directory: Path, state: State) -> None:
    """All playlists and title.json, the latter last: who sees it may count on the rest."""
    exact = state == "ready"
    for rung in range(len(plan.rungs)):
        write_atomically(
            directory / f"v{rung}" / "playlist.m3u8", video_media(plan, directory, rung, exact=exact).text()
        )
    for track in plan.audio:
        media = audio_media(plan, directory, track.lang, exact=exact)
        write_atomically(directory / f"a-{track.lang}" / "playlist.m3u8", media.text())
    for text in plan.subtitles:
        write_atomically(directory / f"s-{text.lang}" / "playlist.m3u8", subtitle_text(plan))
    write_atomically(directory / "master.m3u8", master_text(plan, directory, exact=exact))
    write_atomically(directory / "title.json", title_json(plan, directory, state))
