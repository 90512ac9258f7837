"""Preview pictures for the seek bar: WebVTT cues whose text names a tile (`sprites-000.jpg#xywh=0,0,160,90`)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from urllib.parse import urljoin

_CUE = re.compile(r"^(?:(\d+):)?(\d{2}):(\d{2}[.,]\d{3})\s+-->")
_TILE = re.compile(r"^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$")
_CUES_AT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of a sprite sheet, in the sheet's pixels, shown from `start_s` on."""

    start_s: float
    url: str
    x: int
    y: int
    width: int
    height: int


class Sprites:
    """The tiles of one title, by time."""

    def __init__(self, tiles: list[Tile]) -> None:
        self._tiles = sorted(tiles, key=lambda tile: tile.start_s)
        self._starts = [tile.start_s for tile in self._tiles]

    def __bool__(self) -> bool:
        return bool(self._tiles)

    def at(self, position_s: float) -> Tile | None:
        """The tile shown at `position_s`; None when there are none."""
        if not self._tiles:
            return None
        return self._tiles[max(0, bisect_right(self._starts, position_s) - 1)]


def parse_sprites(text: str, url: str) -> Sprites:
    """Read the file at `url`. Lines that are no cue are passed over: previews are a courtesy and never an error."""
    tiles: list[Tile] = []
    start_s: float | None = None
    for line in text.splitlines():
        cue = _CUE.match(line.strip())
        tile = _TILE.match(line.strip())
        if cue:
            start_s = int(cue[1] or 0) * 3600 + int(cue[2]) * 60 + float(cue[3].replace(",", "."))
        elif tile and start_s is not None and len(tiles) < _CUES_AT_MOST:
            x, y, width, height = (int(tile[n]) for n in range(2, 6))
            if width and height:
                tiles.append(Tile(start_s, urljoin(url, tile[1]), x, y, width, height))
    return Sprites(tiles)
