"""A user's own file: can it be a film, what is in it, and the plan by which it is encoded."""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from backend_stub.encode.model import AudioTrack, EncodeError, SubtitleTrack, TitlePlan, ladder_for

MAX_FPS = 60
CHUNK_S = 2
#: Text subtitles that can become WebVTT; pictures of text (DVD, Blu-ray) cannot.
TEXT_CODECS = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})
_TAIL_S = 2.0


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as an input container. Raises EncodeError with what a person can do about it."""
    try:
        if path.stat().st_size == 0:
            raise EncodeError(f"{path} is empty.", "Copy or download it again.")
        container = av.open(str(path), metadata_errors="replace")
    except FileNotFoundError as error:
        raise EncodeError(f"There is no file {path}.", "Check the name.") from error
    except IsADirectoryError as error:
        raise EncodeError(f"{path} is a folder.", "Name the film file inside it.") from error
    except PermissionError as error:
        raise EncodeError(f"{path} may not be read.", "Give yourself the right to read it.") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise EncodeError(
            f"{path} is not a film, or it is cut off before its table of contents ({reason(error)}).",
            "If a player can play it, copy it again; if none can, it is damaged.",
        ) from error
    with container:
        yield container


def reason(error: Exception) -> str:
    """FFmpeg's words, short."""
    return str(getattr(error, "strerror", None) or error)[:120]


def plan_file(path: Path, title: str | None = None) -> TitlePlan:
    """What to make of a file. Raises EncodeError when it is not a film, or is cut off."""
    path = path.expanduser().resolve()
    with opened(path) as container:
        stream = _video(container, path)
        fps = frame_rate(stream)
        duration_s = _duration_s(container, stream, path)
        duration_s = _checked_end_s(container, stream, duration_s, path)
        width, height = shown_size(stream, container)
        name = (title or _spoken(path.stem)).strip() or "Untitled"
        stat = path.stat()
        return TitlePlan(
            title_id=slug(name),
            name=name,
            year=time.localtime(stat.st_mtime).tm_year,
            description=f"Added from {path.name}.",
            maturity="",
            genres=("My films",),
            source=str(path),
            source_tag=hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:16],
            fps=fps,
            frame_count=max(1, int(duration_s * fps + Fraction(1, 2))),
            chunk_frames=max(1, round(CHUNK_S * fps)),
            rungs=ladder_for(width, height),
            audio=tuple(_audio_tracks(container)),
            subtitles=tuple(_text_tracks(container)),
        )


def _video(container: Any, path: Path) -> Any:
    # A cover picture in a music file is a video stream to FFmpeg, but not a film.
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
            return stream
    raise EncodeError(f"{path} is not a film: it has no picture track.", "Choose a file with video.")


def frame_rate(stream: Any) -> Fraction:
    """A constant rate for the film: the source's own average, made sensible, at most 60."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    rate = min(Fraction(rate), Fraction(MAX_FPS))
    usual = [Fraction(n) for n in (12, 15, 24, 25, 30, 48, 50, 60)] + [Fraction(n * 1000, 1001) for n in (24, 30, 60)]
    nearest = min(usual, key=lambda each: abs(each - rate))
    if abs(nearest - rate) / rate < Fraction(1, 2000):
        return nearest
    return max(Fraction(1), Fraction(round(rate * 100), 100))


def shown_size(stream: Any, container: Any) -> tuple[int, int]:
    """Width and height as shown: pixel shape and rotation applied."""
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio or 1
    width, height = round(context.width * (aspect or 1)), context.height
    if not width or not height:
        raise EncodeError(f"{stream} has no size.", "The file is damaged; copy it again.")
    return (height, width) if rotation_of(container, stream) in (90, 270) else (width, height)


def rotation_of(container: Any, stream: Any) -> int:
    """Quarter turns, counterclockwise, in degrees, as the first frame tells."""
    for frame in _decoded(container, stream, 0):
        return int(round(frame.rotation / 90) * 90 % 360)
    return 0


def _decoded(container: Any, stream: Any, at_s: float) -> Iterator[Any]:
    """Frames from the keyframe before `at_s` on; broken packets are passed over."""
    start = stream.start_time or 0
    container.seek(start + int(at_s / stream.time_base), stream=stream, backward=True)
    stream.codec_context.flush_buffers()
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _duration_s(container: Any, stream: Any, path: Path) -> Fraction:
    """Length of the picture; of the whole file when the stream does not say."""
    if stream.duration:
        return Fraction(stream.duration * stream.time_base)
    if container.duration:
        return Fraction(container.duration, 1_000_000)
    last = Fraction(0)
    for packet in container.demux(stream):
        if packet.pts is not None:
            last = max(last, (packet.pts + (packet.duration or 0) - (stream.start_time or 0)) * stream.time_base)
    if last <= 0:
        raise EncodeError(f"{path} has no length that could be found.", "The file is damaged; copy it again.")
    return last


def _checked_end_s(container: Any, stream: Any, duration_s: Fraction, path: Path) -> Fraction:
    """Where the picture ends. The end that the file promises must be there, or it is told before hours of encoding.

    A file that only tells how long its longest track is (Matroska) gets the end of its last picture.
    """
    last_s, end = -1.0, duration_s
    try:
        for frame in _decoded(container, stream, max(0.0, float(duration_s) - _TAIL_S)):
            if frame.pts is not None:
                begin = (frame.pts - (stream.start_time or 0)) * stream.time_base
                last_s, end = float(begin), begin + 1 / frame_rate(stream)
    except (av.FFmpegError, OSError):
        pass  # Whatever could not be read is missing, which is what is asked.
    if last_s < float(duration_s) - _TAIL_S:
        found = f"its picture ends at {last_s:.0f} s" if last_s >= 0 else "its end cannot be decoded"
        raise EncodeError(
            f"{path} is damaged or cut off: it should last {float(duration_s):.0f} s, but {found}.",
            "Copy or download it again.",
        )
    return duration_s if stream.duration else min(duration_s, end)


def _audio_tracks(container: Any) -> Iterator[AudioTrack]:
    taken: set[str] = set()
    for stream in container.streams.audio:
        lang = _distinct(_language(stream), taken)
        name = stream.metadata.get("title") or _language_name(lang)
        yield AudioTrack(lang, name, stream.index)


def _text_tracks(container: Any) -> Iterator[SubtitleTrack]:
    taken: set[str] = set()
    for stream in container.streams.subtitles:
        if stream.codec_context is not None and stream.codec_context.name in TEXT_CODECS:
            lang = _distinct(_language(stream), taken)
            yield SubtitleTrack(lang, stream.metadata.get("title") or _language_name(lang), stream.index)


_TWO_LETTERS = {"eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "ita": "it", "jpn": "ja"}
_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano", "ja": "日本語"}


def _language(stream: Any) -> str:
    """A tag that may be a folder's name."""
    tag = re.sub(r"[^a-z0-9-]", "", str(stream.metadata.get("language", "und")).lower())[:12] or "und"
    return _TWO_LETTERS.get(tag, tag)


def _distinct(lang: str, taken: set[str]) -> str:
    """`en`, then `en-x2`, `en-x3`: a second commentary must not cover the first track."""
    number, free = 1, lang
    while free in taken:
        number += 1
        free = f"{lang}-x{number}"
    taken.add(free)
    return free


def _language_name(lang: str) -> str:
    return _NAMES.get(lang, "Original" if lang == "und" else lang)


def _spoken(stem: str) -> str:
    """`my_holiday.2024` as `My holiday 2024`."""
    words = re.sub(r"[._\s]+", " ", stem).strip()
    return words[:1].upper() + words[1:]


def slug(name: str) -> str:
    """A title id: small letters, digits, hyphens. Names of other scripts get a short hash."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return text or "film-" + hashlib.sha256(name.encode()).hexdigest()[:8]
