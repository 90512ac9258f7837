"""Shaka Player's rule, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controllers.shaka import Settings, Shaka, choose_variant
from abr.estimators.shaka_bandwidth import ShakaBandwidth
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

LADDER = Ladder((Rung(500_000), Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))


def transfer(rate_bps: float, span_s: float = 1.0, at_s: float = 0.0) -> ThroughputSample:
    return ThroughputSample(round(rate_bps * span_s / 8), at_s, at_s + 0.2 * span_s, at_s + span_s)


def seen(now_s: float, *samples: ThroughputSample, **fields: Any) -> Observation:
    values: dict[str, Any] = {"chunk_index": 3, "buffer_s": 8.0, "buffer_cap_s": 30.0, "previous_rung": 1}
    values |= {"chunk_duration_s": 2.0, "ladder": LADDER, "now_s": now_s, "samples": samples}
    return Observation(**{**values, **fields})


@pytest.mark.parametrize(
    ("rate_bps", "speed", "variant"),
    [
        (526_315, 1.0, 0),  # 0.5 / 0.95 = 0.526316: even the lowest does not fit, and is what is left
        (1_052_631, 1.0, 0),  # 1 / 0.95 = 1.0526316
        (1_052_632, 1.0, 1),
        (2_105_263, 1.0, 1),  # 2 / 0.95 = 2.1052632
        (2_105_264, 1.0, 2),
        (4_210_527, 1.0, 3),  # 4 / 0.95 = 4.2105264
        (4_210_527, 2.0, 2),  # at twice the speed 2 Mbit/s need what 4 do
        (9e9, 1.0, 3),  # the top has no upper bound
    ],
)
def test_the_last_variant_that_fits_is_chosen(rate_bps: float, speed: float, variant: int) -> None:
    assert choose_variant(LADDER.bitrates_bps, 3, rate_bps, speed, Settings()) == variant


def test_an_upgrade_target_above_the_downgrade_target_leaves_gaps_that_fall_to_the_lowest() -> None:
    # 1 Mbit/s fits up to 2 / 1.0, 2 Mbit/s from 2 / 0.95 on: nothing fits between.
    gap = Settings(upgrade_target=1.0)
    chosen = [choose_variant(LADDER.bitrates_bps, 3, rate, 1.0, gap) for rate in (2.0e6, 2.05e6, 2.11e6)]
    assert chosen == [1, 0, 2]


@given(st.lists(st.integers(1, 10**5), min_size=1, max_size=9, unique=True), st.floats(0, 2e8))
def test_the_upgrade_target_never_changes_a_choice(rates: list[int], rate_bps: float) -> None:
    ladder = Ladder(tuple(Rung(rate * 1000) for rate in sorted(rates)))
    fitting = [i for i, rate in enumerate(ladder.bitrates_bps) if rate / 0.95 <= rate_bps]
    assert choose_variant(ladder.bitrates_bps, ladder.top, rate_bps, 1.0, Settings()) == max(fitting, default=0)


def test_the_first_choice_rests_on_1_mbit_and_the_second_comes_with_128_kb() -> None:
    rule = Shaka()
    first = rule.decide(seen(0.0, previous_rung=None))
    assert (first.rung, first.reason.code) == (0, ReasonCode.STARTUP)  # 1 / 0.95 > 1
    little = ThroughputSample(100_000, 0.0, 0.1, 0.2)  # 4 Mbit/s, and 28 kB short
    held = rule.decide(seen(1.0, little))
    assert (held.rung, held.estimate_bps) == (0, 1e6)
    assert "too little" in held.reason.text
    assert rule.decide(seen(2.0, little, transfer(4e6, at_s=1.0))).rung == 2


def test_between_two_looks_eight_seconds_pass() -> None:
    rule = Shaka()
    rule.decide(seen(0.0, previous_rung=None))
    assert rule.decide(seen(2.0, transfer(2.2e6))).rung == 2
    worse = (transfer(2.2e6), transfer(0.6e6, 7.0, 2.0))
    waiting = rule.decide(seen(9.9, *worse))
    assert (waiting.rung, waiting.reason.code) == (2, ReasonCode.HOLD)
    assert rule.decide(seen(10.0, *worse)).rung == 0


def test_a_cap_below_the_running_variant_is_obeyed_at_once() -> None:
    rule = Shaka()
    rule.decide(seen(0.0, previous_rung=None))
    assert rule.decide(seen(2.0, transfer(9e6))).rung == 3
    capped = rule.decide(seen(3.0, transfer(9e6), rung_cap=1))
    assert (capped.rung, capped.reason.code) == (1, ReasonCode.CAP)


def test_small_transfers_and_a_caches_do_not_count() -> None:
    bandwidth = ShakaBandwidth()
    bandwidth.add(ThroughputSample(15_999, 0.0, 0.1, 9.0))
    bandwidth.add(ThroughputSample(900_000, 0.0, 0.001, 0.0049))
    assert (bandwidth.is_good, bandwidth.estimate_bps) == (False, 1e6)


def test_the_lower_of_two_means_counts_latency_included() -> None:
    bandwidth = ShakaBandwidth()
    bandwidth.add(transfer(4e6, 2.0))  # 1 MB in 2 s, the first byte's wait included
    assert bandwidth.estimate_bps == pytest.approx(4e6)
    bandwidth.add(transfer(1e6, 2.0))
    # Half-life 2: weights 0.5 x 0.5 and 0.5, so (0.25 x 4 + 0.5 x 1) / 0.75 = 2; half-life 5 is higher.
    assert bandwidth.estimate_bps == pytest.approx(2e6)
