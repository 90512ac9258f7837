"""media3's rule and its meter, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.media3 import Media3, Settings
from abr.estimators.media3_meter import Media3Meter
from abr.estimators.percentile import SlidingPercentile
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

LADDER = Ladder((Rung(700_000), Rung(1_400_000), Rung(2_800_000)))


def transfer(size_bytes: int, span_s: float, latency_s: float = 0.1) -> ThroughputSample:
    return ThroughputSample(size_bytes, 0.0, latency_s, latency_s + span_s)


def seen(rate_bps: float, buffer_s: float, previous: int | None, **fields: Any) -> Observation:
    """Two seconds of transfer at `rate_bps`: as much as the meter needs."""
    values: dict[str, Any] = {
        "now_s": 9.0,
        "chunk_index": 4,
        "chunk_duration_s": 4.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 50.0,
        "previous_rung": previous,
        "samples": (transfer(round(rate_bps / 4), 2.0),),
    }
    return Observation(**{**values, **fields})


@pytest.mark.parametrize(
    ("rate_bps", "buffer_s", "previous", "rung", "code"),
    [
        (2e6, 12.0, 0, 1, ReasonCode.THROUGHPUT),  # 0.7 x 2 = 1.4: just within
        (1.9999e6, 12.0, 0, 0, ReasonCode.HOLD),  # 1.39993
        (4e6, 9.9, 0, 0, ReasonCode.HOLD),  # 2.8 fits, but up only from 10 s on
        (4e6, 10.0, 0, 2, ReasonCode.THROUGHPUT),
        (1e6, 24.9, 2, 0, ReasonCode.THROUGHPUT),  # down below 25 s
        (1e6, 25.0, 2, 2, ReasonCode.HOLD),  # not at 25 s
        (0.1e6, 3.0, 1, 0, ReasonCode.THROUGHPUT),  # nothing fits: the lowest
    ],
)
def test_the_budget_decides_and_the_gates_hold(
    rate_bps: float, buffer_s: float, previous: int, rung: int, code: ReasonCode
) -> None:
    decision = Media3().decide(seen(rate_bps, buffer_s, previous))
    assert (decision.rung, decision.reason.code) == (rung, code)


def test_the_first_choice_rests_on_the_initial_estimate_and_no_gate() -> None:
    decision = Media3().decide(seen(9e6, 0.0, None, samples=()))
    assert (decision.rung, decision.estimate_bps, decision.reason.code) == (0, 1_000_000, ReasonCode.STARTUP)
    assert Media3().decide(seen(4e6, 0.0, None)).rung == 2


def test_a_small_buffer_opens_the_gate_at_three_quarters_of_what_it_holds() -> None:
    # Cap 10 s, chunks of 4 s: a decision sees 6 s at most; 0.75 x 6 = 4.5 s.
    assert Media3().decide(seen(4e6, 4.4, 0, buffer_cap_s=10.0)).rung == 0
    assert Media3().decide(seen(4e6, 4.5, 0, buffer_cap_s=10.0)).rung == 2
    # 0.75 x (17.4 - 4) is beyond 10 s: nothing is scaled.
    assert Media3().decide(seen(4e6, 9.9, 0, buffer_cap_s=17.4)).rung == 0


def test_live_the_gate_is_three_quarters_of_what_there_is() -> None:
    # 12 s behind the edge: 0.75 x (12 - 4) = 6 s.
    assert Media3().decide(seen(4e6, 5.9, 0, live_delay_s=12.0)).rung == 0
    assert Media3().decide(seen(4e6, 6.0, 0, live_delay_s=12.0)).rung == 2
    assert Media3().decide(seen(4e6, 9.9, 0, live_delay_s=60.0)).rung == 0


def test_the_speed_divides_the_budget_and_a_known_wait_is_taken_off() -> None:
    assert Media3().decide(seen(4e6, 12.0, 0, speed=2.0)).rung == 1  # 2.8 / 2
    # (4 - 1) / 4 of 2.8 is 2.1 Mbit/s.
    waits = seen(4e6, 12.0, 0, samples=(transfer(1_000_000, 2.0, 1.0),))
    assert Media3(Settings(first_byte=True)).decide(waits).rung == 1
    assert Media3().decide(waits).rung == 2


def test_a_rung_above_the_cap_is_left_whatever_the_buffer_holds() -> None:
    decision = Media3().decide(seen(4e6, 40.0, 2, rung_cap=1))
    assert (decision.rung, decision.reason.code) == (1, ReasonCode.CAP)


def test_the_meter_waits_for_two_seconds_or_half_a_megabyte() -> None:
    meter = Media3Meter()
    meter.add(transfer(200_000, 0.4))
    assert meter.estimate_bps == 1_000_000
    meter.add(transfer(324_288, 0.4))  # 524,288 bytes in all
    # Weights 447 and 569 of 1016: the median is the higher of 4 and 6.48576 Mbit/s.
    assert meter.estimate_bps == 6_485_760


def test_the_median_is_weighted_by_the_root_of_the_bytes() -> None:
    meter = Media3Meter()
    for size, span_s in ((1_000_000, 4.0), (250_000, 0.5), (250_000, 0.4)):
        meter.add(transfer(size, span_s))
    # Weights 1000, 500 and 500 in ascending order of 2, 4 and 5 Mbit/s: 1000 of 2000 reach the half.
    assert meter.estimate_bps == 2_000_000
    meter.add(transfer(250_000, 0.25))
    # 8 Mbit/s with 500: the oldest is cut to 500, and now 4 Mbit/s reach the half.
    assert meter.estimate_bps == 4_000_000


def test_bytes_of_no_time_count_with_the_next_transfer() -> None:
    meter = Media3Meter()
    meter.add(transfer(500_000, 0.0))
    assert meter.estimate_bps == 1_000_000
    meter.add(transfer(500_000, 2.0))
    assert meter.estimate_bps == 4_000_000


@given(st.lists(st.tuples(st.integers(0, 900), st.floats(0, 1e9)), min_size=1, max_size=30))
def test_the_percentile_is_one_of_the_newest_values_that_fit_the_window(rows: list[tuple[int, float]]) -> None:
    window = SlidingPercentile(2000)
    for weight, value in rows:
        window.add(value, weight)
    spread = [value for weight, value in rows for _ in range(weight)][-2000:]
    got = window.value()
    if not spread:
        assert got is None
        return
    ordered = sorted(spread)
    assert got == ordered[(len(ordered) + 1) // 2 - 1]


def test_an_empty_window_has_no_percentile_and_no_size_is_no_window() -> None:
    assert SlidingPercentile(5).value() is None
    with pytest.raises(ValueError, match="positive weight"):
        SlidingPercentile(0)
