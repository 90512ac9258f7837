"""Size tables from files: Sabre's movie JSON, Pensieve's per-quality files, a folder of our own encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from abr.model import Ladder, Rung
from abr.video.generate import builtin_film
from abr.video.model import VideoError, VideoTable

MAX_BYTES = 64 * 1024 * 1024
PENSIEVE_CHUNK_S = 4.0


def read_video(name: str | Path, *, seed: int = 1) -> VideoTable:
    """`builtin:film`, a Sabre movie JSON, a folder of `video_size_0` ... files, or an encoded title's folder."""
    if str(name) == "builtin:film":
        return builtin_film(seed)
    if str(name).startswith("builtin:"):
        raise VideoError(f"there is no built-in film {str(name)[8:]!r}; there is builtin:film")
    path = Path(name)
    try:
        return _read(path)
    except VideoError:
        raise
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VideoError(f"{path}: is no size table in a known form: {error!r}") from error


def _read(path: Path) -> VideoTable:
    if (path / "title.json").is_file():
        return _encoded(path)
    if path.is_dir():
        return _pensieve(path)
    return _sabre(path)


def _json(path: Path) -> Any:
    if path.stat().st_size > MAX_BYTES:
        raise VideoError(f"{path}: is larger than {MAX_BYTES // 2**20} MiB")
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _sabre(path: Path) -> VideoTable:
    data = _json(path)
    if "SegmentByteCounts" in data:  # the column-wise variant, in bytes
        chunk_s, rates, sizes, unit_bits = (
            data["SegmentDurationInMs"] / 1e3,
            data["EncodingBitRatesInKbps"],
            data["SegmentByteCounts"],
            8,
        )
    else:
        chunk_s, rates, sizes, unit_bits = (
            data["segment_duration_ms"] / 1e3,
            data["bitrates_kbps"],
            data["segment_sizes_bits"],
            1,
        )
    ladder = Ladder(tuple(Rung(round(rate * 1000)) for rate in rates))
    rows = tuple(tuple(max(1, round(size * unit_bits / 8)) for size in row) for row in sizes)
    return VideoTable(path.stem, chunk_s, ladder, rows)


def _pensieve(path: Path) -> VideoTable:
    """One file per rung, 0 lowest, a size in bytes a line; the bit rates are the files' means."""
    files = sorted(path.glob("video_size_*"), key=lambda file: int(file.name.rpartition("_")[2]))
    if not files:
        raise VideoError(f"{path}: holds neither title.json nor video_size_0, video_size_1, ...")
    columns = [[int(line) for line in file.read_text(encoding="ascii").split()] for file in files]
    if len({len(column) for column in columns}) != 1 or not columns[0]:
        raise VideoError(f"{path}: its files have different numbers of chunks: {[len(c) for c in columns]}")
    rates = [round(8 * sum(column) / len(column) / PENSIEVE_CHUNK_S) for column in columns]
    rows = tuple(zip(*columns, strict=True))
    return VideoTable(path.name, PENSIEVE_CHUNK_S, Ladder(tuple(map(Rung, rates))), rows)


def _encoded(path: Path) -> VideoTable:
    """A folder of our own encoder: title.json and the segments of every rung."""
    title = _json(path / "title.json")
    if title["state"] != "ready":
        raise VideoError(f"{path}: is still being encoded; wait until it is ready")
    rungs = tuple(Rung(int(it["bitrate_bps"]), int(it["width"]), int(it["height"])) for it in title["rungs"])
    rows = tuple(
        tuple((path / f"v{rung}" / f"s{chunk:05d}.m4s").stat().st_size for rung in range(len(rungs)))
        for chunk in range(int(title["chunk_count"]))
    )
    return VideoTable(str(title["id"]), float(title["chunk_s"]), Ladder(rungs), rows)
