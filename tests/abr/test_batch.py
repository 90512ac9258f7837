"""Many sessions at once are the same sessions, one by one, to the last bit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace

import numpy as np
import pytest
from batch_twin import assert_same, assert_twins
from hypothesis import given, settings
from hypothesis import strategies as st

from abr import controller
from abr.controllers.bba_0 import Bba0
from abr.controllers.bola_curve import Curve
from abr.estimators.decay import halved
from abr.model import Ladder, Observation, Rung
from abr.qoe import score, score_names, session_metrics
from abr.qoe.score import Film, ScoreError
from abr.simulate import SessionSettings, simulate
from abr.simulate.batch import BATCHED, batch_metrics, batch_scores, is_batched, simulate_batch
from abr.simulate.batch.curves import Curves
from abr.simulate.batch.decay import halved as halved_array
from abr.simulate.batch.driver import BLOCK_SESSIONS
from abr.simulate.batch.rules.bba_0 import Bba0s
from abr.simulate.batch.search import Grid
from abr.simulate.batch.seen import Film as BatchFilm
from abr.simulate.batch.seen import Seen
from abr.simulate.model import Seek
from abr.trace import Step, Trace, builtin
from abr.trace.synthetic import builtin_names
from abr.video import VideoTable, builtin_film, vbr

NAMES = (*BATCHED, "fixed:3", "fixed:99", "bola-basic:25")
BUILTIN = tuple(builtin(name) for name in builtin_names())
PENSIEVE = Ladder(tuple(Rung(1000 * rate) for rate in (300, 750, 1200, 1850, 2850, 4300)))
SHORT = vbr(PENSIEVE, 40, 4.0, 5, name="short")
QUICK = vbr(Ladder(tuple(map(Rung, (90_000, 250_000, 600_000)))), 40, 1.0, 6, spread=0.9, name="quick")

STEPS = st.builds(
    Step,
    duration_s=st.one_of(st.sampled_from([1.0, 0.5, 5.0, 1e-3]), st.floats(1e-6, 1e-2), st.floats(0.01, 30.0)),
    rate_bps=st.one_of(st.sampled_from([0.0, 0.0, 1e6, 3e6]), st.floats(1e3, 1e5), st.floats(1e5, 5e7)),
    latency_s=st.one_of(st.sampled_from([0.0, 0.08]), st.floats(0.0, 3.0)),
)
TRACES = st.lists(STEPS, min_size=1, max_size=40).filter(
    lambda steps: sum(it.rate_bps * it.duration_s for it in steps) > 1e3
)
SETTINGS = st.builds(
    SessionSettings,
    buffer_cap_s=st.sampled_from([4.0, 8.0, 20.0, 30.0, 60.0]),
    start_buffer_s=st.sampled_from([0.0, 0.0, 3.0]),
    start_at_s=st.one_of(st.just(0.0), st.floats(0.0, 1e4)),
    round_trip_s=st.sampled_from([None, None, 0.0, 0.2]),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cap_s", [8.0, 30.0, 120.0])
def test_a_batch_is_the_single_simulator_over_the_built_in_traces(name: str, cap_s: float) -> None:
    assert_twins(name, BUILTIN, builtin_film(), SessionSettings(buffer_cap_s=cap_s))
    assert_twins(name, BUILTIN, SHORT, SessionSettings(buffer_cap_s=cap_s, start_buffer_s=4.0, start_at_s=700.0))


@settings(max_examples=150, deadline=None)
@given(st.lists(TRACES, min_size=1, max_size=4), st.sampled_from(NAMES), SETTINGS, st.sampled_from([SHORT, QUICK]))
def test_a_batch_is_the_single_simulator_over_any_traces(
    steps: list[list[Step]], name: str, asked: SessionSettings, film: VideoTable
) -> None:
    traces = [Trace(it, name=f"trace {number}") for number, it in enumerate(steps)]
    assert_twins(name, traces, film, asked)


@pytest.mark.parametrize("name", NAMES)
def test_a_start_at_several_chunks_and_a_stall_over_several_go_the_same_way(name: str) -> None:
    dark = [Trace([Step(20.0, rate), Step(31.0, 0.0), Step(9.0, rate / 2)], name=f"{rate:g}") for rate in (1e6, 4e6)]
    batch = assert_twins(name, [*dark, *BUILTIN], builtin_film(), SessionSettings(20.0, start_buffer_s=9.0))
    assert batch.stall_count[:2].min() > 0
    assert (np.diff(batch.stall_s[:2] > 0.0, axis=1).sum(axis=1) > 1).all()


def test_a_rate_that_breaks_down_under_a_full_buffer_goes_the_same_way() -> None:
    falling = [Trace([Step(500.0, rate), Step(9000.0, 25e3)], name=f"{rate:g}") for rate in (2.5e5, 3e5, 6e5, 2e6)]
    for cap_s in (60.0, 120.0, 240.0):
        for name in ("bola-e", "dynamic"):
            assert_twins(name, falling, builtin_film(), SessionSettings(buffer_cap_s=cap_s))
    # Chunks far lighter than their rung's bit rate: a full buffer over a link that bears no rung but the lowest.
    light = VideoTable("light", 2.0, PENSIEVE, ((2000, 2100, 2200, 2300, 2400, 2500),) * 80)
    slow = [Trace([Step(9.0, rate), Step(7.0, rate / 2)]) for rate in (2e4, 4e4, 9e4)]
    for name in ("bola-e", "dynamic"):
        assert_twins(name, slow, light, SessionSettings(buffer_cap_s=60.0))


def test_a_ladder_of_one_rung_leaves_nothing_to_choose() -> None:
    film = vbr(Ladder((Rung(700_000),)), 20, 2.0, 1)
    for name in NAMES:
        assert assert_twins(name, BUILTIN, film).rungs.max() == 0


@pytest.mark.parametrize("name", NAMES)
def test_exact_ties_and_whole_turns_go_the_same_way(name: str) -> None:
    # Chunks that end exactly with a step, with a turn, and rates that lie exactly on a rung.
    film = VideoTable("flat", 2.0, Ladder((Rung(900_000), Rung(1_800_000))), ((225_000, 450_000),) * 30)
    traces = [
        Trace([Step(1.0, 1e6)], name="on the rung's edge"),
        Trace([Step(1.8, 1e6), Step(2.0, 0.0), Step(1.8, 1e6)], name="ends with the step"),
        Trace([Step(2.0, 0.0), Step(0.9, 2e6), Step(3.0, 0.0)], name="one chunk a turn"),
        Trace([Step(0.1, 1e5), Step(0.2, 0.0)], name="180 turns a chunk"),
        Trace([Step(1.0, 2e6, 2.5), Step(1.0, 2e6, 0.0)], name="late first bytes"),
    ]
    assert_twins(name, traces, film)
    assert_twins(name, traces, film, SessionSettings(buffer_cap_s=2.0))


@pytest.mark.parametrize("name", ["throughput", "bola-e"])
def test_transfers_too_small_to_measure_are_the_same_hint(name: str) -> None:
    film = vbr(Ladder((Rung(8_000), Rung(30_000), Rung(400_000))), 30, 2.0, 2)
    assert_twins(name, [Trace([Step(9.0, rate, 0.2), Step(4.0, rate / 40)]) for rate in (20e3, 60e3, 9e5)], film)


def test_each_session_may_start_at_an_instant_of_its_own() -> None:
    starts_s = [0.0, 17.25, 299.5, 1e6 / 3]
    traces = [BUILTIN[0], BUILTIN[0], BUILTIN[2], BUILTIN[2]]
    batch = simulate_batch("bola-e", traces, SHORT, SessionSettings(), starts_s)
    for i, (trace, start_s) in enumerate(zip(traces, starts_s, strict=True)):
        alone = simulate(controller.create("bola-e"), trace, SHORT, SessionSettings(start_at_s=start_s))
        assert_same(batch, i, alone)


def test_more_sessions_than_a_block_holds_stay_in_their_order() -> None:
    film = vbr(PENSIEVE, 3, 4.0, 5)
    traces = [BUILTIN[i % 3] for i in range(BLOCK_SESSIONS + 5)]
    starts_s = np.arange(len(traces)) % 200
    batch = simulate_batch("bba-0", traces, film, SessionSettings(), starts_s)
    assert len(batch) == len(traces)
    for i in (0, 1, BLOCK_SESSIONS - 1, BLOCK_SESSIONS, BLOCK_SESSIONS + 4):
        alone = simulate(controller.create("bba-0"), traces[i], film, SessionSettings(start_at_s=float(starts_s[i])))
        assert_same(batch, i, alone)


@pytest.mark.parametrize("name", ["fixed:4", "bola-e"])
def test_metrics_and_scores_of_a_batch_are_those_of_its_sessions(name: str) -> None:
    batch = simulate_batch(name, BUILTIN, SHORT)
    alone = [simulate(controller.create(name), trace, SHORT) for trace in BUILTIN]
    assert batch_metrics(batch) == [session_metrics(it) for it in alone]
    assert sum(it.stall_count for it in batch_metrics(batch)) > 0 or name != "fixed:4"
    for qoe in set(score_names()) - {"ssim", "vmaf"}:
        assert batch_scores(batch, qoe) == [score(it, qoe) for it in alone]


def test_a_session_of_a_batch_scores_like_any_other_and_says_where_its_reasons_are() -> None:
    session = simulate_batch("bola-e", BUILTIN, SHORT).session(1)
    alone = simulate(controller.create("bola-e"), BUILTIN[1], SHORT)
    assert (session_metrics(session), score(session, "lin")) == (session_metrics(alone), score(alone, "lin"))
    assert {chunk.reason.text for chunk in session.chunks} == {
        "chosen in a batch, which keeps no reasons; simulated alone, the session tells them"
    }


def test_a_score_by_measured_quality_needs_a_film_that_has_one() -> None:
    with pytest.raises(ScoreError, match="measured ssim_db"):
        batch_scores(simulate_batch("fixed", BUILTIN, SHORT), "ssim")
    qualities = tuple(tuple(10.0 + rung + k / 40 for rung in range(6)) for k in range(40))
    film = replace(SHORT, qualities=qualities, quality_name="ssim_db")
    alone = [simulate(controller.create("bba-0"), trace, film) for trace in BUILTIN]
    assert batch_scores(simulate_batch("bba-0", BUILTIN, film), "ssim") == [
        score(it, "ssim", Film.of(film)) for it in alone
    ]


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (SessionSettings(abandonment=True), "abandonment"),
        (SessionSettings(replacement=True), "replacement"),
        (SessionSettings(seeks=(Seek(3.0, 20.0),)), "seeks"),
    ],
)
def test_what_a_batch_cannot_play_is_refused_with_the_way_out(asked: SessionSettings, what: str) -> None:
    with pytest.raises(ValueError, match=f"without {what}; .*abr.simulate.simulate"):
        simulate_batch("fixed", BUILTIN, SHORT, asked)


@pytest.mark.parametrize("name", ["nobody", "fixed:high", "bba-0:3", "fixed:-1"])
def test_a_name_without_a_batched_rule_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.partition(":")[2] or "one session at a time"):
        simulate_batch(name, BUILTIN, SHORT)


def test_every_batched_rule_is_a_controller_by_the_same_name() -> None:
    assert set(BATCHED) <= set(controller.names())
    assert all(is_batched(name) for name in NAMES)
    assert not is_batched("nobody")
    assert not is_batched("bba-0:3")


def test_a_batch_without_traces_or_with_bad_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one trace"):
        simulate_batch("fixed", [], SHORT)
    with pytest.raises(ValueError, match="a start for each of 3 sessions"):
        simulate_batch("fixed", BUILTIN, SHORT, None, [0.0])
    for start_s in (-1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="starts at 0 s"):
            simulate_batch("fixed", BUILTIN, SHORT, None, [0.0, start_s, 0.0])
    with pytest.raises(ValueError, match="holds no chunk"):
        simulate_batch("fixed", BUILTIN, SHORT, SessionSettings(buffer_cap_s=1.0))


def test_the_map_of_bba_0_has_the_same_ties() -> None:
    # Rates at which the map's line passes through every rung at a whole second of buffer.
    ladder = Ladder(tuple(Rung(1_000_000 * rate) for rate in (1, 2, 4, 6, 8, 11)))
    levels_s = np.arange(0.0, 20.0, 0.25)
    rule = Bba0s(BatchFilm(ladder, 2.0, 30.0), len(levels_s))
    playing = np.ones(len(levels_s), np.bool_)
    for previous in range(6):
        before = np.full(len(levels_s), previous)
        got = rule.decide(Seen(3, levels_s, levels_s, playing, (1,) * 6, before, None)).rungs
        alone = [
            Bba0().decide(Observation(0.0, 3, 2.0, ladder, level_s, 30.0, previous)).rung
            for level_s in levels_s.tolist()
        ]
        assert got.tolist() == alone


@pytest.mark.parametrize("ladder", [PENSIEVE, Ladder(tuple(map(Rung, (100, 101, 5000, 5001, 9000))))])
def test_curves_have_the_same_ties(ladder: Ladder) -> None:
    curve = Curve.of(ladder, 7.0, 1.4)
    levels_s = [level for it in curve.levels_s for level in (np.nextafter(it, 0.0), it, np.nextafter(it, 99.0))]
    many = Curves(curve)
    assert many.choose(np.array(levels_s)).tolist() == [curve.choose(it, ladder.top) for it in levels_s]
    assert many.choose_up(np.array(levels_s)).tolist() == [curve.choose_up(it) for it in levels_s]
    assert many.choose(np.array(levels_s)).tolist() != many.choose_up(np.array(levels_s)).tolist()


ROWS = st.lists(
    st.lists(st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(1e-9, 1e9)), min_size=1, max_size=60).map(sorted),
    min_size=1,
    max_size=5,
).filter(lambda rows: all(row[-1] > 0 for row in rows))


@settings(max_examples=200, deadline=None)
@given(ROWS, st.data())
def test_the_grid_finds_what_bisection_finds(rows: list[list[float]], data: st.DataObject) -> None:
    grid = Grid([np.array(row) for row in rows])
    row_of = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
    lookup = grid.lookup(np.array(row_of))
    wanted = [data.draw(st.one_of(st.sampled_from(rows[row]), st.floats(0.0, rows[row][-1]))) for row in row_of]
    starts = grid.starts[row_of]
    assert list(lookup.left(np.array(wanted)) - starts) == [
        bisect_left(rows[r], it) for r, it in zip(row_of, wanted, strict=True)
    ]
    assert list(lookup.right(np.array(wanted)) - starts) == [
        bisect_right(rows[r], it) for r, it in zip(row_of, wanted, strict=True)
    ]


@given(st.lists(st.floats(0.0, 200.0), min_size=1, max_size=50))
def test_a_halving_is_the_same_alone_and_in_arrays_and_close_to_the_power(times: list[float]) -> None:
    alone = [halved(it) for it in times]
    assert halved_array(np.array(times)).tolist() == alone
    assert alone == pytest.approx([0.5**it for it in times], rel=1e-15, abs=1e-19)
