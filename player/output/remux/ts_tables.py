"""The tables of an MPEG transport stream that say which packets hold what (ISO/IEC 13818-1, 2.4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from player.output.sink import MediaError

_LONGEST_SECTION_BYTES = 1024
_MOST_PROGRAMS = 32
_PAT, _PMT = 0, 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One elementary stream of a program."""

    pid: int
    stream_type: int
    descriptors: bytes

    @property
    def codec(self) -> str:
        """The codec, in MP4's names; empty for what isn't played. Raises `MediaError` for protected ones."""
        if self.stream_type in _PROTECTED:
            raise MediaError("the stream is protected sample by sample (SAMPLE-AES), which is not played")
        if self.stream_type == _PRIVATE:
            tags = {tag for tag, _ in _descriptors(self.descriptors)}
            return "ac-3" if 0x6A in tags else "ec-3" if 0x7A in tags else ""
        return _CODECS.get(self.stream_type, "")


_PRIVATE = 0x06
_PROTECTED = frozenset({0xC1, 0xC2, 0xCF, 0xDB})
_CODECS = {0x1B: "avc1", 0x24: "hvc1", 0x0F: "mp4a", 0x03: "mpeg", 0x04: "mpeg", 0x81: "ac-3", 0x87: "ec-3"}


class Sections:
    """Puts the sections of one PID together from packet payloads; those that are damaged are left out."""

    def __init__(self) -> None:
        self._buffer: bytes | None = None

    def feed(self, payload: bytes, starts: bool) -> Iterator[bytes]:
        """The sections that are whole now."""
        if starts:
            pointer = payload[0] + 1 if payload else 1
            if self._buffer is not None:
                self._buffer += payload[1:pointer]
                yield from self._whole()
            self._buffer = payload[pointer:]
        elif self._buffer is not None:
            self._buffer += payload
        yield from self._whole()

    def _whole(self) -> Iterator[bytes]:
        while self._buffer is not None and len(self._buffer) >= 3:
            length = 3 + ((self._buffer[1] & 0x0F) << 8 | self._buffer[2])
            if self._buffer[0] == 0xFF or length > _LONGEST_SECTION_BYTES:
                self._buffer = None
                return
            if len(self._buffer) < length:
                return
            section, self._buffer = self._buffer[:length], self._buffer[length:]
            if length >= 12 and _crc(section) == 0:
                yield section


def program_pids(section: bytes) -> list[int]:
    """Where the program map tables are, as a program association table says."""
    if section[0] != _PAT:
        return []
    body = section[8:-4]
    pairs = [body[at : at + 4] for at in range(0, len(body) - 3, 4)][:_MOST_PROGRAMS]
    return [(pair[2] & 0x1F) << 8 | pair[3] for pair in pairs if pair[:2] != b"\0\0"]


def entries(section: bytes) -> list[Entry]:
    """The elementary streams that a program map table lists."""
    if section[0] != _PMT:
        return []
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    end = len(section) - 4
    found = []
    while at + 5 <= end:
        length = (section[at + 3] & 0x0F) << 8 | section[at + 4]
        pid = (section[at + 1] & 0x1F) << 8 | section[at + 2]
        found.append(Entry(pid, section[at], section[at + 5 : min(at + 5 + length, end)]))
        at += 5 + length
    return found


def _descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(data):
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def _crc_row(byte: int) -> int:
    crc = byte << 24
    for _ in range(8):
        crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


_CRC_TABLE = tuple(map(_crc_row, range(256)))


def _crc(data: bytes) -> int:
    """CRC-32 of MPEG-2 (annex A): 0 over a whole section."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc << 8 ^ _CRC_TABLE[crc >> 24 ^ byte]) & 0xFFFFFFFF
    return crc
