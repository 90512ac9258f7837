"""Where a film's pieces lie, how they are written so that a reader sees all of one or none, and when one is whole."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import time
from pathlib import Path

from backend_stub.encode.boxes import Fragment, read_fragment
from backend_stub.encode.model import EncodeError, TitlePlan

_STALE_S = 600.0


def title_dir(objects_dir: Path, plan: TitlePlan) -> Path:
    """The folder of this film with these settings."""
    return objects_dir / "titles" / plan.title_id / plan.revision()


def segment_name(index: int) -> str:
    """`s00000.m4s`."""
    return f"s{index:05d}.m4s"


def video_segment(directory: Path, rung: int, chunk: int) -> Path:
    """A chunk of a rendition."""
    return directory / f"v{rung}" / segment_name(chunk)


def audio_segment(directory: Path, lang: str, index: int) -> Path:
    """A segment of a sound track."""
    return directory / f"a-{lang}" / segment_name(index)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file that others see whole or not at all. Raises EncodeError when the disk does not take it."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(data.encode() if isinstance(data, str) else data)
        scratch.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise disk_error(error, path) from error


def disk_error(error: OSError, path: Path) -> EncodeError:
    """What a person needs to know when a write fails."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EncodeError(
            f"The disk is full: {path} could not be written.",
            "Free some space and run it again; what is already encoded is kept.",
        )
    return EncodeError(
        f"{path} could not be written: {error.strerror or error}.",
        "Check that the folder exists and that you may write there, or name another with --data.",
    )


def sweep(directory: Path) -> None:
    """Remove what a killed run left half-written; young files may belong to another run and stay."""
    for scratch in directory.glob("**/.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - scratch.stat().st_mtime > _STALE_S:
                scratch.unlink()


def read_segment(path: Path) -> Fragment | None:
    """What a segment on disk says about itself, or None when it is not there or not whole."""
    try:
        return read_fragment(path.read_bytes())
    except (OSError, ValueError, struct.error):
        return None


def whole_chunk(fragment: Fragment | None, plan: TitlePlan, chunk: int, ticks: int) -> bool:
    """Whether a segment has all frames of the chunk, at its time, beginning with a keyframe, and all its bytes."""
    frames = plan.frames_of(chunk)
    return (
        fragment is not None
        and len(fragment.sample_sizes) == len(frames)
        and fragment.decode_time == frames.start * ticks
        and fragment.sample_duration == ticks
        and fragment.starts_with_sync
        and min(fragment.sample_sizes) > 0
        and sum(fragment.sample_sizes) == fragment.payload_bytes
    )
