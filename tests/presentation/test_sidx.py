"""The segment index box: read exactly, followed within bounds, and refused when it lies."""

from __future__ import annotations

import struct

import pytest

from player.presentation.dash.sidx import parse_sidx, read_index
from player.presentation.errors import PresentationError
from player.presentation.model import ByteRange

URI = "https://cdn.example/v.mp4?token=hush"


def box(
    entries: list[tuple[int, int, bool]], version: int = 0, time: int = 0, after: int = 0, scale: int = 10
) -> bytes:
    body = struct.pack(">B3xII", version, 1, scale) + struct.pack(">QQ" if version else ">II", time, after)
    body += struct.pack(">HH", 0, len(entries))
    body += b"".join(struct.pack(">III", size | int(more) << 31, length, 0x90000000) for size, length, more in entries)
    return struct.pack(">I4s", len(body) + 8, b"sidx") + body


def test_sizes_and_times_add_up_from_the_end_of_the_box() -> None:
    for version in (0, 1):
        data = box([(100, 20, False), (50, 15, False)], version, time=30, after=7)
        one, two = parse_sidx(data, 1000, URI)
        assert one.byte_range == ByteRange(1000 + len(data) + 7, 100)
        assert two.byte_range == ByteRange(1000 + len(data) + 107, 50)
        assert (one.start_s, one.duration_s, two.start_s, two.duration_s) == (3, 2, 5, 1.5)


def test_boxes_before_it_are_stepped_over_and_a_64_bit_size_is_read() -> None:
    plain = box([(100, 20, False)])
    large = struct.pack(">I4sQ", 1, b"sidx", len(plain) + 8) + plain[8:]
    data = struct.pack(">I4s", 12, b"styp") + b"iso6" + large
    assert parse_sidx(data, 0, URI)[0].byte_range == ByteRange(len(data), 100)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "ends too early"),
        (box([(100, 20, False)])[:-1], "ends too early"),
        (box([(100, 20, False)])[:20], "ends too early"),
        (box([]), "refers to nothing"),
        (box([(100, 20, False)], scale=0), "timescale is 0"),
        (box([(0, 20, False)]), "no size"),
        (box([(100, 0, False)]), "no duration"),
        (box([(100, 20, False)], 1, after=2**63), "beyond any file"),
        (struct.pack(">I4s", 3, b"free"), "shorter than its head"),
        (struct.pack(">I4s", 8, b"free") * 100, "none of the first 64 boxes"),
        (struct.pack(">I4sQ", 1, b"sidx", 2**63), "ends too early"),
        # Found by fuzzing: a box of 2**63 bytes before the index.
        (struct.pack(">I4sQ", 1, b"free", 2**63) + box([(100, 20, False)]), "ends too early"),
    ],
)
def test_a_box_that_lies_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(PresentationError, match=says) as caught:
        parse_sidx(data, 0, URI)
    assert "hush" not in str(caught.value)


def test_a_count_of_more_entries_than_there_are_is_refused() -> None:
    data = bytearray(box([(100, 20, False)] * 2))
    data[30:32] = struct.pack(">H", 60_000)
    with pytest.raises(PresentationError, match="ends too early"):
        parse_sidx(bytes(data), 0, URI)


async def test_further_indexes_are_followed_in_order() -> None:
    inner = [box([(10, 20, False), (20, 20, False)], time=0), box([(30, 20, False)], time=40)]
    outer = box([(500, 40, True), (400, 20, True)])
    at = len(outer)
    file = {0: outer, at: inner[0], at + 500: inner[1]}
    asked: list[ByteRange] = []

    async def fetch(uri: str, span: ByteRange) -> bytes:
        asked.append(span)
        return file[span.offset_bytes]

    found = await read_index(URI, ByteRange(0, len(outer)), fetch)
    assert [(r.byte_range.length_bytes, r.start_s) for r in found] == [(10, 0), (20, 2), (30, 4)]
    assert asked == [ByteRange(0, at), ByteRange(at, 500), ByteRange(at + 500, 400)]


@pytest.mark.parametrize("width", [1, 3])
async def test_indexes_without_end_are_given_up(width: int) -> None:
    asked = 0

    async def fetch(uri: str, span: ByteRange) -> bytes:
        nonlocal asked
        asked += 1
        return box([(1000, 20, True)] * width)

    with pytest.raises(PresentationError, match="too deep or too often"):
        await read_index(URI, ByteRange(0, 100), fetch)
    assert asked <= 64


async def test_an_index_larger_than_any_title_needs_is_not_fetched() -> None:
    async def fetch(uri: str, span: ByteRange) -> bytes:
        raise AssertionError

    with pytest.raises(PresentationError, match="larger than 1 MiB"):
        await read_index(URI, ByteRange(0, 2**30), fetch)
