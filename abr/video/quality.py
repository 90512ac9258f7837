"""Measured quality beside a size table: `quality.json`, or Comyco's `vmaf` folder with a file a rung.

quality.json: `{"quality": "vmaf" | "ssim_db" | "ssim", "values": [[lowest rung, ..., highest], ...]}`, a row a chunk.
`ssim` is the index from 0 to 1, and becomes dB: -10 log10(1 - SSIM), at most 60, as in Puffer's code.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, log10
from pathlib import Path

from abr.video.files import json_of, text_of
from abr.video.model import VideoError, VideoTable

SIDECAR = "quality.json"
HIGHEST_DB = 60.0
BOUNDS = {"vmaf": (0.0, 100.0), "ssim_db": (0.0, HIGHEST_DB), "ssim": (-1.0, 1.0)}
Rows = tuple[tuple[float, ...], ...]


def with_quality(video: VideoTable, path: Path) -> VideoTable:
    """`video`, read from `path`, with the quality that was found beside it; as it is when there is none.

    VideoError: the quality is of another shape than the sizes, or out of its bounds.
    """
    folder = path if path.is_dir() else path.parent
    own = [folder / f"{path.stem}.{SIDECAR}"] if path.is_file() else []
    for sidecar in (*own, folder / SIDECAR):
        if sidecar.is_file() and sidecar != path:
            return _fitting(video, *_sidecar(sidecar), sidecar)
    for measured in (folder / "vmaf", folder.parent / "vmaf" if folder.name == "size" else folder / "vmaf"):
        if path.is_dir() and measured.is_dir():
            return _fitting(video, "vmaf", _comyco(measured), measured)
    return video


def _fitting(video: VideoTable, name: str, rows: Rows, source: Path) -> VideoTable:
    if [len(row) for row in rows] != [len(video.ladder)] * len(video.sizes_bytes):
        wanted = f"{len(video.sizes_bytes)} chunks of {len(video.ladder)} rungs"
        raise VideoError(f"{source}: is not of the table's shape, {wanted}; mend it, or move it away")
    low, high = BOUNDS[name]
    if not all(isfinite(value) and low <= value <= high for row in rows for value in row):
        raise VideoError(f"{source}: {name} lies from {low:g} to {high:g}")
    if name == "ssim":
        rows = tuple(tuple(_db(value) for value in row) for row in rows)
    kept = "ssim_db" if name == "ssim" else name
    return replace(video, qualities=rows, quality_name=kept, notes=(*video.notes, f"{kept} from {source.name}"))


def _db(ssim: float) -> float:
    return max(0.0, min(HIGHEST_DB, -10.0 * log10(1.0 - ssim))) if ssim < 1.0 else HIGHEST_DB


def _sidecar(path: Path) -> tuple[str, Rows]:
    data = json_of(path)
    if not isinstance(data, dict) or data.get("quality") not in BOUNDS or not isinstance(data.get("values"), list):
        raise VideoError(f'{path}: wants {{"quality": "vmaf", "ssim_db" or "ssim", "values": [[...], ...]}}')
    rows = data["values"]
    good = all(isinstance(row, list) and all(type(value) in (int, float) for value in row) for row in rows)
    if not good:
        raise VideoError(f"{path}: values holds a list of numbers for every chunk, lowest rung first")
    return str(data["quality"]), tuple(tuple(float(value) for value in row) for row in rows)


def _comyco(folder: Path) -> Rows:
    """`video1`, `video2`, ...: a value a line, and video1 is the HIGHEST rung."""
    files = sorted(folder.glob("video[0-9]*"), key=lambda file: int("".join(filter(str.isdigit, file.name))))
    columns = [[float(line) for line in text_of(file).split()] for file in files]
    if not columns or len({len(column) for column in columns}) != 1 or not columns[0]:
        raise VideoError(f"{folder}: wants files video1, video2, ... of one length")
    means = [sum(column) / len(column) for column in columns]
    if sorted(means, reverse=True) != means:
        raise VideoError(f"{folder}: video1 is the highest rung there, and here it is not; write a {SIDECAR} instead")
    return tuple(zip(*reversed(columns), strict=True))
