"""Known answers, worked out by hand from the definitions, and what holds for every rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr import controller
from abr.controllers import bba_0, fixed
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))


def rate_sample(rate_bps: float, latency_s: float = 0.0, *, at_s: float = 0.0) -> ThroughputSample:
    return ThroughputSample(int(rate_bps / 8), at_s, at_s + latency_s, at_s + latency_s + 1.0)


def seen(buffer_s: float = 10.0, rate_bps: float | None = 3e6, **fields: Any) -> Observation:
    samples = () if rate_bps is None else (rate_sample(rate_bps),)
    values: dict[str, Any] = {
        "now_s": 10.0,
        "chunk_index": 5,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": 1,
        "samples": samples,
    }
    return Observation(**{**values, **fields})


@pytest.mark.parametrize("name", controller.names())
def test_before_anything_is_measured_the_lowest_rung_is_taken(name: str) -> None:
    decision = controller.create(name).decide(seen(0.0, None, chunk_index=0, previous_rung=None, playing=False))
    assert decision.rung == 0
    assert decision.reason.text


@pytest.mark.parametrize("name", controller.names())
@given(
    buffer_s=st.floats(0, 40),
    sizes=st.lists(st.tuples(st.integers(0, 10**11), st.floats(0, 500), st.floats(0, 30)), max_size=12),
    cap=st.sampled_from([None, 0, 1, 2, 9]),
    previous=st.sampled_from([None, 0, 1, 2]),
    duration_s=st.floats(0.2, 10),
    cap_s=st.floats(0.2, 300),
    playing=st.booleans(),
)
def test_no_rule_leaves_the_ladder_or_the_cap_whatever_it_sees(
    name: str,
    buffer_s: float,
    sizes: list[tuple[int, float, float]],
    cap: int | None,
    previous: int | None,
    duration_s: float,
    cap_s: float,
    playing: bool,
) -> None:
    rule = controller.create(name)
    samples = tuple(ThroughputSample(size, 0.0, wait, wait + span) for size, span, wait in sizes)
    for count in range(len(samples) + 1):
        observation = seen(
            buffer_s,
            samples=samples[:count],
            rung_cap=cap,
            previous_rung=previous,
            chunk_duration_s=duration_s,
            buffer_cap_s=cap_s,
            playing=playing,
        )
        decision = rule.decide(observation)
        assert 0 <= decision.rung <= observation.highest_allowed
        assert len(decision.reason.text) > 10
        assert decision.wait_s >= 0


@pytest.mark.parametrize("name", controller.names())
def test_a_ladder_of_one_rung_is_no_trouble(name: str) -> None:
    rule = controller.create(name)
    for buffer_s in (0.0, 5.0, 25.0):
        assert rule.decide(seen(buffer_s, ladder=Ladder((Rung(1_000_000),)), previous_rung=0)).rung == 0


def test_fixed_holds_its_rung_and_bows_to_the_cap() -> None:
    assert fixed.Fixed(fixed.Settings(2)).decide(seen()).rung == 2
    capped = controller.create("fixed:2").decide(seen(rung_cap=1))
    assert (capped.rung, capped.reason.code) == (1, ReasonCode.CAP)


@pytest.mark.parametrize(
    "name", ["fixed:high", "fixed:-1", "bola-e:3", "nothing", "fixed:", "throughput:guess", "throughput:ewma-9-2"]
)
def test_a_name_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(controller.UnknownController):
        controller.create(name)


@pytest.mark.parametrize(("rate_bps", "rung"), [(5e6, 2), (4e6 / 0.9 + 10, 2), (4e6, 1), (2.2e6, 0), (1e5, 0)])
def test_throughput_takes_the_highest_rung_within_nine_tenths(rate_bps: float, rung: int) -> None:
    assert controller.create("throughput").decide(seen(rate_bps=rate_bps)).rung == rung


def test_throughput_takes_any_estimator_by_name() -> None:
    # 8 Mbit/s for a second, then 2: the harmonic mean is 3.2.
    samples = (rate_sample(8e6), rate_sample(2e6, at_s=3.0))
    chosen = {
        name: controller.create(f"throughput:{name}").decide(seen(samples=samples)).estimate_bps
        for name in ("harmonic", "percentile", "ewma-2-5", "sabre")
    }
    assert chosen["harmonic"] == pytest.approx(3.2e6)
    assert chosen["percentile"] == pytest.approx(8e6)  # its square root of bytes is twice the other's
    assert chosen["ewma-2-5"] == pytest.approx((8e6 * 0.5**0.5 + 2e6) / (1 + 0.5**0.5), rel=1e-6)
    assert chosen["ewma-2-5"] < chosen["sabre"]


def test_an_unknown_estimator_is_answered_with_the_known_ones() -> None:
    with pytest.raises(controller.UnknownController, match="harmonic-COUNT"):
        controller.create("throughput:guess")


def test_throughput_takes_the_latency_off_the_chunks_time() -> None:
    # 5 Mbit/s x 0.9 x (2.0 - 0.5) / 2.0 = 3.4 Mbit/s: 1080p no longer fits.
    decision = controller.create("throughput").decide(seen(samples=(rate_sample(5e6, 0.5),)))
    assert decision.rung == 1


def test_throughput_says_what_the_next_rung_would_need() -> None:
    decision = controller.create("throughput").decide(seen(18.0, 3e6))
    assert str(decision.reason) == "hold: hold: 18 s buffered, 1080p would need 4.4 Mbit/s, 3.0 Mbit/s measured"


@pytest.mark.parametrize(
    ("buffer_s", "previous", "rung"),
    [
        (5.0, 2, 0),  # within the reservoir
        (15.0, 0, 2),  # beyond the cushion
        (8.0, 0, 0),  # f = 1.9 Mbit/s, below the next rung up
        (9.0, 0, 1),  # f = 2.2
        (9.0, 1, 1),  # f = 2.2, between the neighbours
        (9.0, 2, 2),  # f = 2.2, above the next rung down
        (8.0, 2, 1),  # f = 1.9 <= 2: the lowest rung above it
        (14.0, 0, 1),  # f = 3.7: the highest rung below it
    ],
)
def test_bba_follows_its_map_and_sticks_between(buffer_s: float, previous: int, rung: int) -> None:
    assert controller.create("bba-0").decide(seen(buffer_s, previous_rung=previous)).rung == rung


def test_bba_on_a_tie_stays_below_the_map() -> None:
    # f is exactly 2.0 Mbit/s at 5 + 10/3 s; with whole numbers: reservoir 5, cushion 6, buffer 7.
    rule = bba_0.Bba0(bba_0.Settings(5.0, 6.0))
    assert rule.decide(seen(7.0, previous_rung=0)).rung == 0
    assert rule.decide(seen(7.0, previous_rung=2)).rung == 2


def test_bba_shrinks_into_a_small_buffer() -> None:
    assert controller.create("bba-0").decide(seen(6.0, buffer_cap_s=8.0)).rung == 2


def test_a_short_buffer_forbids_what_would_not_arrive_in_time() -> None:
    # 0.7 x 5 Mbit/s x 1.0 s / 2 s = 1.75 Mbit/s. dash.js goes by the nominal rates, and lets the first two chunks be.
    rule = controller.create("dynamic")
    first = rule.decide(seen(1.0, 5e6, chunk_index=1, previous_rung=0))
    limited = rule.decide(seen(1.0, 5e6, chunk_index=3))
    assert first.rung == 2
    assert limited.rung == 2  # a jump in the numbering is a seek, after which the same holds
    limited = [rule.decide(seen(1.0, 5e6, chunk_index=index)) for index in (4, 5)][-1]
    assert (limited.rung, limited.reason.code) == (0, ReasonCode.INSUFFICIENT_BUFFER)


def test_dynamic_turns_to_utility_at_18_s_and_back_below_9_s() -> None:
    rule = controller.create("dynamic")
    for level_s, by_utility in ((17.9, False), (18.0, True), (9.1, True), (8.9, False)):
        text = rule.decide(seen(level_s, 2.3e6, previous_rung=0)).reason.text
        assert ("best use" in text or "would bear" in text) == by_utility
