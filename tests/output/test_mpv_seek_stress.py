"""The blocked-read rule under fire: bursts of seeks into missing media, over a feed of random latency.

The whole stress is 240 bursts at 20-400 ms a chunk, some minutes: EVENFLOW_FULL_STRESS=1. The suite runs a part of it.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time

import media_ladder
import pytest
from mpv_rig import BLACK, Rig, SlowFeed

pytestmark = pytest.mark.needs_mpv

FULL = os.environ.get("EVENFLOW_FULL_STRESS") == "1"
BURSTS, LATENCY_S = (240, (0.02, 0.4)) if FULL else (25, (0.02, 0.2))


@pytest.mark.timeout(900 if FULL else 90)
def test_every_burst_of_seeks_lands_on_its_frame(ladder: media_ladder.Ladder) -> None:
    chance = random.Random(7)
    calm = threading.Event()
    late: list[float] = []
    with Rig() as rig:
        feed = SlowFeed(rig.sink, ladder, random.Random(107), LATENCY_S)
        rig.sink.open(ladder.timeline(), feed.wanted)
        feed.start()
        try:
            assert rig.wait(lambda: bool(rig.presented))
            for burst in range(BURSTS):
                late.append(_burst(rig, feed, chance, calm, burst))
                calm.wait(chance.uniform(0.02, 0.5 if FULL else 0.1))
        finally:
            feed.stop()
        ranked = sorted(late)
        print(
            f"{len(late)} bursts hit; median {statistics.median(late) * 1e3:.0f} ms, "
            f"p95 {ranked[int(len(ranked) * 0.95)] * 1e3:.0f}, max {ranked[-1] * 1e3:.0f}"
        )
    first = next(i for i, frame in enumerate(rig.presented) if frame.number >= 0)
    assert all(frame.number != BLACK for frame in rig.presented[first:])


def _burst(rig: Rig, feed: SlowFeed, chance: random.Random, calm: threading.Event, burst: int) -> float:
    """Some seeks in a row; the time until the last one's frame is on the screen."""
    count = chance.choice([1, 1, 1, 2, 4, 8])
    target_s, since, sent_s = 0.0, 0, 0.0
    for number in range(count):
        target_s, since, sent_s = chance.uniform(0.5, 55.0), len(rig.presented), time.monotonic()
        feed.seek(target_s)
        if number < count - 1:
            calm.wait(chance.uniform(0.01, 0.25))
    hit = rig.wait(lambda: rig.shown(round(target_s * media_ladder.FPS), since), 10.0)
    assert hit, f"burst {burst}: {target_s:.3f} s was not reached: {rig.sink.state()}"
    return time.monotonic() - sent_s
