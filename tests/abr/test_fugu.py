"""Stochastic MPC: value iteration by hand and against a plain recursion, the forecast's spread, and the rule."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from abr import controller
from abr.controllers import fugu
from abr.controllers.planning.spread import prior_ratios, spread
from abr.controllers.planning.stochastic import BINS, LEVELS_MOST, WEIGHT, Grid, StochasticPlanner
from abr.controllers.planning.worth import StallPrices, WorthMemory
from abr.model import Ladder, Observation, ReasonCode, Rung, ThroughputSample
from abr.simulate import simulate
from abr.trace import builtin
from abr.video import builtin_film

LADDER = Ladder(tuple(Rung(rate, height=h) for rate, h in ((1_000_000, 360), (2_000_000, 720), (4_000_000, 1080))))
GRID = Grid.of(2.0, 30.0)


def law(**chances: float) -> list[int]:
    """Counts by bin: `law(b2=0.5, b6=0.5)`."""
    row = [0] * BINS
    for name, chance in chances.items():
        row[int(name[1:])] = int(chance * WEIGHT)
    return row


def values(
    worths: list[list[int]], laws: list[list[list[int]]], stall: int, level: int, before: int | None
) -> list[float]:
    sizes = np.arange(1, len(worths[0]) + 1)[None, :].repeat(len(worths), axis=0)
    found = StochasticPlanner(GRID).values(np.array(worths), np.array(laws), sizes, stall, level, before)
    return [it / WEIGHT for it in found]


def test_the_grid_is_half_a_second_stretched_to_whole_chunks() -> None:
    assert Grid.of(2.0, 30.0) == Grid(0.5, 4, 60)
    assert Grid.of(1.2, 30.0) == Grid(0.6, 2, 50)
    assert Grid.of(10.0, 600.0) == Grid(1.25, 8, LEVELS_MOST)
    assert Grid.of(0.2, 5.0) == Grid(0.2, 1, 25)
    assert [GRID.level(it) for it in (0.0, 0.24, 0.25, 7.3, 99.0)] == [0, 0, 1, 15, 60]


def test_one_chunk_worked_out_by_hand() -> None:
    # From level 4: a transfer of 6 bins stands still for 2. Staying is worth 1000; the upper rung 3000 - 2000 less the
    # half chance of 2 bins at 1000 or at 100.
    worths, laws = [[1000, 3000]], [[law(b0=1.0), law(b2=0.5, b6=0.5)]]
    assert values(worths, laws, 1000, 4, 1000) == [1000, 0]
    assert values(worths, laws, 100, 4, 1000) == [1000, 900]
    assert values(worths, laws, 100, 4, None) == [1000, 2900]


def test_two_chunks_worked_out_by_hand() -> None:
    # Level 2, rungs of 1000 and 3000, 1000 a bin. The upper rung takes 2 or 6 bins, the lower none. First rung 1:
    # 1000 - 4 x 0.5 x 1000, then from level 4 either way: stay for 3000 - 0.5 x 2 x 1000 = 2000 (down is 1000 - 2000).
    # First rung 0: 1000, then from level 6: climb for 3000 - 2000 - 0, or stay for 1000; both are worth 1000.
    pair = [law(b0=1.0), law(b2=0.5, b6=0.5)]
    assert values([[1000, 3000]] * 2, [pair, pair], 1000, 2, 1000) == [2000, 1000]


def test_a_rung_that_hardly_ever_ends_within_the_bins_is_banned() -> None:
    worths = [[1000, 3000]]
    rare, common = law(b2=0.25, b20=0.75), law(b2=0.5, b20=0.5)
    assert values(worths, [[law(b0=1.0), rare]], 0, 4, 1000)[1] < -1e9
    assert values(worths, [[law(b0=1.0), common]], 0, 4, 1000)[1] == 1000


def test_when_all_are_banned_the_smallest_chunk_is_taken_as_one_of_the_last_bin() -> None:
    rare = law(b2=0.25, b20=0.75)
    found = values([[1000, 3000]], [[rare, rare]], 100, 4, 1000)
    assert found[0] == 1000 - 16 * 100
    assert found[1] < -1e9


def recursion(
    worths: list[list[int]], laws: list[list[list[int]]], stall: int, k: int, level: int, before: int
) -> list[int]:
    """The definition, once more, level by level and bin by bin: each rung's worth times `WEIGHT`."""
    found = []
    for rung, worth in enumerate(worths[k]):
        total = 0
        for taken, count in enumerate(laws[k][rung]):
            following = min(max(level - taken, 0) + GRID.chunk, GRID.cap)
            later = 0
            if count and k + 1 < len(worths):
                rest = recursion(worths, laws, stall, k + 1, following, worth)
                later = max(it // WEIGHT for it in rest)
            total += count * (later - stall * max(taken - level, 0))
        found.append((worth - abs(worth - before)) * WEIGHT + total)
    return found


def scattered(rng: Random) -> list[int]:
    """Three bins but the last, so that no rung is banned."""
    row, shares = [0] * BINS, [rng.randint(1, WEIGHT // 3) for _ in range(2)]
    for at, share in zip(rng.sample(range(BINS - 1), 3), (*shares, WEIGHT - sum(shares)), strict=True):
        row[at] = share
    return row


def test_value_iteration_is_the_definitions_recursion() -> None:
    rng = Random(5)
    for _ in range(25):
        chunks, rungs = rng.randint(1, 3), rng.randint(1, 3)
        worths = [sorted(rng.sample(range(10**7), rungs)) for _ in range(chunks)]
        laws = [[scattered(rng) for _ in range(rungs)] for _ in range(chunks)]
        level, before, stall = rng.randint(0, 60), rng.choice(worths[0]), rng.randint(0, 10**6)
        expected = recursion(worths, laws, stall, 0, level, before)
        assert values(worths, laws, stall, level, before) == [it / WEIGHT for it in expected]


def test_a_new_session_has_the_priors_spread_and_an_old_one_mostly_its_own() -> None:
    new = spread([], 8, 0.5, WEIGHT)
    assert new.ratios == prior_ratios(0.5)
    assert sum(new.shares) == WEIGHT
    assert new.chance_late(1.0, 1.0) == pytest.approx(0.5)  # the median is the forecast itself
    assert new.ratios[0] * new.ratios[-1] == pytest.approx(1.0)
    old = spread([2.0] * 12, 8, 0.5, WEIGHT)
    assert sum(old.shares) == WEIGHT
    # Twelve of twenty took twice the time; of the prior's eight, one takes more than 1.9 times.
    assert old.chance_late(1.0, 1.9) == pytest.approx(12 / 20 + 1 / 20, abs=0.003)


def test_times_fall_into_bins_to_the_nearest_and_the_last_has_no_end() -> None:
    likely = spread([0.5], 1, 0.0, WEIGHT)  # half the weight at 0.5, half at 1
    found = fugu.binned(np.array([[0.49, 3.0, 900.0]]), likely)
    assert found.shape == (1, 3, BINS)
    half = WEIGHT // 2
    assert found[0, 0, 0] == WEIGHT
    assert (found[0, 1, 2], found[0, 1, 3]) == (half, half)
    assert found[0, 2, BINS - 1] == WEIGHT


def seen(buffer_s: float, rates_bps: tuple[float, ...], **fields: Any) -> Observation:
    samples = tuple(ThroughputSample(round(rate / 8), float(i), float(i), i + 1.0) for i, rate in enumerate(rates_bps))
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


def test_with_the_same_mean_an_uncertain_link_gets_a_lower_rung() -> None:
    steady = (3e6,) * 12
    # Harmonic mean of the last five: 3 Mbit/s as well.
    shaky = (1.5e6, 9e6) * 3 + (9e6, 1.5e6, 9e6, 1.5e6, 9e6)
    levels = [0.5 * it for it in range(4, 40)]
    rungs = [[controller.create("fugu").decide(seen(it, rates)).rung for it in levels] for rates in (steady, shaky)]
    estimates = [controller.create("fugu").decide(seen(9.0, rates)).estimate_bps for rates in (steady, shaky)]
    assert estimates == pytest.approx([3e6, 3e6], rel=1e-3)
    assert all(unsure <= sure for sure, unsure in zip(*rungs, strict=True))
    assert sum(rungs[1]) < sum(rungs[0])


def test_measured_quality_counts_where_the_film_has_it() -> None:
    # 1080p looks no better here and 720p a little worse than 360p: nothing is worth a step.
    flat = ((15.0, 14.0, 15.0),) * 5
    assert controller.create("fugu").decide(seen(25.0, (40e6,) * 5, qualities=flat, previous_rung=0)).rung == 0
    good = ((10.0, 14.0, 18.0),) * 5
    assert controller.create("fugu").decide(seen(25.0, (40e6,) * 5, qualities=good, previous_rung=0)).rung == 2


def test_the_chunk_before_is_worth_what_was_told_of_it() -> None:
    memory = WorthMemory(StallPrices())
    memory(seen(9.0, (3e6,), qualities=((10.0, 12.0, 14.0), (1.0, 2.0, 3.0)), chunk_index=4), 2)
    worth = memory(seen(9.0, (3e6,), qualities=((1.0, 2.0, 3.0),) * 2), 2)
    assert (worth.before, worth.stall) == (12_000_000, 20_000_000)
    vmaf = memory(seen(9.0, (3e6,), qualities=((40.0, 60.0, 90.0),) * 2, chunk_index=9), 2)
    assert (vmaf.before, vmaf.stall) == (60_000_000, 100_000_000)
    rates = memory(seen(9.0, (3e6,)), 2)
    assert (rates.rows[0], rates.before, rates.stall) == (LADDER.bitrates_bps, 2_000_000, 4_000_000)


def test_the_reason_tells_the_chance_of_coming_too_late() -> None:
    decision = controller.create("fugu").decide(seen(2.0, (2e6,)))
    assert decision.reason.code == ReasonCode.PLAN
    # 1 Mbit/s x 2 s... of 720p takes 2 s: half of the prior's transfers take longer than that.
    assert decision.reason.text == (
        "360p: 2.0 s buffered, 2.0 Mbit/s expected, 720p would come too late with a chance of 50 %"
    )


def test_settings_without_memory_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        fugu.Settings(memory=0)


def test_the_same_session_twice_is_the_same_session() -> None:
    film, trace = builtin_film(), builtin("evenflow-commute")
    one, two = (simulate(controller.create("fugu"), trace, film) for _ in range(2))
    assert one == two
