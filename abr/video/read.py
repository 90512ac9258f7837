"""Size tables from files: Sabre's movie JSON, Pensieve's per-quality files, HLS, a folder of our own encoder."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from abr.model import Ladder, Rung
from abr.video.files import json_of, text_of
from abr.video.generate import builtin_video, vbr_video
from abr.video.hls import read_hls
from abr.video.model import VideoError, VideoTable
from abr.video.quality import with_quality

PENSIEVE_CHUNK_S = 4.0
MULTIVARIANT = ("master.m3u8", "index.m3u8", "main.m3u8")
WAYS = (
    "give builtin:film, vbr:chunks=300,ladder=300-750-1200, a Sabre movie JSON, a folder of video_size_0, ..., "
    "an HLS playlist, or an encoded title's folder"
)


def read_video(name: str | Path, *, seed: int = 1, chunk_s: float | None = None) -> VideoTable:
    """A film by its name (`builtin:film`, `vbr:...`) or from its file or folder, with the quality found beside it.

    `PATH@4`, or `chunk_s`, says how long a chunk of a table is that does not say it itself. VideoError: what is wrong,
    and the way out.
    """
    text = str(name)
    if text.startswith("builtin:"):
        return builtin_video(text.removeprefix("builtin:"), seed)
    if text.startswith("vbr:"):
        return vbr_video(text.removeprefix("vbr:"), seed)
    path, told_s = _split(text)
    chunk_s = told_s if told_s is not None else chunk_s
    if chunk_s is not None and not (isfinite(chunk_s) and 0 < chunk_s < 3600):
        raise VideoError(f"{path}: a chunk lasts longer than 0 s and less than an hour, not {chunk_s:g} s")
    try:
        return with_quality(_read(path, chunk_s), path)
    except VideoError:
        raise
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror or error}; {WAYS}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise VideoError(f"{path}: is no size table in a known form ({error!r:.100}); {WAYS}") from error


def _split(text: str) -> tuple[Path, float | None]:
    """A file's own name may hold an `@`; only when there is no such file does it part the chunk's length off."""
    path, at, length = text.rpartition("@")
    if not at or Path(text).exists():
        return Path(text), None
    try:
        return Path(path), float(length)
    except ValueError:
        return Path(text), None


def _read(path: Path, chunk_s: float | None) -> VideoTable:
    if path.is_dir() and not (path / "title.json").is_file():
        playlists = [path / it for it in MULTIVARIANT if (path / it).is_file()]
        if not playlists:
            return _pensieve(path, chunk_s)
        path = playlists[0]
    if chunk_s is not None:
        raise VideoError(f"{path}: says itself how long its chunks are; leave @{chunk_s:g} away")
    if path.is_dir():
        return _encoded(path)
    return read_hls(path) if path.suffix.lower() in (".m3u8", ".m3u") else _sabre(path)


def _sabre(path: Path) -> VideoTable:
    data = json_of(path)
    if "SegmentByteCounts" in data:  # the column-wise variant, in bytes
        duration_ms, rates, sizes, unit_bits = (
            data["SegmentDurationInMs"],
            data["EncodingBitRatesInKbps"],
            data["SegmentByteCounts"],
            8,
        )
    else:
        duration_ms, rates, sizes, unit_bits = (
            data["segment_duration_ms"],
            data["bitrates_kbps"],
            data["segment_sizes_bits"],
            1,
        )
    ladder = Ladder(tuple(Rung(round(rate * 1000)) for rate in rates))
    rows = tuple(tuple(max(1, round(size * unit_bits / 8)) for size in row) for row in sizes)
    return VideoTable(path.stem, duration_ms / 1e3, ladder, rows)


def _pensieve(path: Path, chunk_s: float | None) -> VideoTable:
    """One file per rung, 0 lowest, a size in bytes a line; the bit rates are the files' means.

    The files do not say how long a chunk is: 4 s by Pensieve's convention, unless told.
    """
    folder = path / "size" if (path / "size").is_dir() else path
    files = sorted(folder.glob("video_size_*"), key=lambda file: int(file.name.rpartition("_")[2]))
    if not files:
        raise VideoError(f"{path}: holds neither title.json, master.m3u8 nor video_size_0, video_size_1, ...; {WAYS}")
    columns = [[int(line) for line in text_of(file).split()] for file in files]
    if len({len(column) for column in columns}) != 1 or not columns[0]:
        raise VideoError(f"{path}: its files have different numbers of chunks: {[len(c) for c in columns]}")
    notes = () if chunk_s is not None else (f"chunks of 4 s by convention; {path.name}@N says otherwise",)
    span_s = chunk_s or PENSIEVE_CHUNK_S
    rates = [round(8 * sum(column) / len(column) / span_s) for column in columns]
    if sorted(set(rates)) != rates:
        raise VideoError(f"{path}: video_size_0 is the lowest rung and each next one larger; its means are {rates}")
    rows = tuple(zip(*columns, strict=True))
    return VideoTable(path.name, span_s, Ladder(tuple(map(Rung, rates))), rows, notes=notes)


def _encoded(path: Path) -> VideoTable:
    """A folder of our own encoder: title.json and the segments of every rung."""
    title = json_of(path / "title.json")
    if title["state"] != "ready":
        raise VideoError(f"{path}: is still being encoded; wait until it is ready")
    rungs = tuple(Rung(int(it["bitrate_bps"]), int(it["width"]), int(it["height"])) for it in title["rungs"])
    rows = tuple(
        tuple((path / f"v{rung}" / f"s{chunk:05d}.m4s").stat().st_size for rung in range(len(rungs)))
        for chunk in range(int(title["chunk_count"]))
    )
    return VideoTable(str(title["id"]), float(title["chunk_s"]), Ladder(rungs), rows)
