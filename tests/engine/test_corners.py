"""Samples put together: only the time in which bytes were on their way counts."""

from __future__ import annotations

import pytest

from abr.model import ThroughputSample
from player.engine.corners import merged, since


def test_audio_beside_video_counts_over_the_span_of_both() -> None:
    both = merged([ThroughputSample(900, 1.0, 1.1, 3.0), ThroughputSample(100, 1.0, 1.2, 1.5)])
    assert both == ThroughputSample(1000, 1.0, 1.1, 3.0)


def test_time_in_which_nothing_was_on_its_way_is_left_out() -> None:
    # The video was held back by the edge from 1.5 to 4.0; the wire has cut that from its sample.
    both = merged([ThroughputSample(900, 4.0, 4.1, 5.0), ThroughputSample(100, 1.0, 1.2, 1.5)])
    assert both.duration_s == pytest.approx(1.5)
    assert both.goodput_bps == pytest.approx(8 * 1000 / 1.5)
    assert both.finished_at_s == 5.0


def test_one_sample_is_itself() -> None:
    one = ThroughputSample(900, 4.0, 4.25, 5.0)
    assert merged([one]) == one


def test_instants_count_from_the_beginning_of_the_session() -> None:
    assert since(ThroughputSample(900, 4.0, 4.25, 5.0), 4.0) == ThroughputSample(900, 0.0, 0.25, 1.0)
