"""WebVTT: is it a subtitle file, and how its segments become one file in the title's own time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from player.presentation.errors import PresentationError
from player.presentation.segment import Segment
from player.presentation.uris import shown

LARGEST_BYTES = 2 * 2**20
LONGEST_LINE = 8192
MOST_CUES = 100_000
TIMESTAMPS_HZ = 90_000
NEAR_S = 2.0
WRAP_S = 2**33 / TIMESTAMPS_HZ
_TIME = r"(?:(\d{2,5}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(_TIME + r"[ \t]+-->[ \t]+" + _TIME + r"(?:[ \t]+([^\n]*))?")
_MAP = re.compile(r"X-TIMESTAMP-MAP=([^\n]{1,200})")


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle, in seconds of its file."""

    start_s: float
    end_s: float
    settings: str
    text: str


@dataclass(frozen=True, slots=True)
class Subtitles:
    """One WebVTT file taken apart. `offset_s`: what a cue's time needs added to be an MPEG-2 timestamp, in seconds.

    None when the file does not map its times (X-TIMESTAMP-MAP, RFC 8216bis 3.1.4). `styles` are its STYLE and REGION
    blocks as they stand.
    """

    cues: tuple[Cue, ...]
    offset_s: float | None = None
    styles: tuple[str, ...] = ()


def check_webvtt(body: bytes, uri: str = "") -> str:
    """The text of a WebVTT file (W3C WebVTT section 4.1): UTF-8, bounded, with its signature.

    Raises: `PresentationError`.
    """

    def bad(why: str) -> PresentationError:
        return PresentationError(
            f"Unreadable subtitles {shown(uri)}: {why}.", "The film plays without them; choose other subtitles."
        )

    if len(body) > LARGEST_BYTES:
        raise bad(f"larger than {LARGEST_BYTES // 2**20} MiB")
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise bad("not UTF-8 text") from error
    lines = text.splitlines()
    header = lines[0] if lines else ""
    if header != "WEBVTT" and not header.startswith(("WEBVTT ", "WEBVTT\t")):
        raise bad("the first line is not WEBVTT")
    if "\0" in text or any(len(line) > LONGEST_LINE for line in lines):
        raise bad("it holds a zero byte or an endless line")
    return text


def parse_webvtt(body: bytes, uri: str = "") -> Subtitles:
    """A WebVTT file's cues, its styles and its map of times; what is none of these is passed over, as the format asks.

    Raises: `PresentationError`.
    """
    text = re.sub(r"\r\n?", "\n", check_webvtt(body, uri))
    blocks = re.split(r"\n{2,}", text)
    cues, styles = [], []
    # The head ends with a blank line, but not every packager knows.
    head = blocks[0].split("\n")
    timed = next((at for at, line in enumerate(head) if "-->" in line), len(head))
    for block in ("\n".join(head[timed:]), *blocks[1:]):
        if block.startswith(("STYLE", "REGION")):
            styles.append(block)
        elif (cue := _cue(block)) is not None:
            cues.append(cue)
    return Subtitles(tuple(cues[:MOST_CUES]), _offset_s(blocks[0]), tuple(styles))


def joined(parts: Sequence[tuple[Segment, bytes]], origins_s: Mapping[int, float] | None = None) -> bytes:
    """Segments of one subtitle track as one WebVTT file in the title's time.

    `origins_s`: for a discontinuity sequence number, the MPEG-2 timestamp in seconds at which the title's time 0 would
    lie, as the video's segments tell it. Where it is not known, the first segment of a discontinuity is taken to be in
    the title's time already, and the maps of the others say how far they are from it.
    Raises: `PresentationError` when a segment is no WebVTT.
    """
    told = [(segment, parse_webvtt(body, segment.uri)) for segment, body in parts]
    styles = dict.fromkeys(style for _, one in told for style in one.styles)
    # A cue that lasts over a boundary is in both segments (3.1.4).
    cues = dict.fromkeys(cue for shift_s, one in _shifted(told, origins_s or {}) for cue in _moved(one, shift_s))
    blocks = ["WEBVTT", *styles, *map(_written, sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)))]
    return ("\n\n".join(blocks) + "\n").encode()


def _shifted(
    told: Iterable[tuple[Segment, Subtitles]], origins_s: Mapping[int, float]
) -> Iterator[tuple[float, Subtitles]]:
    """Every file with the seconds to add to its times."""
    anchors: dict[int, float] = dict(origins_s)
    for segment, one in told:
        number = segment.discontinuity_sequence
        if one.offset_s is None:
            yield _unmapped_s(segment, one, anchors.get(number)), one
            continue
        if number not in anchors:
            begins_s = min((cue.start_s for cue in one.cues), default=segment.start_s)
            # Times that begin anew, in a segment that does not begin the title, count from the segment's start.
            anew = segment.start_s > 0 and begins_s < segment.start_s - segment.duration_s
            anchors[number] = one.offset_s - (segment.start_s if anew else 0.0)
        yield _nearest(one.offset_s - anchors[number]), one


def _unmapped_s(segment: Segment, one: Subtitles, origin_s: float | None) -> float:
    """Without a map the RFC reads times by the media's clock; packagers write the title's time. What fits is taken."""
    first_s = min((cue.start_s for cue in one.cues), default=segment.start_s)

    def fits(start_s: float) -> bool:
        return segment.start_s - NEAR_S <= start_s <= segment.end_s + NEAR_S

    return -origin_s if origin_s is not None and not fits(first_s) and fits(first_s - origin_s) else 0.0


def _nearest(seconds: float) -> float:
    """33-bit timestamps wrap after 26 hours; the shift is the one that is smaller."""
    return (seconds + WRAP_S / 2) % WRAP_S - WRAP_S / 2


def _moved(one: Subtitles, shift_s: float) -> Iterator[Cue]:
    for cue in one.cues:
        start_s, end_s = max(round(cue.start_s + shift_s, 3), 0.0), round(cue.end_s + shift_s, 3)
        if end_s > start_s:
            yield Cue(start_s, end_s, cue.settings, cue.text)


def _cue(block: str) -> Cue | None:
    """A block with a timing line, alone or after an identifier; None for notes and whatever else."""
    lines = block.strip("\n").split("\n")
    at = 0 if "-->" in lines[0] else 1
    match = _TIMING.fullmatch(lines[at].strip()) if len(lines) > at else None
    if match is None:
        return None
    start_s, end_s = _seconds(match.groups()[:4]), _seconds(match.groups()[4:8])
    text = "\n".join(lines[at + 1 :])
    return Cue(start_s, end_s, match[9] or "", text) if end_s > start_s and "-->" not in text else None


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _offset_s(header: str) -> float | None:
    """X-TIMESTAMP-MAP=MPEGTS:<ticks>,LOCAL:<time> in a file's head; one that makes no sense is none."""
    found = _MAP.search(header)
    if found is None:
        return None
    fields = dict(part.split(":", 1) for part in found[1].split(",") if ":" in part)
    ticks, local = fields.get("MPEGTS", "").strip(), re.fullmatch(_TIME, fields.get("LOCAL", "").strip())
    if not (ticks.isascii() and ticks.isdigit() and len(ticks) <= 12) or local is None:
        return None
    return int(ticks) % 2**33 / TIMESTAMPS_HZ - _seconds(local.groups())


def _written(cue: Cue) -> str:
    settings = f" {cue.settings}" if cue.settings else ""
    return f"{_clock(cue.start_s)} --> {_clock(cue.end_s)}{settings}\n{cue.text}"


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
