"""Fuzzing: what a reader is held to, and inputs made by damaging good ones.

A reader may answer, or raise the error that it promises; whatever it is given, it stays within bounds. For an input of
n bytes these are `time_s` + n * `time_s_per_byte` of this thread's CPU time, and `memory_bytes` + n *
`memory_per_byte` of memory at its highest, as tracemalloc counts it. The readers' figures are in `readers.py`.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class OutOfBounds(AssertionError):
    """A reader that took too long, or too much memory."""


@dataclass(frozen=True)
class Reader:
    """One reader of what comes from the network, and its bounds. `read` raises nothing but `promised`."""

    name: str
    read: Callable[[bytes], object]
    promised: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]
    memory_per_byte: int = 64
    memory_bytes: int = 2 * 2**20
    time_s: float = 0.5
    time_s_per_byte: float = 20e-6
    refused: tuple[bytes, ...] = ()
    """Seeds too, and such as are refused."""


def check(reader: Reader, data: bytes) -> bool:
    """Give `data` to the reader. Was it read? Raises: whatever is not promised, and `OutOfBounds`."""
    peak_bytes, took_s, refusal = _traced(reader, data)
    most_bytes, most_s = (
        reader.memory_bytes + reader.memory_per_byte * len(data),
        reader.time_s + reader.time_s_per_byte * len(data),
    )
    if peak_bytes > most_bytes:
        raise OutOfBounds(f"{reader.name}: {peak_bytes} bytes of memory for an input of {len(data)}")
    # Being traced costs several times the time: what is too slow is timed again without.
    if took_s > most_s and (took_s := _timed(reader, data)) > most_s:
        raise OutOfBounds(f"{reader.name}: {took_s:.2f} s for an input of {len(data)} bytes")
    assert refusal is None or 0 < len(refusal) < 2000, "an error that says nothing, or repeats what it was given"
    return refusal is None


def _traced(reader: Reader, data: bytes) -> tuple[int, float, str | None]:
    tracemalloc.start()
    try:
        began_s = time.thread_time()
        refusal = _refusal(reader, data)
        return tracemalloc.get_traced_memory()[1], time.thread_time() - began_s, refusal
    finally:
        tracemalloc.stop()


def _timed(reader: Reader, data: bytes) -> float:
    began_s = time.thread_time()
    _refusal(reader, data)
    return time.thread_time() - began_s


def _refusal(reader: Reader, data: bytes) -> str | None:
    try:
        reader.read(data)
    except reader.promised as error:
        return str(error)
    return None


NUMBERS = (b"0", b"-1", b"1", b"1e308", b"-1e308", b"nan", b"inf", b"9" * 30, b"9" * 5000, b"4294967296", b"0x7f", b"")
ODD = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"\r",
    b"\n",
    b'"',
    b"'",
    b"{$a}",
    b"%00",
    b"\x1b[2J",
    b"=",
    b",",
)


class Damage:
    """Inputs made from seeds and tokens by a seeded generator: the same number makes the same inputs."""

    def __init__(self, seeds: Sequence[bytes], tokens: Sequence[bytes], number: int) -> None:
        self._random = random.Random(number)
        self._pool = list(seeds) or [b""]
        self._tokens = tuple(tokens)
        self._ways = (
            self._bits,
            self._cut,
            self._repeat,
            self._token,
            self._number,
            self._splice,
            self._lines,
            self._odd,
        )

    def keep(self, data: bytes) -> None:
        """An input that was read takes part from now on; the pool stays small."""
        if len(data) < 2**13:
            self._pool.append(data)
        if len(self._pool) > 400:
            del self._pool[self._random.randrange(len(self._pool) // 2)]

    def next(self, most_bytes: int = 2**18) -> bytes:
        """One more input, damaged one to six times; most are short, so that there are many."""
        most_bytes = min(most_bytes, 2 ** self._random.choice((11, 12, 12, 13, 13, 14, 16, 18)))
        data = self._random.choice(self._pool)
        for _ in range(self._random.randint(1, 6)):
            data = self._random.choice(self._ways)(data)
        return data[:most_bytes]

    def _at(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._at(data)
        return start, min(len(data), start + self._random.choice((1, 2, 8, 40, 200)))

    def _bits(self, data: bytes) -> bytes:
        if not data:
            return data
        damaged = bytearray(data)
        for _ in range(self._random.randint(1, 8)):
            damaged[self._random.randrange(len(damaged))] = self._random.choice(
                (0, 1, 127, 128, 255, self._random.randrange(256))
            )
        return bytes(damaged)

    def _cut(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[start:end] * self._random.choice((2, 3, 10, 100, 2000)) + data[end:]

    def _token(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._random.choice(self._tokens or ODD) + data[at:]

    def _number(self, data: bytes) -> bytes:
        """Another number where there is one."""
        digits = [i for i, byte in enumerate(data[:20_000]) if 48 <= byte <= 57]
        start = end = self._random.choice(digits) if digits else self._at(data)
        while end < len(data) and 48 <= data[end] <= 57:
            end += 1
        return data[:start] + self._random.choice(NUMBERS) + data[end:]

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._pool)
        return data[: self._at(data)] + other[self._at(other) :]

    def _lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        one, two = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        if self._random.random() < 0.5:
            lines.insert(one, lines[two])
        return b"\n".join(lines)

    def _odd(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._random.choice(ODD) + data[at:]
