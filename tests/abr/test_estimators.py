"""Estimates worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.estimators import DualEwma, DualEwmaSettings, Ewma, dual_ewma_bps, harmonic_mean_bps, latency_s
from abr.model import ThroughputSample


def sample(size_bytes: int, transfer_s: float, *, at_s: float = 0.0, latency_s: float = 0.1) -> ThroughputSample:
    return ThroughputSample(size_bytes, at_s, at_s + latency_s, at_s + latency_s + transfer_s)


def test_the_first_value_is_the_mean_whatever_its_duration() -> None:
    mean = Ewma(3.0)
    mean.add(5e6, 0.01)
    assert mean.value == pytest.approx(5e6)


def test_a_value_one_half_life_old_weighs_half() -> None:
    mean = Ewma(3.0)
    mean.add(8e6, 3.0)
    mean.add(2e6, 3.0)
    assert mean.value == pytest.approx((0.25 * 8e6 + 0.5 * 2e6) / 0.75)


def test_the_lower_of_the_two_means_counts() -> None:
    settings = DualEwmaSettings(1.0, 100.0)
    fast_then_slow = (sample(1_000_000, 1.0), sample(1_000_000, 8.0, at_s=5.0))
    assert dual_ewma_bps(fast_then_slow, settings) < 1.1e6  # type: ignore[operator]
    slow_then_fast = (sample(1_000_000, 8.0), sample(4_000_000, 4.0, at_s=9.0))
    assert dual_ewma_bps(slow_then_fast, settings) < 4e6  # type: ignore[operator]


def test_samples_seen_before_are_not_counted_twice() -> None:
    first, second = sample(500_000, 1.0), sample(250_000, 1.0, at_s=3.0)
    step_by_step = DualEwma()
    step_by_step.update((first,))
    step_by_step.update((first, second))
    step_by_step.update((first, second))
    assert step_by_step.estimate_bps == dual_ewma_bps((first, second))


def test_a_small_transfer_only_stands_in_until_a_real_one_came() -> None:
    small, real = sample(1_000, 0.0), sample(1_000_000, 1.0, at_s=1.0)
    assert dual_ewma_bps((small,)) == pytest.approx(8_000 / 0.1)
    assert dual_ewma_bps((small, real)) == pytest.approx(8e6)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.floats(0, 1e4), st.floats(0, 10)), max_size=30))
def test_no_sample_however_odd_breaks_an_estimate(rows: list[tuple[int, float, float]]) -> None:
    samples = tuple(sample(size, span, latency_s=wait) for size, span, wait in rows)
    estimate, harmonic = dual_ewma_bps(samples), harmonic_mean_bps(samples)
    assert estimate is None or 0 <= estimate < 1e20
    assert harmonic is None or 0 <= harmonic < 1e20
    assert latency_s(samples) >= 0


def test_the_harmonic_mean_of_the_last_five() -> None:
    samples = (sample(10**9, 1.0), *(sample(1_000_000, t) for t in (1.0, 2.0, 4.0, 1.0, 2.0)))
    assert harmonic_mean_bps(samples) == pytest.approx(8e6 * 5 / 10.0)
    assert harmonic_mean_bps(()) is None


def test_one_late_packet_does_not_move_the_latency() -> None:
    samples = tuple(sample(1, 1.0, latency_s=wait) for wait in (0.05, 0.06, 3.0, 0.05, 0.07))
    assert latency_s(samples) == pytest.approx(0.06)
    assert latency_s(()) == 0.0
