"""Intervals, paired tests, session metrics and the P.1203 export, held against independent arithmetic."""

from __future__ import annotations

import itertools
from math import exp, fsum, log, sqrt
from random import Random

import pytest

from abr.model import Ladder, Reason, ReasonCode, Rung
from abr.qoe.interval import bootstrap_mean, bootstrap_ratio, paired_difference, sign_flip_p
from abr.qoe.p1203 import P1203Error, Viewing, p1203_input
from abr.qoe.session import oscillations, session_metrics
from abr.simulate.model import ChunkRecord, SessionResult, Stall

LADDER = Ladder((Rung(1_000_000, 640, 360), Rung(2_000_000, 960, 540), Rung(4_000_000, 1280, 720)))


def session(rungs: list[int], stalls: tuple[Stall, ...] = (), wasted_bytes: int = 0) -> SessionResult:
    """Chunks of 2 s, each fetched in one second at twice the estimate."""
    chunks = tuple(
        ChunkRecord(
            index=k,
            rung=rung,
            bitrate_bps=LADDER.bitrates_bps[rung],
            size_bytes=LADDER.bitrates_bps[rung] // 4,
            requested_at_s=2.0 * k,
            first_byte_at_s=2.0 * k + 0.1,
            finished_at_s=2.0 * k + 1.0,
            buffer_s=4.0,
            waited_s=0.0,
            stall_s=0.0,
            reason=Reason(ReasonCode.FIXED, "x"),
            estimate_bps=LADDER.bitrates_bps[rung] if k else None,
        )
        for k, rung in enumerate(rungs)
    )
    return SessionResult("c", "t", "v", LADDER, 2.0, 0.5, 100.0, chunks, stalls, wasted_bytes)


def test_the_metrics_are_those_that_a_person_counts() -> None:
    stalls = (Stall(3.0, 2.0, 1.0), Stall(9.0, 6.0, 2.0))
    it = session_metrics(session([0, 1, 1, 0, 2], stalls, 7))
    assert (it.switches, it.switches_up, it.switches_down) == (3, 2, 1)
    assert it.mean_step_bps == pytest.approx((1e6 + 1e6 + 3e6) / 3)
    assert (it.stall_count, it.stall_s, it.mean_stall_s) == (2, 3.0, 1.5)
    assert it.stall_ratio == pytest.approx(3.0 / (3.0 + 10.0))
    assert it.mean_bitrate_bps == pytest.approx((1 + 2 + 2 + 1 + 4) * 1e6 / 5)
    assert it.time_per_rung_s == (4.0, 4.0, 2.0)
    assert it.bytes_wasted == 7
    assert it.estimate_bias == pytest.approx(log(0.5))
    assert it.estimate_error == pytest.approx(log(2.0))


@pytest.mark.parametrize(
    ("rungs", "count"),
    [
        ([1, 1, 1], 0),
        ([0, 1, 2, 2], 0),
        ([0, 1, 0], 1),
        ([0, 1, 0, 1], 2),
        ([1, 0, 0, 0, 0, 0, 1], 1),
        ([1, 0, 0, 0, 0, 0, 0, 1], 0),
    ],
)
def test_an_oscillation_is_a_switch_taken_back_within_ten_seconds(rungs: list[int], count: int) -> None:
    assert oscillations(rungs, 2.0) == count


def test_a_bootstrap_interval_is_near_the_normal_one_for_many_values() -> None:
    rng = Random(5)
    values = [rng.gauss(3.0, 1.0) for _ in range(400)]
    mean = fsum(values) / 400
    half = 1.96 * sqrt(fsum((v - mean) ** 2 for v in values) / 399 / 400)
    it = bootstrap_mean(values, 1)
    assert it.mean == pytest.approx(mean)
    assert (it.low, it.high) == pytest.approx((mean - half, mean + half), abs=0.1 * half + 0.005)
    assert bootstrap_mean(values, 1) == it


def test_pairs_show_what_means_alone_hide() -> None:
    """A small, steady gain between sessions that differ a lot from one another."""
    rng = Random(2)
    base = [exp(rng.gauss(0.0, 1.0)) for _ in range(40)]
    better = [value + 0.05 + rng.gauss(0.0, 0.02) for value in base]
    assert bootstrap_mean(better, 1).low < bootstrap_mean(base, 1).high
    paired = paired_difference(better, base, 1)
    assert 0.03 < paired.low < paired.mean < paired.high < 0.07
    assert paired.p < 0.001


@pytest.mark.parametrize("count", [1, 3, 8, 13])
def test_few_pairs_are_tested_exactly(count: int) -> None:
    rng = Random(count)
    values = [rng.gauss(0.4, 1.0) for _ in range(count)]
    assert sign_flip_p(values, 1) == pytest.approx(counted(values))


def test_many_pairs_are_tested_by_drawing_close_to_the_exact_answer() -> None:
    rng = Random(8)
    values = [rng.gauss(0.4, 1.0) for _ in range(14)]
    assert sign_flip_p(values, 1) == pytest.approx(counted(values), abs=0.015)


def counted(values: list[float]) -> float:
    seen = abs(fsum(values)) - 1e-12
    signs = list(itertools.product((-1, 1), repeat=len(values)))
    return sum(abs(fsum(s * v for s, v in zip(sign, values, strict=True))) >= seen for sign in signs) / len(signs)


def test_where_nothing_differs_p_is_one_and_where_all_do_it_is_never_nothing() -> None:
    assert sign_flip_p([0.0] * 30, 1) == 1.0
    assert 0.0 < sign_flip_p([1.0] * 200, 1) < 0.001


def test_under_the_null_p_values_are_spread_evenly() -> None:
    rng = Random(11)
    hits = sum(sign_flip_p([rng.gauss(0.0, 1.0) for _ in range(10)], 1) <= 0.05 for _ in range(400))
    assert 8 <= hits <= 34


def test_a_ratio_of_means_is_none_where_there_is_nothing_to_have() -> None:
    assert bootstrap_ratio([1.0, 2.0], [-3.0, 1.0], 1) is None
    it = bootstrap_ratio([1.0, 3.0, 2.0], [2.0, 4.0, 4.0], 1)
    assert it is not None
    assert it.mean == pytest.approx(0.6)
    assert it.low <= 0.6 <= it.high


def test_a_session_becomes_p1203_input_of_mode_0() -> None:
    document = p1203_input(session([0, 2], (Stall(3.0, 2.0, 1.5),)), Viewing(audio_bps=128_000))
    first, second = document["I13"]["segments"]
    assert first == {
        "bitrate": pytest.approx(1000.0),
        "codec": "h264",
        "duration": 2.0,
        "fps": 24.0,
        "resolution": "640x360",
        "start": 0.0,
    }
    assert (second["start"], second["resolution"]) == (2.0, "1280x720")
    assert document["I23"]["stalling"] == [[0, 0.5], [2.0, 1.5]]
    assert document["I11"]["segments"] == [{"bitrate": 128.0, "codec": "aaclc", "duration": 4.0, "start": 0}]
    assert document["IGen"] == {"device": "pc", "displaySize": "1920x1080", "viewingDistance": "150cm"}


def test_p1203_needs_picture_sizes_and_says_so() -> None:
    bare = SessionResult("c", "t", "v", Ladder((Rung(1_000_000),)), 2.0, 0.5, 100.0, session([0]).chunks, ())
    with pytest.raises(P1203Error, match="no width and height"):
        p1203_input(bare)
