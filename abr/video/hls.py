"""A size table from HLS playlists on disk (RFC 8216bis): the multivariant playlist or one media playlist.

A segment's size is, in this order: its EXT-X-BYTERANGE, the size of its file, EXT-X-BITRATE times its duration (which
is within a tenth of the truth by the standard, and within half a kbit/s in what our encoder writes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from statistics import median

from abr.model import Ladder, Rung
from abr.video.files import text_of
from abr.video.model import VideoError, VideoTable

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')
MOST_RUNGS = 100
UNEVEN = 0.5
"""Segments whose durations differ from the usual by more than this share are no chunks of one table."""


@dataclass(frozen=True, slots=True)
class _Rendition:
    """One rung's segments."""

    rung: Rung
    durations_s: list[float]
    sizes_bytes: list[int]
    exact: bool


def read_hls(path: Path) -> VideoTable:
    """The table. VideoError: the playlists do not say how large their segments are, or do not belong together."""
    lines = _lines(path)
    streams = [index for index, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF:")]
    if not streams:
        return _table(path, [_media(path, Rung(1))])
    if len(streams) > MOST_RUNGS:
        raise VideoError(f"{path}: has {len(streams)} renditions, more than any ladder")
    rungs: dict[int, _Rendition] = {}
    for index in streams:
        rung = _rung(path, lines[index])
        uri = next((line for line in lines[index + 1 :] if not line.startswith("#")), "")
        # Renditions of one bit rate differ in sound or codec; the first stands for all.
        if rung.bitrate_bps not in rungs:
            rungs[rung.bitrate_bps] = _media(_local(path, uri), rung)
    return _table(path, [rungs[rate] for rate in sorted(rungs)])


def _table(path: Path, renditions: list[_Rendition]) -> VideoTable:
    counts = {len(it.sizes_bytes) for it in renditions}
    if counts == {0} or len(counts) != 1:
        raise VideoError(f"{path}: its renditions have different numbers of segments: {sorted(counts)}")
    spans_s = [span_s for it in renditions for span_s in it.durations_s]
    chunk_s = round(median(spans_s), 3)
    # The last segment is what was left of the film.
    odd = [span for it in renditions for span in it.durations_s[:-1] if abs(span - chunk_s) > UNEVEN * chunk_s]
    if odd:
        raise VideoError(f"{path}: its segments last {min(spans_s):g} to {max(spans_s):g} s; a table has one length")
    ladder = Ladder(tuple(_with_mean(it) for it in renditions))
    sizes = tuple(zip(*(it.sizes_bytes for it in renditions), strict=True))
    notes = [] if all(it.exact for it in renditions) else ["sizes from EXT-X-BITRATE, to its rounding"]
    if max(spans_s) - min(spans_s) > 0.001:
        notes.append(f"segments of {min(spans_s):g} to {max(spans_s):g} s taken as {chunk_s:g} s")
    return VideoTable(path.stem, chunk_s, ladder, sizes, notes=tuple(notes))


def _with_mean(it: _Rendition) -> Rung:
    """A media playlist by itself names no rate: its mean then."""
    return it.rung if it.rung.bitrate_bps > 1 else Rung(max(2, round(8 * sum(it.sizes_bytes) / fsum(it.durations_s))))


def _media(path: Path, rung: Rung) -> _Rendition:
    durations, sizes, exact = [], [], True
    duration_s, bitrate_bps, ranged = 0.0, 0.0, 0
    for line in _lines(path):
        tag, _, value = line.partition(":")
        if tag == "#EXTINF":
            duration_s = float(value.partition(",")[0])
        elif tag == "#EXT-X-BITRATE":
            bitrate_bps = 1e3 * float(value)
        elif tag == "#EXT-X-BYTERANGE":
            ranged = int(value.partition("@")[0])
        elif not line.startswith("#") and duration_s > 0:
            size = ranged or _size_on_disk(path, line)
            if not size and not bitrate_bps:
                problem = "is neither there nor given a size by EXT-X-BYTERANGE or EXT-X-BITRATE; save it beside"
                raise VideoError(f"{path}: the segment {line[:80]!r} {problem}")
            exact = exact and bool(size)
            durations.append(duration_s)
            sizes.append(size or max(1, round(bitrate_bps * duration_s / 8)))
            duration_s, ranged = 0.0, 0
    return _Rendition(rung, durations, sizes, exact)


def _rung(path: Path, line: str) -> Rung:
    said = {name: value.strip('"') for name, value in ATTRIBUTE.findall(line.partition(":")[2])}
    rate = said.get("AVERAGE-BANDWIDTH") or said.get("BANDWIDTH", "")
    if not (rate.isascii() and rate.isdigit() and len(rate) < 13):
        raise VideoError(f"{path}: a rendition has no BANDWIDTH")
    width, _, height = said.get("RESOLUTION", "0x0").partition("x")
    return Rung(int(rate), int(width), int(height))


def _lines(path: Path) -> list[str]:
    lines = [line.strip() for line in text_of(path).splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise VideoError(f"{path}: does not begin with #EXTM3U, so it is no HLS playlist")
    return lines


def _local(path: Path, uri: str) -> Path:
    if not uri or "://" in uri:
        raise VideoError(f"{path}: names {uri[:80]!r}; save the playlists beside it, with relative names")
    return path.parent / uri.partition("?")[0]


def _size_on_disk(path: Path, uri: str) -> int:
    """0 when it is not there."""
    if "://" in uri or "\0" in uri:
        return 0
    file = path.parent / uri.partition("?")[0]
    return file.stat().st_size if file.is_file() else 0
