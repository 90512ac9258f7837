"""The segment index box 'sidx' (ISO/IEC 14496-12 8.16.3), read within bounds; references may lead to further ones."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from player.presentation.errors import PresentationError
from player.presentation.segment import ByteRange
from player.presentation.uris import shown

LARGEST_INDEX_BYTES = 2**20
DEEPEST = 4
MOST_INDEXES = 64
MOST_REFERENCES = 50_000
MOST_BOXES = 64
LARGEST_OFFSET = 2**50
# Of a further index only its beginning is fetched: the box, not the media after it.
NESTED_BYTES = 64 * 2**10

FetchRange = Callable[[str, ByteRange], Awaitable[bytes]]
"""(uri, range) -> the bytes of that range, or fewer at the end of the file."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry: a subsegment of the media, or (`index`) a further index. Times are in ticks of `timescale`."""

    byte_range: ByteRange
    time: int
    duration: int
    timescale: int
    index: bool = False

    @property
    def start_s(self) -> float:
        return self.time / self.timescale

    @property
    def duration_s(self) -> float:
        return self.duration / self.timescale


def parse_sidx(data: bytes, offset_bytes: int, uri: str = "") -> tuple[Reference, ...]:
    """The references of the first 'sidx' box in `data`, which begins at `offset_bytes` of the file. Pure.

    Raises: `PresentationError`.
    """

    def bad(why: str) -> PresentationError:
        return PresentationError(f"Unreadable segment index of {shown(uri)}: {why}.")

    try:
        start, end = _find(data)
        return _references(data[start:end], offset_bytes + end)
    except (struct.error, ValueError) as error:
        raise bad(str(error) if isinstance(error, ValueError) else "it ends too early") from error


async def read_index(uri: str, first: ByteRange, fetch: FetchRange) -> tuple[Reference, ...]:
    """All subsegments in order, following references to further indexes.

    Every further index lies after the one that names it, so there are no circles; depth and number are bounded still.
    Raises: `PresentationError`, and what `fetch` raises.
    """
    left = MOST_INDEXES

    async def follow(span: ByteRange, depth: int) -> list[Reference]:
        nonlocal left
        left -= 1
        if depth > DEEPEST or left < 0:
            raise PresentationError(f"The segment index of {shown(uri)} is nested too deep or too often.")
        found: list[Reference] = []
        for reference in parse_sidx(await fetch(uri, span), span.offset_bytes, uri):
            if reference.index:
                size = min(reference.byte_range.length_bytes, NESTED_BYTES)
                found += await follow(ByteRange(reference.byte_range.offset_bytes, size), depth + 1)
            else:
                found.append(reference)
            if len(found) > MOST_REFERENCES:
                raise PresentationError(f"The segment index of {shown(uri)} has more than {MOST_REFERENCES} entries.")
        return found

    if first.length_bytes > LARGEST_INDEX_BYTES:
        raise PresentationError(f"The segment index of {shown(uri)} is larger than {LARGEST_INDEX_BYTES // 2**20} MiB.")
    return tuple(await follow(first, 1))


def _find(data: bytes) -> tuple[int, int]:
    """Where the contents of the first 'sidx' box are."""
    at = 0
    for _ in range(MOST_BOXES):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        if size < head:
            raise ValueError("a box is shorter than its head")
        if size > len(data) - at:
            raise ValueError("it ends too early")
        if kind == b"sidx":
            return at + head, at + size
        at += size
    raise ValueError(f"none of the first {MOST_BOXES} boxes is one")


def _references(box: bytes, after_bytes: int) -> tuple[Reference, ...]:
    """The entries of a box whose anchor is its end, `after_bytes` into the file."""
    version, _id, timescale = struct.unpack_from(">B3xII", box, 0)
    time, skipped = struct.unpack_from(">QQ" if version else ">II", box, 12)
    at = 12 + (16 if version else 8)
    (count,) = struct.unpack_from(">2xH", box, at)
    if not timescale:
        raise ValueError("its timescale is 0")
    if not count:
        raise ValueError("it refers to nothing")
    offset = after_bytes + skipped
    found = []
    for kind_and_size, duration, _ in struct.iter_unpack(">III", box[at + 4 : at + 4 + 12 * count]):
        size, is_index = kind_and_size & 0x7FFFFFFF, bool(kind_and_size >> 31)
        if not size or offset + size > LARGEST_OFFSET or (not duration and not is_index):
            raise ValueError("an entry has no size, no duration, or lies beyond any file")
        found.append(Reference(ByteRange(offset, size), time, duration, timescale, is_index))
        offset, time = offset + size, time + duration
    if len(found) != count:
        raise ValueError("it ends too early")
    return tuple(found)
