"""ISO base media boxes, read within bounds: every length is checked before it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from player.output.sink import MediaError

MAX_BOXES = 4096
"""Boxes looked at on one level. A real segment has under ten; a hostile one could have millions of empty ones."""


class Reader:
    """A cursor over part of a buffer; reading past its end is a `MediaError` that names the box."""

    __slots__ = ("_data", "_end", "_name", "position")

    def __init__(self, data: memoryview, start: int, end: int, name: str) -> None:
        self._data = data
        self._end = end
        self._name = name
        self.position = start

    @property
    def left_bytes(self) -> int:
        return self._end - self.position

    def take(self, count: int) -> memoryview:
        """The next `count` bytes."""
        start = self.position
        if count < 0 or count > self._end - start:
            raise MediaError(f"the box '{self._name}' ends before its contents do")
        self.position = start + count
        return self._data[start : self.position]

    def take_all(self) -> memoryview:
        return self.take(self.left_bytes)

    def skip(self, count: int) -> None:
        self.take(count)

    def uint(self, width: int) -> int:
        """A big-endian unsigned number of `width` bytes."""
        return int.from_bytes(self.take(width), "big")

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "big", signed=True)

    def version_and_flags(self) -> tuple[int, int]:
        """The head of a full box."""
        head = self.uint(4)
        return head >> 24, head & 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, and where its contents begin and end in the buffer."""

    kind: str
    data: memoryview
    offset: int
    start: int
    end: int

    def reader(self) -> Reader:
        return Reader(self.data, self.start, self.end, self.kind)

    def children(self, skip_bytes: int = 0) -> Iterator[Box]:
        """The boxes inside, after `skip_bytes` of fields of its own."""
        if skip_bytes > self.end - self.start:
            raise MediaError(f"the box '{self.kind}' ends before its contents do")
        return walk(self.data, self.start + skip_bytes, self.end)

    def child(self, kind: str, skip_bytes: int = 0) -> Box:
        """The first box of that kind inside; a `MediaError` when there is none."""
        found = self.find(kind, skip_bytes)
        if found is None:
            raise MediaError(f"the box '{self.kind}' holds no '{kind}'")
        return found

    def find(self, kind: str, skip_bytes: int = 0) -> Box | None:
        return next((box for box in self.children(skip_bytes) if box.kind == kind), None)


def walk(data: memoryview, start: int, end: int) -> Iterator[Box]:
    """The boxes of data[start:end], one level; each lies wholly inside or is a `MediaError`."""
    offset = start
    for _ in range(MAX_BOXES):
        if offset == end:
            return
        box = _box_at(data, offset, end)
        yield box
        offset = box.end
    raise MediaError(f"more than {MAX_BOXES} boxes on one level")


def _box_at(data: memoryview, offset: int, end: int) -> Box:
    head = Reader(data, offset, end, "box header")
    size = head.uint(4)
    kind = bytes(head.take(4)).decode("latin-1")
    if size == 1:
        size = head.uint(8)
    elif size == 0:  # "to the end of the file"
        size = end - offset
    if size < head.position - offset or size > end - offset:
        raise MediaError(f"the box {kind!r} claims {size} bytes where {end - offset} are left: truncated or corrupt")
    return Box(kind, data, offset, head.position, offset + size)
