"""The cues of segmented WebVTT put on the presentation's timeline and joined into one file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from player.presentation.webvtt import check_webvtt

WRAP_S = 2**33 / 90_000
MOST_CUES = 20_000
NEAR_S = 2.0
_TIMESTAMP = r"(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)[.](\d{3})"
_TIMING = re.compile(rf"^\s*{_TIMESTAMP}\s+-->\s+{_TIMESTAMP}(.*)$")
_LOCAL = re.compile(rf"LOCAL:{_TIMESTAMP}")
_MPEGTS = re.compile(r"MPEGTS:(\d{1,12})")


@dataclass(frozen=True, slots=True, order=True)
class Cue:
    """One cue: when it is shown, what follows its timing line (settings), and its text."""

    start_s: float
    end_s: float
    settings: str
    text: str

    def moved(self, by_s: float) -> Cue:
        return Cue(self.start_s + by_s, self.end_s + by_s, self.settings, self.text)


@dataclass(frozen=True, slots=True)
class CueSegment:
    """A WebVTT segment, read. `map_s` is what X-TIMESTAMP-MAP adds to a cue's time to make it one of the media's
    clock (RFC 8216bis 3.1.5); None without one. `styles` are its STYLE and REGION blocks."""

    cues: tuple[Cue, ...]
    map_s: float | None
    styles: tuple[str, ...]

    def placed(self, start_s: float, end_s: float, shift_s: float | None) -> tuple[Cue, ...]:
        """The cues at times of the presentation. The playlist puts the segment at [start_s, end_s); `shift_s` is what
        the media's clock needs added there, None when it is not known.

        Without a map, a cue's time is one of the presentation, as packagers write it, unless only the RFC's reading of
        that (the media's clock) brings it into the segment.
        """
        if not self.cues:
            return ()
        first_s = self.cues[0].start_s
        if self.map_s is None:
            told = shift_s or 0.0
            near = start_s - NEAR_S <= first_s <= end_s + NEAR_S
            by_s = 0.0 if near or not start_s - NEAR_S <= first_s + told <= end_s + NEAR_S else told
        else:
            by_s = self.map_s + (shift_s or 0.0)
            by_s += round((start_s - first_s - by_s) / WRAP_S) * WRAP_S
        return tuple(cue.moved(by_s) for cue in self.cues)


def read_segment(body: bytes, uri: str = "") -> CueSegment:
    """A WebVTT segment. Raises: `PresentationError` when it is none."""
    text = check_webvtt(body, uri).replace("\r\n", "\n").replace("\r", "\n")
    head, *blocks = re.split(r"\n{2,}", text)
    cues: list[Cue] = []
    styles: list[str] = []
    # A header's lines end with a blank one, but not every packager knows.
    for block in (_after_header(head), *blocks):
        cue = _cue(block)
        if cue is not None and len(cues) < MOST_CUES:
            cues.append(cue)
        elif block.startswith(("STYLE", "REGION")):
            styles.append(block)
    return CueSegment(tuple(cues), _map_s(head), tuple(styles[:16]))


def join(cues: Iterable[Cue], styles: Iterable[str] = ()) -> bytes:
    """One WebVTT file of cues, each once: those that span segments are in all of them."""
    blocks = ["WEBVTT", *dict.fromkeys(styles)]
    for cue in sorted(set(cues))[:MOST_CUES]:
        if cue.end_s > 0:
            timing = f"{_shown(cue.start_s)} --> {_shown(cue.end_s)}{cue.settings}"
            blocks.append(f"{timing}\n{cue.text}")
    return ("\n\n".join(blocks) + "\n").encode()


def _after_header(head: str) -> str:
    lines = head.split("\n")
    at = next((number for number, line in enumerate(lines) if _TIMING.match(line)), len(lines))
    return "\n".join(lines[at:])


def _cue(block: str) -> Cue | None:
    lines = block.strip("\n").split("\n")
    for number, line in enumerate(lines[:2]):
        found = _TIMING.match(line)
        if found is not None:
            start_s, end_s = _seconds(found.groups()[:4]), _seconds(found.groups()[4:8])
            return Cue(start_s, end_s, found[9].rstrip(), "\n".join(lines[number + 1 :])) if end_s > start_s else None
    return None


def _map_s(head: str) -> float | None:
    line = next((line for line in head.split("\n") if line.startswith("X-TIMESTAMP-MAP")), None)
    if line is None:
        return None
    local, media = _LOCAL.search(line), _MPEGTS.search(line)
    if local is None or media is None:
        return None
    return int(media[1]) / 90_000 - _seconds(local.groups())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, millis = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + millis / 1000


def _shown(time_s: float) -> str:
    millis = max(round(time_s * 1000), 0)
    return f"{millis // 3_600_000:02d}:{millis // 60_000 % 60:02d}:{millis // 1000 % 60:02d}.{millis % 1000:03d}"
