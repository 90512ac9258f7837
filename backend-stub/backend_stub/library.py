"""The films on disk, as values: every `title.json` under `objects/titles`, read again when it changes."""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend_stub.encode import DEMO_TITLE_IDS

log = logging.getLogger(__name__)

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_MAX_TITLE_JSON_BYTES = 1 << 20
KIDS_RATINGS = frozenset({"all", "e", "g", "u", "0", "0+", "3+", "6", "6+", "7", "7+", "tv-g", "tv-y", "tv-y7"})
"""What suits children, in the ratings of several countries; a film without a rating is not among them."""


class Track(BaseModel):
    """A sound or subtitle track."""

    lang: str = Field(max_length=40)
    name: str = Field(max_length=200)


class Rung(BaseModel):
    """A step of the ladder."""

    width: int = Field(gt=0, le=32768)
    height: int = Field(gt=0, le=32768)
    bitrate_bps: int = Field(gt=0)


class TitleFile(BaseModel):
    """What `title.json` must say; what else it says is ignored."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(max_length=100)
    name: str = Field(min_length=1, max_length=300)
    year: int | None = Field(default=None, ge=0, le=9999)
    duration_s: float = Field(gt=0, allow_inf_nan=False)
    description: str = Field(default="", max_length=10_000)
    maturity: str = Field(default="", max_length=40)
    genres: list[str] = Field(default_factory=list, max_length=50)
    audio: list[Track] = Field(default_factory=list, max_length=100)
    subtitles: list[Track] = Field(default_factory=list, max_length=100)
    rungs: list[Rung] = Field(min_length=1, max_length=100)
    state: Literal["encoding", "ready"]
    chunk_count: int = Field(gt=0)


@dataclass(frozen=True, slots=True)
class Title:
    """A film that can be played: what its file says, where it lies, how much of it is there."""

    facts: TitleFile
    revision: str
    directory: Path
    progress: float

    @property
    def id(self) -> str:
        """The slug."""
        return self.facts.id

    @property
    def for_kids(self) -> bool:
        """Whether a Kids profile gets to see it."""
        return self.facts.maturity.strip().casefold() in KIDS_RATINGS

    @property
    def path(self) -> str:
        """The address below an edge's objects, which is also what a signature covers."""
        return f"titles/{self.id}/{self.revision}"


def resolve_alias(title_id: str) -> str:
    """`demo` is the name of the first film wherever a title is asked for."""
    return DEMO_TITLE_IDS[0] if title_id == "demo" else title_id


class Library:
    """Reads the disk, so call it from a thread; safe to call from several."""

    def __init__(self, objects_dir: Path) -> None:
        self._root = objects_dir / "titles"
        self._lock = threading.Lock()
        self._cache: dict[Path, tuple[tuple[int, int], TitleFile | None]] = {}

    def all(self) -> list[Title]:
        """Every film, the demo films first, then by name; of several revisions the newest."""
        newest: dict[str, tuple[int, Path]] = {}
        seen = set()
        for path in self._root.glob("*/*/title.json"):
            seen.add(path)
            if self._read(path) is not None:
                changed_ns = self._cache[path][0][0]
                newest[path.parts[-3]] = max(newest.get(path.parts[-3], (0, path)), (changed_ns, path))
        with self._lock:
            for path in self._cache.keys() - seen:
                self._cache.pop(path, None)
        titles = [title for _, path in newest.values() if (title := self._title(path)) is not None]
        return sorted(titles, key=_shelf)

    def find(self, title_id: str) -> Title | None:
        """One film, by its id or `demo`."""
        wanted = resolve_alias(title_id)
        return next((title for title in self.all() if title.id == wanted), None)

    def _title(self, path: Path) -> Title | None:
        facts = self._read(path)
        return Title(facts, path.parts[-2], path.parent, _progress(facts, path.parent)) if facts else None

    def _read(self, path: Path) -> TitleFile | None:
        """The file's facts, or None for a broken one, which is reported once per change."""
        with self._lock:
            try:
                status = path.stat()
                stamp = (status.st_mtime_ns, status.st_size)
                if path in self._cache and self._cache[path][0] == stamp:
                    return self._cache[path][1]
                facts = _parse(path, status.st_size)
            except (OSError, ValueError) as error:
                reason = f"{error.error_count()} fields" if isinstance(error, ValidationError) else str(error)
                log.warning(
                    "film ignored: %s cannot be read (%s). Remove its folder, or encode it again.", path, reason
                )
                facts = None
                try:
                    status = path.stat()
                    stamp = (status.st_mtime_ns, status.st_size)
                except OSError:
                    return None
            self._cache[path] = (stamp, facts)
            return facts


def _parse(path: Path, size_bytes: int) -> TitleFile:
    if size_bytes > _MAX_TITLE_JSON_BYTES:
        raise ValueError(f"{size_bytes} bytes are too many")
    facts = TitleFile.model_validate_json(path.read_bytes())
    if facts.id != path.parts[-3] or not SLUG.fullmatch(facts.id) or not SLUG.fullmatch(path.parts[-2]):
        raise ValueError(f"the id {facts.id!r} does not fit its folder")
    return facts


def _progress(facts: TitleFile, directory: Path) -> float:
    """Finished chunks over all chunks; a chunk is finished when every rung has it."""
    if facts.state == "ready":
        return 1.0
    done = min(sum(1 for _ in (directory / f"v{rung}").glob("s*.m4s")) for rung in range(len(facts.rungs)))
    return min(1.0, done / facts.chunk_count)


def _shelf(title: Title) -> tuple[int, str]:
    place = DEMO_TITLE_IDS.index(title.id) if title.id in DEMO_TITLE_IDS else len(DEMO_TITLE_IDS)
    return place, title.facts.name.casefold()
