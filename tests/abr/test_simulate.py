"""The fast simulator against a slow stepping one, and by hand."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr import controller
from abr.controllers.fixed import Fixed
from abr.controllers.fixed import Settings as FixedSettings
from abr.model import Ladder, Rung
from abr.qoe import bootstrap_mean, score, session_metrics
from abr.simulate import SessionSettings, simulate
from abr.trace import Step, Trace, builtin
from abr.trace.synthetic import markov, outage, ramp, sawtooth, step
from abr.video import VideoTable, builtin_film, vbr

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000)))
FLAT = VideoTable("flat", 2.0, LADDER, ((250_000, 500_000),) * 5)


def test_a_steady_session_worked_out_by_hand() -> None:
    # 2 Mbit/s, 0.5 s latency: a chunk of 2 Mbit takes 1.5 s, so every chunk after the first gains 0.5 s.
    result = simulate(Fixed(), Trace([Step(10.0, 2e6, 0.5)]), FLAT)
    assert [chunk.finished_at_s for chunk in result.chunks] == pytest.approx([1.5, 3.0, 4.5, 6.0, 7.5])
    assert [chunk.buffer_s for chunk in result.chunks] == pytest.approx([0.0, 2.0, 2.5, 3.0, 3.5])
    assert result.startup_s == pytest.approx(1.5)
    assert result.stalls == ()
    assert result.ended_at_s == pytest.approx(11.5)


def test_a_slow_link_stalls_by_the_difference() -> None:
    # 4 Mbit a chunk over 1 Mbit/s: 4 s for 2 s of play, so 2 s of standstill before each chunk but the first.
    result = simulate(Fixed(FixedSettings(1)), Trace([Step(10.0, 1e6)]), FLAT)
    assert [stall.duration_s for stall in result.stalls] == pytest.approx([2.0] * 4)
    assert [stall.media_s for stall in result.stalls] == pytest.approx([2.0, 4.0, 6.0, 8.0])
    metrics = session_metrics(result)
    assert metrics.stall_ratio == pytest.approx(8 / 18)
    assert score(result, "lin") == pytest.approx((5 * 2 - 2 * 8) / 5)


def test_a_full_buffer_waits_for_room() -> None:
    result = simulate(Fixed(), Trace([Step(10.0, 200e6)]), FLAT, SessionSettings(buffer_cap_s=4.0))
    assert max(chunk.buffer_s for chunk in result.chunks) == pytest.approx(2.0)
    assert result.chunks[-1].waited_s == pytest.approx(1.99, abs=0.02)


def test_play_starts_when_enough_is_buffered_and_at_the_latest_with_the_last_chunk() -> None:
    trace = Trace([Step(10.0, 2e6)])
    assert simulate(Fixed(), trace, FLAT, SessionSettings(start_buffer_s=6.0)).startup_s == pytest.approx(3.0)
    assert simulate(Fixed(), trace, FLAT, SessionSettings(start_buffer_s=20.0)).startup_s == pytest.approx(5.0)


def test_a_buffer_that_holds_no_chunk_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no chunk"):
        simulate(Fixed(), Trace([Step(1.0, 1e6)]), FLAT, SessionSettings(buffer_cap_s=1.0))


def stepping_session(trace: Trace, video: VideoTable, rungs: list[int], cap_s: float) -> tuple[float, float, float]:
    """(start-up, stall time, end) by small steps of time; every instant here is a multiple of the step."""
    tick, t, buffer_s, started, stalled, startup = 0.05, 0, 0.0, False, 0.0, 0.0

    def play() -> None:
        nonlocal t, buffer_s, stalled
        t += 1
        if started:
            had = min(tick, buffer_s)
            buffer_s = round(buffer_s - had, 9)
            stalled += tick - had

    for sizes, rung in zip(video.sizes_bytes, rungs, strict=True):
        while buffer_s + video.chunk_duration_s > cap_s + 1e-9:
            play()
        bits = 8.0 * sizes[rung]
        while bits > 1e-6:
            bits -= trace.rate_at((t + 0.5) * tick) * tick
            play()
        buffer_s = round(buffer_s + video.chunk_duration_s, 9)
        if not started:
            started, startup = True, t * tick
    return startup, stalled, t * tick + buffer_s


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 6)), min_size=1, max_size=6).filter(
        lambda rows: any(rate for _, rate in rows)
    ),
    st.lists(st.integers(0, 1), min_size=6, max_size=6),
)
def test_the_fast_simulator_agrees_with_small_steps_of_time(rows: list[tuple[int, int]], rungs: list[int]) -> None:
    # Rates are multiples of 240 kbit/s; a tick's worth is 1500 bytes times the multiple. Sizes are multiples of
    # every tick's worth (60 = lcm(1..6)), and a step boundary may cut a transfer: then both differ by one tick.
    trace = Trace([Step(ticks * 0.05, rate * 240e3) for ticks, rate in rows])
    video = VideoTable("v", 2.0, LADDER, ((90_000, 180_000),) * 6)
    result = simulate(_Script(rungs), trace, video, SessionSettings(buffer_cap_s=6.0))
    startup_s, stall_s, end_s = stepping_session(trace, video, rungs, 6.0)
    slack_s = 0.05 * len(rungs) + 0.05 * max(ticks for ticks, _ in rows)
    assert result.startup_s == pytest.approx(startup_s, abs=slack_s)
    assert session_metrics(result).stall_s == pytest.approx(stall_s, abs=slack_s * 2)
    assert result.ended_at_s == pytest.approx(end_s, abs=slack_s * 2)


class _Script:
    """A rule that reads its choices from a list."""

    name = "script"

    def __init__(self, rungs: list[int]) -> None:
        self._rungs = rungs

    def decide(self, observation):  # type: ignore[no-untyped-def]
        return Fixed(FixedSettings(self._rungs[observation.chunk_index])).decide(observation)


@pytest.mark.parametrize("name", controller.names())
@pytest.mark.parametrize("abandonment", [False, True])
def test_bytes_and_time_are_conserved(name: str, abandonment: bool) -> None:
    trace, video = builtin("evenflow-train-tunnel"), builtin_film(3)
    result = simulate(controller.create(name), trace, video, SessionSettings(abandonment=abandonment))
    stall_s = sum(stall.duration_s for stall in result.stalls)
    assert result.ended_at_s == pytest.approx(result.startup_s + stall_s + video.duration_s)
    assert stall_s == pytest.approx(sum(chunk.stall_s for chunk in result.chunks))
    for chunk in result.chunks:
        carried = trace.bits_between(chunk.first_byte_at_s, chunk.finished_at_s) / 8
        assert carried == pytest.approx(chunk.size_bytes, rel=1e-6)
        assert chunk.size_bytes == video.sizes_bytes[chunk.index][chunk.rung]


def test_an_abandoned_chunk_leaves_its_bytes_as_waste_and_saves_time() -> None:
    trace = Trace([Step(6.0, 8e6), Step(60.0, 0.6e6)])
    film = vbr(Ladder((Rung(300_000), Rung(3_000_000))), 20, 2.0, 1)
    with_rule = simulate(_Script([1] * 20), trace, film, SessionSettings(abandonment=True))
    without = simulate(_Script([1] * 20), trace, film)
    given_up = [chunk for chunk in with_rule.chunks if chunk.abandoned_rung is not None]
    assert given_up
    assert all(chunk.wasted_bytes > 0 and chunk.rung == 0 and chunk.abandoned_rung == 1 for chunk in given_up)
    metrics = session_metrics(with_rule)
    assert metrics.bytes_wasted == sum(chunk.wasted_bytes for chunk in given_up)
    assert metrics.stall_s < session_metrics(without).stall_s


def test_the_default_rule_plays_the_commute_and_the_home_network_without_a_stall() -> None:
    for name in ("evenflow-commute", "evenflow-home"):
        result = simulate(controller.create("dynamic"), builtin(name), builtin_film())
        assert result.stalls == ()
        assert session_metrics(result).mean_bitrate_bps > 1.5e6


def test_generated_films_keep_each_rungs_mean_and_repeat_by_seed() -> None:
    film = builtin_film(4)
    for rung, rate in enumerate(film.ladder.bitrates_bps):
        mean = sum(row[rung] for row in film.sizes_bytes) * 8 / film.duration_s
        assert mean == pytest.approx(rate, rel=1e-3)
    assert film == builtin_film(4) != builtin_film(5)


def test_generated_links_have_their_shape() -> None:
    assert step([1e6, 3e6], 5.0).mean_bps == pytest.approx(2e6)
    assert ramp(1e6, 3e6, 10.0).mean_bps == pytest.approx(2e6)
    assert sawtooth(1e6, 3e6, 10.0, teeth=3).duration_s == pytest.approx(30.0)
    dark = outage(step([4e6], 30.0), 10.0, 5.0)
    assert dark.duration_s == pytest.approx(30.0)
    assert dark.bits_between(10.0, 15.0) == 0
    first, second = (markov([1e6, 2e6, 4e6], 5.0, 100.0, Random(7)) for _ in range(2))
    assert first.steps == second.steps
    assert first.duration_s == pytest.approx(100.0)


def test_an_interval_holds_its_mean_and_repeats_by_seed() -> None:
    interval = bootstrap_mean([1.0, 2.0, 3.0, 4.0], 1)
    assert interval.low <= interval.mean == 2.5 <= interval.high
    assert interval == bootstrap_mean([1.0, 2.0, 3.0, 4.0], 1)
    assert bootstrap_mean([3.0], 1).low == 3.0
