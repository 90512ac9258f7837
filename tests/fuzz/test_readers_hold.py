"""Whatever comes from the network, its readers answer or refuse in words, within bounds of time and memory."""

from __future__ import annotations

import pytest
from fuzzing import Damage, OutOfBounds, Reader, check
from hypothesis import given
from hypothesis import strategies as st
from readers import READERS

INPUTS = 60
EVERY = pytest.mark.parametrize("reader", READERS.values(), ids=READERS)


@EVERY
def test_every_good_input_is_read(reader: Reader) -> None:
    refused = [seed[:80] for seed in reader.seeds if not check(reader, seed)]
    assert refused == []


@EVERY
def test_damaged_inputs_are_read_or_refused_within_bounds(reader: Reader) -> None:
    damage = Damage(reader.seeds + reader.refused, reader.tokens, number=7)
    read = sum(check(reader, damage.next(2**14)) for _ in range(INPUTS))
    assert 0 < read < INPUTS


@EVERY
@given(data=st.data())
def test_made_up_inputs_are_read_or_refused_within_bounds(reader: Reader, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(reader.seeds + reader.refused))
    pieces = data.draw(st.lists(st.sampled_from(reader.tokens) | st.binary(max_size=40), max_size=12))
    at = data.draw(st.integers(0, len(seed)))
    check(reader, seed[:at] + b"".join(pieces) + seed[at:] if at % 2 else b"".join(pieces))


def test_the_same_number_makes_the_same_inputs() -> None:
    reader = READERS["hls-media"]
    one, two = (Damage(reader.seeds + reader.refused, reader.tokens, 3) for _ in range(2))
    assert [one.next() for _ in range(20)] == [two.next() for _ in range(20)]


def test_a_reader_that_breaks_its_bounds_or_its_promise_is_caught() -> None:
    def greedy(data: bytes) -> object:
        return [bytes(100) for _ in range(len(data) * 3000)]

    def slow(data: bytes) -> object:
        return sum(range(10**5 * len(data)))

    def broken(data: bytes) -> object:
        return data[99]

    for read, expected in ((greedy, OutOfBounds), (slow, OutOfBounds), (broken, IndexError)):
        with pytest.raises(expected):
            check(Reader("wrong", read, (ValueError,), (), (), time_s=0.001), b"abcdefghij")
