"""Proof by every presented frame: a rung switch at each chunk boundary is not seen."""

from __future__ import annotations

from itertools import pairwise

import media_ladder
import pytest
from mpv_rig import BLACK, UNREADABLE, Rig

pytestmark = pytest.mark.needs_mpv

# Every ordered pair of rungs in a row: up and down, by one and by two.
RUNGS = (0, 1, 2, 1, 0, 2)


@pytest.fixture(scope="module")
def reordered() -> media_ladder.Ladder:
    """The top rung's pictures are not coded in the order in which they are shown, the lowest's are, as encoders do."""
    return media_ladder.make_ladder((0, 1, 3))


def test_the_pattern_holds_every_switch() -> None:
    shown = [RUNGS[k % len(RUNGS)] for k in range(media_ladder.CHUNKS)]
    switches = {(a, b) for a, b in pairwise(shown)}
    assert switches == {(a, b) for a in range(3) for b in range(3) if a != b}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["ladder", "reordered"])
def test_a_rung_switch_at_every_boundary_of_a_minute_shows_no_black_and_skips_no_frame(
    request: pytest.FixtureRequest, kind: str
) -> None:
    ladder: media_ladder.Ladder = request.getfixturevalue(kind)
    with Rig() as rig:
        # A late picture is shown late instead of dropped: what is proved is the stream, not how busy this machine is.
        rig.sink.player["framedrop"] = "no"
        rig.sink.set_speed(1.0 if kind == "ladder" else 3.0)
        rig.sink.open(ladder.timeline(), lambda _index: None)
        for index in range(media_ladder.CHUNKS):
            rig.sink.append(ladder.chunk(index, RUNGS[index % len(RUNGS)]))
        assert rig.wait(lambda: rig.sink.state().ended, 90)
        assert rig.sink.stalls() == ()
        details = rig.sink.state().details
    numbers = [frame.number for frame in rig.presented]
    first = next(i for i, number in enumerate(numbers) if number >= 0)
    assert BLACK not in numbers[first:]
    assert UNREADABLE not in numbers
    assert sorted(set(numbers[first:])) == list(range(media_ladder.CHUNKS * media_ladder.FRAMES_PER_CHUNK))
    assert numbers[first:] == sorted(numbers[first:])
    for frame in rig.presented[first:]:
        assert frame.rung == RUNGS[frame.number // media_ladder.FRAMES_PER_CHUNK % len(RUNGS)]
    assert (details["dropped_decoder"], details["dropped_output"]) == (0, 0)
    assert isinstance(details["avsync_ms"], float)
    assert abs(details["avsync_ms"]) < 40
