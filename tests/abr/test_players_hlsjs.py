"""hls.js's rule, worked out by hand; the emergency's figures are hls.js 1.7.1's own, from running its rule."""

from __future__ import annotations

from typing import Any

import pytest

from abr.controllers.hlsjs import Hlsjs
from abr.estimators.hlsjs_bandwidth import HlsjsBandwidth, HlsjsBandwidthSettings
from abr.model import Decision, Ladder, Observation, Progress, ReasonCode, Rung, ThroughputSample

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))
LONG = Ladder(tuple(Rung(kbps * 1000) for kbps in (300, 750, 1200, 1850, 2850, 4300)))


def seen(rate_bps: float | None, buffer_s: float, previous: int | None, **fields: Any) -> Observation:
    """One transfer of a second, 0.1 s to its first byte: the estimates are `rate_bps` and 0.1 s."""
    samples = () if rate_bps is None else (ThroughputSample(round(rate_bps / 8), 0.0, 0.1, 1.1),)
    values: dict[str, Any] = {
        "now_s": 9.0,
        "chunk_index": 4,
        "chunk_duration_s": 2.0,
        "ladder": LADDER,
        "buffer_s": buffer_s,
        "buffer_cap_s": 30.0,
        "previous_rung": previous,
        "samples": samples,
    }
    return Observation(**{**values, **fields})


@pytest.mark.parametrize(
    ("rate_bps", "buffer_s", "previous", "rung", "code"),
    [
        (5e6, 10.0, 2, 2, ReasonCode.HOLD),  # 0.95 x 5 = 4.75 >= 4; 0.1 + 8 / 4.75 = 1.8 s < 10 s
        (5e6, 10.0, 1, 1, ReasonCode.HOLD),  # up 0.7 x 5 = 3.5 < 4
        (5.8e6, 10.0, 1, 2, ReasonCode.THROUGHPUT),  # up 0.7 x 5.8 = 4.06 >= 4; 0.1 + 8 / 4.06 = 2.07 s
        (5.8e6, 2.0, 1, 1, ReasonCode.HOLD),  # ... which is more than 2 s; below 0.1 + 4 / 5.51 = 0.83 s
        (5.8e6, 2.08, 1, 2, ReasonCode.THROUGHPUT),  # ... and less than 2.08 s
        (2.1e6, 1.0, 1, 0, ReasonCode.BUFFER),  # 0.95 x 2.1 = 1.995 < 2; 0.1 + 2 / 1.995 = 1.1 s >= 1 s: second pass
        (2.2e6, 0.0, 1, 0, ReasonCode.BUFFER),  # 0.1 + 4 / 2.09 = 2.01 s >= 0 + 2 s
        (2.3e6, 0.0, 1, 1, ReasonCode.BUFFER),  # 0.1 + 4 / 2.185 = 1.93 s < 2 s
        (0.9e6, 10.0, 1, 0, ReasonCode.INSUFFICIENT_BUFFER),  # 0.95 x 0.9 < 1: nothing fits
    ],
)
def test_the_highest_level_is_taken_that_the_rate_carries_in_time(
    rate_bps: float, buffer_s: float, previous: int, rung: int, code: ReasonCode
) -> None:
    decision = Hlsjs().decide(seen(rate_bps, buffer_s, previous))
    assert (decision.rung, decision.reason.code) == (rung, code)


def test_the_largest_chunk_counts_until_two_fragments_are_buffered() -> None:
    # Rung 2's largest chunk makes 5 Mbit/s, its average is 4: of 5 Mbit/s measured, 4.75 may be used.
    sizes = ((250_000, 500_000, 1_000_000), (250_000, 500_000, 1_250_000))
    assert Hlsjs().decide(seen(5e6, 3.9, 2, sizes_bytes=sizes)).rung == 1
    assert Hlsjs().decide(seen(5e6, 4.0, 2, sizes_bytes=sizes)).rung == 2


def test_a_session_starts_within_500_kbit_without_a_factor() -> None:
    ladder = Ladder((Rung(300_000), Rung(500_000), Rung(600_000)))
    decision = Hlsjs().decide(seen(None, 0.0, None, ladder=ladder))
    assert (decision.rung, decision.reason.code, decision.estimate_bps) == (1, ReasonCode.STARTUP, 500_000)


def test_twice_the_speed_empties_the_buffer_in_half_the_time() -> None:
    assert Hlsjs().decide(seen(5.8e6, 4.2, 1)).rung == 2
    assert Hlsjs().decide(seen(5.8e6, 4.1, 1, speed=2.0)).rung == 1


def test_live_the_fetch_time_is_no_condition() -> None:
    assert Hlsjs().decide(seen(5.8e6, 1.0, 1, live_delay_s=6.0)).rung == 2


def test_the_estimator_takes_the_wait_off_once_it_knows_it() -> None:
    bandwidth = HlsjsBandwidth(HlsjsBandwidthSettings())
    assert (bandwidth.estimate_bps, bandwidth.first_byte_s, bandwidth.can_estimate) == (500_000, 0.1, False)
    bandwidth.add_transfer(ThroughputSample(125_000, 0.0, 0.2, 1.2))
    assert bandwidth.estimate_bps == pytest.approx(1e6)
    # A second one that waits 0.6 s: the estimate then is w x 0.2 + w' x 0.6, by its weights sqrt(2) exp(-s^2 / 2) of
    # 1.3862 and 1.1812, half-life 9: (0.2 x 0.1013 x 0.9131 + 0.6 x 0.0869) / (0.1013 x 0.9131 + 0.0869) = 0.3937.
    bandwidth.add_transfer(ThroughputSample(125_000, 2.0, 2.6, 3.6))
    assert bandwidth.first_byte_s == pytest.approx(0.3937, abs=2e-4)
    # 1.6 - 0.3937 = 1.2063 s for the second Mbit: 0.829 Mbit/s, and the quick mean (half-life 3) is the lower one.
    kept = 0.5 ** (1.2063 / 3)
    first, second = (1 - 0.5 ** (1 / 3)) * kept, 1 - kept
    assert bandwidth.estimate_bps == pytest.approx((first * 1e6 + second * 0.829e6) / (first + second), rel=1e-3)


def test_tiny_transfers_take_50_ms_or_their_bytes_at_800_mbit() -> None:
    bandwidth = HlsjsBandwidth(HlsjsBandwidthSettings())
    bandwidth.add_rate(0.0, 0.0, 10_000_000)
    assert bandwidth.estimate_bps == pytest.approx(8e7 / 0.05)
    small = HlsjsBandwidth(HlsjsBandwidthSettings())
    small.add_rate(0.0, 0.0, 200_000)
    assert small.estimate_bps == pytest.approx(8e8)
    small.add_rate(5.0, 0.0, 0)
    assert small.estimate_bps == pytest.approx(8e8)


def fly(rule: Hlsjs, level: int, rate_bps: float, buffer_s: float, total: int) -> tuple[float | None, Decision | None]:
    """A fragment of 4 s asked for at 10 s, looked at every 0.1 s from its first byte at 10.1 s on."""
    before = ThroughputSample(1_000_000, 0.0, 0.1, 2.1)
    rule.decide(seen(None, buffer_s, level, ladder=LONG, samples=(before,), chunk_duration_s=4.0))
    count = 1
    while 0.1 * count < 8.0 * total / rate_bps:
        now_s, left_s = 10.1 + 0.1 * count, max(0.0, buffer_s - (0.1 + 0.1 * count))
        got = int(rate_bps * 0.1 * count / 8)
        progress = Progress(now_s, level, got, total, 10.0, 10.1, left_s, 4.0, LONG, (), left_s > 0)
        decision = rule.abandon(progress)
        if decision is not None:
            return now_s, decision
        count += 1
    return None, None


@pytest.mark.parametrize(
    ("level", "rate_bps", "buffer_s", "total", "given_up_at_s"),
    [
        (5, 1e6, 9.0, 2_150_000, 12.1),  # the rest takes more than twice the alternative: at once
        (5, 1.4e6, 8.0, 2_150_000, 12.1),
        (4, 1.2e6, 7.0, 1_425_000, 12.1),
        (5, 2e6, 6.0, 2_150_000, 15.9),  # it does not: after the alternative's fetch time
        (5, 2.5e6, 5.5, 2_150_000, 15.2),
        (4, 4e5, 4.5, 1_425_000, None),  # only level 0 would do: the fragment goes on
        (1, 1e5, 4.0, 375_000, None),  # level 1 is never given up
        (3, 1.5e6, 20.0, 925_000, None),  # it makes it
    ],
)
def test_a_fragment_is_given_up_when_hls_js_gives_it_up(
    level: int, rate_bps: float, buffer_s: float, total: int, given_up_at_s: float | None
) -> None:
    at_s, decision = fly(Hlsjs(), level, rate_bps, buffer_s, total)
    assert at_s == (given_up_at_s if given_up_at_s is None else pytest.approx(given_up_at_s))
    if decision is not None:
        assert (decision.rung, decision.reason.code) == (0, ReasonCode.ABANDONED)
        assert "given up for" in decision.reason.text


def test_after_an_emergency_the_estimator_starts_from_the_lowest_rate() -> None:
    rule = Hlsjs()
    at_s, _ = fly(rule, 5, 1e6, 9.0, 2_150_000)
    assert at_s is not None
    given_up = ThroughputSample(250_000, 10.0, 10.1, at_s)
    after = seen(None, 4.0, 0, ladder=LONG, samples=(given_up,), chunk_duration_s=4.0)
    decision = rule.decide(after)
    # The transfer that was given up has been counted before the reset, and is not counted again.
    assert decision.estimate_bps == pytest.approx(300_000)
    assert decision.rung == 0


def test_a_fragment_that_goes_on_puts_the_next_one_to_the_level_found() -> None:
    rule = Hlsjs()
    assert fly(rule, 4, 4e5, 4.5, 1_425_000) == (None, None)
    samples = (ThroughputSample(1_425_000, 10.0, 10.1, 38.6),)
    decision = rule.decide(seen(None, 4.0, 4, ladder=LONG, samples=samples, chunk_duration_s=4.0))
    assert (decision.rung, decision.reason.code) == (0, ReasonCode.INSUFFICIENT_BUFFER)
    assert decision.estimate_bps == pytest.approx(400_000)  # hls.js: 400000


def test_nothing_is_given_up_in_a_pause_or_before_the_first_fragment() -> None:
    rule = Hlsjs()
    slow = Progress(14.0, 5, 100_000, 2_150_000, 10.0, 10.1, 2.0, 4.0, LONG, (), False)
    assert rule.abandon(slow) is None
    rule.decide(seen(None, 2.0, 5, ladder=LONG, chunk_duration_s=4.0))
    assert rule.abandon(slow) is None


def test_without_a_first_byte_the_estimate_says_how_long_it_takes() -> None:
    rule = Hlsjs()
    before = ThroughputSample(125_000, 0.0, 0.1, 1.1)
    rule.decide(seen(None, 3.0, 5, ladder=LONG, samples=(before,), chunk_duration_s=4.0))
    waiting = Progress(12.1, 5, 0, 2_150_000, 10.0, None, 2.5, 4.0, LONG, (), True)
    # 4 x 4.3 / 1 + 0.1 = 17.3 s > 2.5 s; 4 x 0.75 / 1 + 0.1 = 3.1 s > 2.5 s, so that level 0 stands in with 3.1 s: the
    # fragment goes on, and the wait counts as a time to the first byte.
    assert rule.abandon(waiting) is None
    after = seen(None, 3.0, 5, ladder=LONG, samples=(before,), chunk_duration_s=4.0)
    assert rule.decide(after).rung == 0
