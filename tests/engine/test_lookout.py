"""When the engine gives way to its output, told by values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from player.engine.lookout import MOST_GIVEN_S, picture_is_due
from player.output.sink import SinkState

STARTED = SinkState(4.0, started=True)
OPENING = SinkState(0.0)
SEEKING = SinkState(20.0, started=True, seeking=True)


def session(now_s: float, *, has: bool = True, seek_at_s: float | None = None, chunks: int = 1) -> Any:
    chunk = SimpleNamespace(sample=SimpleNamespace(finished_at_s=10.0))
    log = SimpleNamespace(chunks=[chunk] * chunks, seeks=[] if seek_at_s is None else [{"at_s": seek_at_s}])
    sink = SimpleNamespace(has=lambda _index: has)
    return SimpleNamespace(now_s=lambda: now_s, log=log, sink=sink, reach=SimpleNamespace(target=0))


@pytest.mark.parametrize("state", [OPENING, SEEKING])
def test_a_picture_is_due_just_after_its_chunk_came_and_not_for_ever(state: SinkState) -> None:
    assert picture_is_due(session(10.01), state)
    assert not picture_is_due(session(10.01 + MOST_GIVEN_S), state)


def test_a_picture_is_due_just_after_a_seek_into_the_buffer() -> None:
    assert picture_is_due(session(30.01, seek_at_s=30.0), SEEKING)
    assert not picture_is_due(session(30.01, seek_at_s=29.0), SEEKING)


def test_an_output_that_plays_or_lacks_something_is_not_waited_for() -> None:
    assert not picture_is_due(session(10.01), STARTED)
    assert not picture_is_due(session(10.01), SinkState(0.0, stalled=True))
    assert not picture_is_due(session(10.01, has=False), SEEKING)
    assert not picture_is_due(session(10.01, chunks=0), OPENING)
