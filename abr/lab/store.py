"""Finished sessions on disk, one file a trace and film, so that an interrupted run goes on where it was.

A file's name is the hash of all that its numbers rest on: the trace's steps, the film's sizes, the session's settings,
and the source of the simulator and of every controller of ours. A change to any of them finds nothing, and works anew.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from abr import plugins
from abr.simulate.model import SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

FORMAT = 1
SUFFIX = ".json.gz"
COMPRESSION = 3
"""Texts shrink tenfold at the fast end already."""
_NOT_IN_THE_NUMBERS = ("lab", "trace")
"""Folders of `abr` whose code makes no session: what a trace reader reads is hashed itself."""


@cache
def code_version() -> str:
    """A hash of what sessions come from: code, and weights beside it."""
    root = Path(__file__).resolve().parents[1]
    files = [file for file in sorted(root.rglob("*")) if _makes_numbers(file.relative_to(root)) and file.is_file()]
    digest = sha256(f"{FORMAT} {sys.version_info[:2]} {_version()}".encode())
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _makes_numbers(path: Path) -> bool:
    if "__pycache__" in path.parts:
        return False
    return path.parts[0] not in _NOT_IN_THE_NUMBERS or path.as_posix() == "trace/model.py"


def _version() -> str:
    # A bundle has no source beside it; there the version has to do.
    try:
        return version("evenflow")
    except PackageNotFoundError:
        return ""


def trace_digest(trace: Trace) -> str:
    """A hash of what the link does; its name is not in it."""
    return sha256(repr([(it.duration_s, it.rate_bps, it.latency_s) for it in trace.steps]).encode()).hexdigest()


def video_digest(video: VideoTable) -> str:
    """A hash of the film's ladder, sizes and qualities; its name is not in it."""
    parts = (video.chunk_duration_s, video.ladder.rungs, video.sizes_bytes, video.qualities, video.quality_name)
    return sha256(repr(parts).encode()).hexdigest()


def controller_key(spec: str) -> str:
    """A controller within a file: its name, and the hash of its source where it is not ours."""
    return f"{spec} {plugins.code_digest(spec)[:16]}".strip()


@dataclass(slots=True)
class Kept:
    """What is known of one trace and film, as plain values."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    optima: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of kept sessions."""

    folder: Path
    code: str

    @classmethod
    def at(cls, folder: Path) -> Store:
        """The folder, made when it is not there, for the code as it is now. OSError: it cannot be made."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, code_version())

    def path(self, trace: Trace, video: VideoTable, settings: SessionSettings) -> Path:
        """Where this trace and film are kept."""
        parts = (self.code, trace_digest(trace), video_digest(video), json.dumps(asdict(settings), sort_keys=True))
        return self.folder / (sha256(" ".join(parts).encode()).hexdigest()[:40] + SUFFIX)

    def load(self, path: Path) -> Kept:
        """What is kept; nothing, when there is none or it was damaged."""
        try:
            plain = json.loads(gzip.decompress(path.read_bytes()))
            return Kept(dict(plain["sessions"]), dict(plain["optima"]))
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
            return Kept()

    def save(self, path: Path, kept: Kept) -> None:
        """Whole, or not at all."""
        text = json.dumps({"sessions": kept.sessions, "optima": kept.optima}, ensure_ascii=False, default=_scalar)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(gzip.compress(text.encode(), COMPRESSION, mtime=0))
        os.replace(part, path)

    def forget(self) -> None:
        """Delete what is kept; nothing else in the folder is touched."""
        for file in self.folder.glob("*" + SUFFIX):
            file.unlink(missing_ok=True)


def _scalar(value: Any) -> Any:
    """A number of numpy's as Python's own."""
    return value.item()
