"""MPC and RobustMPC as rules: the forecast, the chunks they look at, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from abr import controller
from abr.controllers import mpc
from abr.controllers.planning import HarmonicForecast, Objective, look_ahead
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample
from abr.qoe import score
from abr.simulate import simulate
from abr.trace import builtin, builtin_names
from abr.video import builtin_film

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))


def got(*rates_bps: float, latency_s: float = 0.0) -> tuple[ThroughputSample, ...]:
    """Transfers of a second each, the latency included."""
    return tuple(
        ThroughputSample(round(rate / 8), float(at), at + latency_s, at + 1.0) for at, rate in enumerate(rates_bps)
    )


def seen(buffer_s: float = 10.0, rates_bps: tuple[float, ...] = (4e6,), **fields: Any) -> Observation:
    values: dict[str, Any] = {
        "now_s": 10.0,
        "chunk_index": 5,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": 0,
        "samples": got(*rates_bps),
    }
    return Observation(**{**values, **fields})


def test_the_forecast_is_the_harmonic_mean_of_the_last_five_over_the_whole_request() -> None:
    forecast = HarmonicForecast()
    assert forecast.update(()) is None
    assert forecast.update(got(1e6, 4e6, latency_s=0.5)) == pytest.approx(2 / (1 / 1e6 + 1 / 4e6))
    assert forecast.update(got(1e6, 4e6, 4e6, 4e6, 4e6, 4e6, latency_s=0.5)) == pytest.approx(4e6)


def test_errors_are_those_of_what_was_forecast_before_each_transfer() -> None:
    # 4 Mbit/s forecast and 2 got: 1.0. Then 2.667 forecast and 2.667 got.
    forecast = HarmonicForecast()
    forecast.update(got(4e6, 2e6))
    assert list(forecast.errors) == pytest.approx([1.0])
    forecast.update(got(4e6, 2e6, 8e6 / 3))
    assert list(forecast.errors) == pytest.approx([1.0, 0.0], abs=1e-5)
    assert forecast.worst_error == pytest.approx(1.0)


def test_an_error_counts_for_five_transfers_and_a_transfer_without_bytes_for_none() -> None:
    forecast, rates_bps = HarmonicForecast(), [4e6, 2e6]
    forecast.update(got(*rates_bps))
    for count in range(5):
        assert forecast.worst_error == pytest.approx(1.0), count
        rates_bps += [0.0, forecast.mean_bps or 0.0]
        forecast.update(got(*rates_bps))
    assert forecast.worst_error == pytest.approx(0.0, abs=1e-5)


def test_however_the_samples_come_in_the_forecast_is_the_same() -> None:
    samples = got(1e6, 3e6, 2e6, 5e6, 4e6, 1e6, 2e6)
    whole, by_one = HarmonicForecast(), HarmonicForecast()
    whole.update(samples)
    for count in range(len(samples) + 1):
        by_one.update(samples[max(0, count - 3) : count])
    assert whole.mean_bps == by_one.mean_bps
    assert whole.errors == by_one.errors


@pytest.mark.parametrize(
    ("buffer_s", "rates_bps", "plain", "robust"),
    [
        # Nominal chunks at T = 1 Mbit/s take 2, 4 and 8 s; two chunks are left, the lowest rung was before. The plan
        # (1, 1) is worth 3 - 4 (6 - B) against 2 for (0, 0), so 720p starts above 5.75 s.
        (5.7, (1e6,), 0, 0),
        (5.8, (1e6,), 1, 1),
        # 1.5 then 0.75 Mbit/s: T is 1 again, the error 1; at 0.5 Mbit/s 720p takes 8 s a chunk, and (1, 1) needs 14 s.
        (5.8, (1.5e6, 0.75e6), 1, 0),
        (13.7, (1.5e6, 0.75e6), 2, 0),  # plain: (2, 2) is worth 5 from 14 s on, and 5 - 4 x 0.3; (1, 1) is worth 3
        (13.8, (1.5e6, 0.75e6), 2, 1),
    ],
)
def test_the_two_rules_worked_out_by_hand(
    buffer_s: float, rates_bps: tuple[float, ...], plain: int, robust: int
) -> None:
    observation = seen(buffer_s, rates_bps, chunks_left=2)
    assert controller.create("mpc").decide(observation).rung == plain
    assert controller.create("robust-mpc").decide(observation).rung == robust


def test_robust_mpc_plans_for_the_mean_less_the_worst_error() -> None:
    decision = controller.create("robust-mpc").decide(seen(10.0, (1.5e6, 0.75e6)))
    assert decision.estimate_bps == pytest.approx(0.5e6)
    assert controller.create("mpc").decide(seen(10.0, (1.5e6, 0.75e6))).estimate_bps == pytest.approx(1e6)


def test_the_first_row_of_sizes_is_the_chunk_to_choose() -> None:
    # At 4 Mbit/s the heavy chunk takes 10 s at 1080p, and every other one of either rung is there at once.
    light, heavy = (1000, 1000, 1000), (1000, 1000, 5_000_000)
    rule = controller.create("mpc")
    assert rule.decide(seen(4.0, sizes_bytes=(heavy, light), previous_rung=2, chunks_left=2)).rung == 1
    assert rule.decide(seen(4.0, sizes_bytes=(light, heavy), previous_rung=2, chunks_left=2)).rung == 2


def test_the_plan_ends_with_the_film_and_unknown_chunks_are_nominal() -> None:
    told = seen(sizes_bytes=((1, 2, 3),) * 2)
    assert look_ahead(told, 5).sizes_bytes == ((1, 2, 3),) * 2 + ((250_000, 500_000, 1_000_000),) * 3
    assert len(look_ahead(seen(chunks_left=3), 5).sizes_bytes) == 3
    assert look_ahead(seen(chunks_left=2, sizes_bytes=((1, 2, 3),) * 9), 5).sizes_bytes == ((1, 2, 3),) * 2


def test_at_double_speed_the_buffer_lasts_half_as_long() -> None:
    ahead = look_ahead(seen(10.0, speed=2.0), 5)
    assert (ahead.buffer_us, ahead.chunk_us, ahead.ceiling_us) == (5_000_000, 1_000_000, 14_000_000)


def test_a_dearer_standstill_makes_the_plan_more_careful() -> None:
    observation = seen(5.8, (1e6,), chunks_left=2)
    assert mpc.Mpc(Objective(stall_kbps=4_000)).decide(observation).rung == 1
    assert mpc.Mpc(Objective(stall_kbps=40_000)).decide(observation).rung == 0
    with pytest.raises(ValueError, match="one chunk or more"):
        Objective(horizon=0)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"buffer_s": 5.0, "rates_bps": (1.5e6, 0.75e6), "chunks_left": 2},
            "hold: hold 360p: 5.0 s buffered, 500 kbit/s expected (worst error 100 %), "
            "720p would stall 9.0 s within 2 chunks",
        ),
        (
            {"buffer_s": 12.0, "rates_bps": (8e6,)},
            "plan: 1080p: 12 s buffered, 8.0 Mbit/s expected, the top rung plays without a stall",
        ),
        (
            {"buffer_s": 12.0, "rates_bps": (8e6,), "rung_cap": 1},
            "plan: 720p: 12 s buffered, 8.0 Mbit/s expected, the highest rung allowed plays without a stall",
        ),
        (
            {"buffer_s": 12.0, "rates_bps": (8e6,), "chunks_left": 1},
            "hold: hold 360p: 12 s buffered, 8.0 Mbit/s expected, starting 720p now is worth no more within this chunk",
        ),
    ],
)
def test_the_reason_says_what_speaks_against_the_next_rung(fields: dict[str, Any], text: str) -> None:
    assert str(controller.create("robust-mpc").decide(seen(**fields)).reason) == text


def test_the_same_session_twice_is_the_same_session() -> None:
    film, trace = builtin_film(), builtin("evenflow-train-tunnel")
    one, two = (simulate(controller.create("robust-mpc"), trace, film) for _ in range(2))
    assert one == two
    assert {chunk.reason.code for chunk in one.chunks} <= {ReasonCode.STARTUP, ReasonCode.PLAN, ReasonCode.HOLD}


def test_on_the_built_in_links_planning_beats_the_measured_rate_alone() -> None:
    film = builtin_film()
    for name in builtin_names():
        rate, robust = (score(simulate(controller.create(it), builtin(name), film), "lin") for it in RULES)
        assert robust > rate


RULES = ("throughput", "robust-mpc")
