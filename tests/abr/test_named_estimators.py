"""The other estimators, by hand, and by name."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.estimators import (
    DASHJS,
    HLSJS,
    MEDIA3,
    NAMES,
    SABRE,
    SHAKA,
    DualEwmaSettings,
    Estimator,
    HarmonicMean,
    LatencyEwma,
    Percentile,
    PercentileSettings,
    SlidingPercentile,
    TimeToFirstByte,
    dual_ewma_bps,
    estimator,
    harmonic_mean_bps,
    percentile_bps,
)
from abr.model import ThroughputSample


def sample(size_bytes: int, transfer_s: float, *, at_s: float = 0.0, latency_s: float = 0.1) -> ThroughputSample:
    return ThroughputSample(size_bytes, at_s, at_s + latency_s, at_s + latency_s + transfer_s)


SAMPLES = st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 100), st.floats(0, 5)), max_size=40).map(
    lambda rows: tuple(sample(row[0], row[1], at_s=200.0 * i, latency_s=row[2]) for i, row in enumerate(rows))
)


@given(SAMPLES, st.integers(1, 40))
def test_every_estimator_says_the_same_step_by_step_as_at_once(
    samples: tuple[ThroughputSample, ...], kept: int
) -> None:
    for name in NAMES:
        at_once, stepwise = estimator(name), estimator(name)
        assert isinstance(at_once, Estimator)
        said = None
        for count in range(1, len(samples) + 1):
            said = stepwise.update(samples[max(0, count - kept) : count])  # the oldest are lost on the way
        assert at_once.update(samples) == pytest.approx(said) or not samples


def test_the_median_weighs_by_the_square_root_of_the_bytes() -> None:
    # Weights 1000, 500 and 400: half of 1900 is reached at the second rate from below.
    slow, middle, quick = sample(250_000, 2.0), sample(1_000_000, 2.0), sample(160_000, 0.1)
    assert percentile_bps((slow, middle, quick)) == pytest.approx(4e6)
    # With three of the large ones 3000 are too many: 2000 count, two of them whole.
    assert percentile_bps((slow, quick, *(sample(1_000_000, span) for span in (8.0, 4.0, 2.0)))) == pytest.approx(2e6)


def test_the_oldest_value_counts_with_what_is_left_of_its_weight() -> None:
    sliding = SlidingPercentile(10)
    for value, weight in ((1.0, 6), (2.0, 4), (3.0, 5)):
        sliding.add(value, weight)
    # 1 of the first is left, 4, and 5: half of 10 is reached at the second.
    assert [sliding.value(share) for share in (0.05, 0.1, 0.11, 0.5, 0.51, 1.0)] == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=40), st.integers(1, 25), st.integers(1, 10))
def test_the_sliding_percentile_is_that_of_the_newest_weight(
    rows: list[tuple[int, int]], most: int, tenths: int
) -> None:
    sliding = SlidingPercentile(most)
    for value, weight in rows:
        sliding.add(float(value), weight)
    units = [value for value, weight in rows for _ in range(weight)][-most:]
    ordered = sorted(units)
    wanted = Fraction(tenths, 10) * len(units)
    expected = next((value for at, value in enumerate(ordered, 1) if at >= wanted), None)
    assert sliding.value(tenths / 10) == expected or abs(wanted - round(wanted)) < 1e-9


def test_media3_answers_its_default_until_two_seconds_or_half_a_megabyte() -> None:
    short = sample(100_000, 0.4)
    assert percentile_bps((short,), MEDIA3) == 1e6
    different = tuple(sample(100_000, 0.4, at_s=float(i)) for i in range(5))
    assert percentile_bps(different[:4], MEDIA3) == 1e6
    assert percentile_bps(different, MEDIA3) == pytest.approx(2e6)
    assert percentile_bps((sample(600_000, 0.6),), MEDIA3) == pytest.approx(8e6)


def test_each_players_own_half_lives_and_defaults() -> None:
    assert [dual_ewma_bps((), it) for it in (SABRE, DASHJS, HLSJS, SHAKA)] == [None, None, 5e5, 1e6]
    assert [(it.fast_half_life_s, it.slow_half_life_s) for it in (SABRE, HLSJS, SHAKA)] == [(3, 8), (3, 9), (2, 5)]
    # A second of transfer weighs 1.5 in dash.js: 3 s and 8 s are 2 s and 5.33 s.
    assert (DASHJS.fast_half_life_s * 1.5, DASHJS.slow_half_life_s * 1.5) == pytest.approx((3.0, 8.0))
    # Shaka keeps to its default below 128 kB, and never looks at less than 16 kB.
    assert dual_ewma_bps((sample(100_000, 0.1), sample(15_999, 0.1, at_s=1.0)), SHAKA) == 1e6
    assert dual_ewma_bps((sample(128_000, 0.1),), SHAKA) == pytest.approx(10.24e6)
    # hls.js believes in no more than 800 Mbit/s, and counts 50 ms at least of what takes longer at that.
    assert dual_ewma_bps((sample(50_000, 0.0),), HLSJS) == pytest.approx(8e8)
    assert dual_ewma_bps((sample(50_000_000, 0.01),), HLSJS) == pytest.approx(8e9)


def test_the_harmonic_mean_slides() -> None:
    mean = HarmonicMean(2)
    samples = tuple(sample(1_000_000, span, at_s=10.0 * i) for i, span in enumerate((1.0, 2.0, 4.0)))
    assert [mean.update(samples[:count]) for count in (1, 2, 3)] == pytest.approx([8e6, 8e6 * 2 / 3, 8e6 / 3])
    assert mean.update(samples) == harmonic_mean_bps(samples, 2)


def test_sabres_latency_is_the_higher_mean_with_a_chunk_a_sample() -> None:
    # Chunks of 3 s, half-lives 3 s and 6 s: the newest weighs 1/2 against 1/4, and the slow one keeps more of the old.
    mean = LatencyEwma(3.0, 6.0)
    first, second = sample(1, 1.0, latency_s=0.4), sample(1, 1.0, at_s=5.0, latency_s=0.1)
    assert mean.update((), 3.0) == 0.0
    assert mean.update((first,), 3.0) == pytest.approx(0.4)
    kept, new = 0.5**0.5 * (1 - 0.5**0.5), 1 - 0.5**0.5
    assert mean.update((first, second), 3.0) == pytest.approx((kept * 0.4 + new * 0.1) / (kept + new))
    assert mean.update((first, second), 3.0) == mean.update((second,), 3.0)


def test_hls_js_takes_100_ms_until_it_knows_and_weighs_late_bytes_less() -> None:
    mean = TimeToFirstByte()
    assert mean.update(()) == 0.1
    assert mean.update((sample(1, 1.0, latency_s=0.0),)) == pytest.approx(0.005)
    late = TimeToFirstByte()
    value = late.update((sample(1, 1.0, latency_s=0.1), sample(1, 1.0, at_s=9.0, latency_s=4.0)))
    assert 0.1 < value < 0.11
    assert TimeToFirstByte().update((sample(1, 1.0, latency_s=6.0),)) == 0.1


@pytest.mark.parametrize(
    "name",
    ["", "ewma-3", "ewma-8-3", "ewma-0-3", "harmonic-0", "harmonic-2.5", "percentile-0", "percentile-101", "best"],
)
def test_a_name_that_means_no_estimator_is_refused_with_a_way_out(name: str) -> None:
    with pytest.raises(ValueError, match=r"there are|half-life|transfer|percentile's share"):
        estimator(name)


def test_names_carry_their_numbers() -> None:
    samples = tuple(sample(1_000_000, span, at_s=10.0 * i) for i, span in enumerate((1.0, 2.0, 4.0)))
    assert estimator("harmonic-2").update(samples) == harmonic_mean_bps(samples, 2)
    assert estimator("ewma-2-5").update(samples) == dual_ewma_bps(samples, DualEwmaSettings(2.0, 5.0))
    low, high = (estimator(f"percentile-{cent}").update(samples) for cent in (10, 90))
    assert (low, high) == pytest.approx((2e6, 4e6))
    assert Percentile(PercentileSettings(0.9)).update(samples) == high
