"""Proof by every presented frame: a rung switch at each chunk boundary is not seen."""

from __future__ import annotations

import media_ladder
import pytest
from mpv_rig import BLACK, UNREADABLE, Rig

pytestmark = pytest.mark.needs_mpv


@pytest.mark.timeout(120)
def test_a_rung_switch_at_every_boundary_for_sixty_seconds_shows_no_black_and_skips_no_frame(
    ladder: media_ladder.Ladder,
) -> None:
    with Rig() as rig:
        # A late picture is shown late instead of dropped: what is proved is the stream, not how busy this machine is.
        rig.sink.player["framedrop"] = "no"
        rig.sink.open(ladder.timeline(), lambda _index: None)
        for index in range(media_ladder.CHUNKS):
            rig.sink.append(ladder.chunk(index, index % media_ladder.RUNGS))
        assert rig.wait(lambda: rig.sink.state().ended, 90)
        assert rig.sink.stalls() == ()
        avsync_ms = rig.sink.state().details["avsync_ms"]
    numbers = [frame.number for frame in rig.presented]
    first = next(i for i, number in enumerate(numbers) if number >= 0)
    assert BLACK not in numbers[first:]
    assert UNREADABLE not in numbers
    assert sorted(set(numbers[first:])) == list(range(media_ladder.CHUNKS * media_ladder.FRAMES_PER_CHUNK))
    assert numbers[first:] == sorted(numbers[first:])
    for frame in rig.presented[first:]:
        assert frame.rung == frame.number // media_ladder.FRAMES_PER_CHUNK % media_ladder.RUNGS
    assert isinstance(avsync_ms, float)
    assert abs(avsync_ms) < 40
