"""The values of the encode room: what is asked for, what has been reached, what went wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

State = Literal["encoding", "ready"]

#: The demo films in the order in which they are encoded; `demo` is an alias of the first.
DEMO_TITLE_IDS = ("lantern-river", "night-train", "paper-tide")

#: Anything that changes the bytes of a segment without showing in the settings raises this number.
PIPELINE_VERSION = 3


class EncodeError(Exception):
    """A film cannot be encoded. `message` says what happened to what, `advice` what to do next.

    Recovered by nobody in this room: the command line prints it, the server reports it and serves the other films.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.message = message
        self.advice = advice


class EncodeStopped(Exception):
    """The caller asked to stop. What was encoded is kept, and the next call goes on from there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one film is. The first value comes when its playlists can be served, the last has state "ready"."""

    title_id: str
    revision: str
    name: str
    state: State
    done_chunks: int
    chunk_count: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class EncodedTitle:
    """A film on disk; `directory` is `objects_dir/titles/<title_id>/<revision>` and holds `title.json`."""

    title_id: str
    revision: str
    directory: Path
    state: State


@dataclass(frozen=True, slots=True)
class RungSpec:
    """One step of the ladder as it is to be encoded.

    A file's quality is set by `crf` and held under `max_bps` by a VBV. A demo film's is set by a constant `qp`: its
    pictures are known, and without rate control x264 skips its analysis, which halves its time.
    """

    width: int
    height: int
    target_bps: int
    max_bps: int
    crf: float
    preset: str
    qp: int | None = None


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One sound track: a language (the name of its folder), a name for people, and for files its stream number."""

    lang: str
    name: str
    stream_index: int | None = None


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One WebVTT track."""

    lang: str
    name: str
    stream_index: int | None = None


@dataclass(frozen=True, slots=True)
class TitlePlan:
    """All that decides the bytes of a film; its hash is the revision, so other settings get another folder."""

    title_id: str
    name: str
    year: int
    description: str
    maturity: str
    genres: tuple[str, ...]
    source: str
    source_tag: str
    fps: Fraction
    frame_count: int
    chunk_frames: int
    rungs: tuple[RungSpec, ...]
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()

    @property
    def is_demo(self) -> bool:
        """Whether the film is drawn by our own generator (and carries the mark)."""
        return self.source.startswith("demo:")

    @property
    def chunk_count(self) -> int:
        """Chunks on the grid; the last one may be short."""
        return -(-self.frame_count // self.chunk_frames)

    @property
    def duration_s(self) -> float:
        """Length of the picture."""
        return float(self.frame_count / self.fps)

    @property
    def chunk_s(self) -> float:
        """Length of a full chunk."""
        return float(self.chunk_frames / self.fps)

    def frames_of(self, chunk: int) -> range:
        """The frame numbers of chunk `chunk`."""
        first = chunk * self.chunk_frames
        return range(first, min(first + self.chunk_frames, self.frame_count))

    def revision(self) -> str:
        """Twelve hex digits that change whenever the segments would."""
        text = json.dumps({"version": PIPELINE_VERSION, **self.to_json()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, object]:
        """Plain data, for the revision and for the wire to a worker."""
        return {**asdict(self), "fps": [self.fps.numerator, self.fps.denominator]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TitlePlan:
        """The inverse of `to_json`, after a trip through JSON text."""
        return cls(
            **{
                **data,
                "fps": Fraction(*data["fps"]),
                "genres": tuple(data["genres"]),
                "rungs": tuple(RungSpec(**item) for item in data["rungs"]),
                "audio": tuple(AudioTrack(**item) for item in data["audio"]),
                "subtitles": tuple(SubtitleTrack(**item) for item in data["subtitles"]),
            }
        )


#: The demo ladder: about 0.2 to 5.8 Mbit/s.
DEMO_LADDER = (
    RungSpec(320, 180, 200_000, 320_000, 25, "ultrafast", 22),
    RungSpec(480, 270, 450_000, 700_000, 24, "ultrafast", 21),
    RungSpec(640, 360, 900_000, 1_400_000, 23, "ultrafast", 20),
    RungSpec(960, 540, 1_800_000, 2_800_000, 22, "ultrafast", 20),
    RungSpec(1280, 720, 3_200_000, 4_800_000, 21, "ultrafast", 19),
    RungSpec(1920, 1080, 5_800_000, 8_700_000, 20, "ultrafast", 19),
)

#: The same for a user's own file, where nobody waits for the first start: better presets, held under a ceiling.
FILE_LADDER = tuple(replace(rung, preset="superfast", qp=None) for rung in DEMO_LADDER)


def ladder_for(width: int, height: int) -> tuple[RungSpec, ...]:
    """The heights of the ladder that do not upscale a source of this size, in the source's own shape.

    A source smaller than the lowest rung gets one rung of its own size.
    """
    rungs = [fit(rung, width, height) for rung in FILE_LADDER if rung.height <= height]
    return tuple(rungs) or (replace(FILE_LADDER[0], width=even(width), height=even(height)),)


def fit(rung: RungSpec, width: int, height: int) -> RungSpec:
    """The rung with the shape of a `width` x `height` source at the rung's own height."""
    return replace(rung, width=even(width * rung.height / height))


def even(value: float) -> int:
    """The nearest even number from 2 on: 4:2:0 halves both sides."""
    return max(2, round(value / 2) * 2)
