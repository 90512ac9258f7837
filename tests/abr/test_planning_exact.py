"""The exact planner against enumeration, and by hand."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abr.controllers.planning import Planner
from abr.model import Ladder, Rung
from abr.video import vbr
from abr.video.generate import FILM_LADDER

Case = tuple[list[int], int, list[list[int]], int, int, int, int | None]
"""Rates in kbit/s, a stall second's price, times, buffer, chunk and ceiling in microseconds, the rung before."""


@lru_cache(32)
def every_plan(rungs: int, chunks: int) -> Any:
    return np.array(list(product(range(rungs), repeat=chunks)))


def enumerated(case: Case, *, last: bool = False) -> int:
    """The first rung of the best of all plans, the lowest on a tie (or the highest): plans come in ascending order."""
    rates, stall, times, buffer, chunk, ceiling, previous = case
    plans = every_plan(len(times[0]), len(times))
    worth = np.array(rates, dtype=np.int64) * 1_000_000
    value = np.zeros(len(plans), dtype=np.int64)
    level = np.full(len(plans), buffer, dtype=np.int64)
    for k, row in enumerate(times):
        own = worth[plans[:, k]]
        before = worth[plans[:, k - 1]] if k else own if previous is None else worth[previous]
        taken = np.array(row, dtype=np.int64)[plans[:, k]]
        value += own - np.abs(own - before) - stall * np.maximum(taken - level, 0)
        level = np.minimum(np.maximum(level - taken, 0) + chunk, ceiling)
    best = np.flatnonzero(value == value.max())
    return int(plans[best[-1 if last else 0], 0])


def planned(case: Case) -> int:
    rates, stall, times, buffer, chunk, ceiling, previous = case
    return Planner(rates, stall, len(times[0]) - 1).first_rung(times, buffer, chunk, ceiling, previous)


def cases(rate_step: int, time_step: int, span: int) -> st.SearchStrategy[Case]:
    """Anything on a grid; a coarse one makes plans of equal worth common. Times need not rise with the rung."""

    @st.composite
    def draw_case(draw: st.DrawFn) -> Case:
        rates = sorted(draw(st.lists(st.integers(0, span), min_size=1, max_size=5)))
        allowed = draw(st.integers(1, len(rates)))
        time = st.integers(0, span).map(lambda it: it * time_step)
        times = draw(st.lists(st.lists(time, min_size=allowed, max_size=allowed), min_size=1, max_size=5))
        stall = draw(st.sampled_from([0, rates[-1] * rate_step, rate_step, draw(st.integers(0, 20_000))]))
        previous = draw(st.one_of(st.none(), st.integers(0, len(rates) - 1)))
        return [it * rate_step for it in rates], stall, times, draw(time), draw(time), draw(time), previous

    return draw_case()


@settings(max_examples=400)
@given(st.one_of(cases(1000, 250_000, 12), cases(500, 1_000_000, 4), cases(1, 1, 5_000_000)))
def test_the_search_chooses_what_enumeration_chooses(case: Case) -> None:
    assert planned(case) == enumerated(case)


def film_case(rng: Random, ladder: Ladder, sizes: tuple[tuple[int, ...], ...], chunk_s: float) -> Case:
    """What a session looks like: coming sizes of a film, a rate around the ladder's, a buffer up to 30 s."""
    at, top = rng.randrange(len(sizes) - 5), ladder.top
    rate_bps = ladder.bitrates_bps[0] * 0.5 * (3.0 * ladder.bitrates_bps[-1] / ladder.bitrates_bps[0]) ** rng.random()
    times = [[round(8e6 * size / rate_bps) for size in row] for row in sizes[at : at + 5]]
    rates = [rate // 1000 for rate in ladder.bitrates_bps]
    buffer, chunk = round(rng.random() ** 2 * 28e6), round(chunk_s * 1e6)
    return rates, rates[-1], times, buffer, chunk, 30_000_000 - chunk, rng.randint(0, top)


@pytest.mark.parametrize(("chunk_s", "seed"), [(2.0, 1), (4.0, 2)])
def test_thousands_of_sessions_decisions_are_those_of_all_7776_plans(chunk_s: float, seed: int) -> None:
    rng, film = Random(seed), vbr(FILM_LADDER, 200, chunk_s, seed)
    for _ in range(1500):
        case = film_case(rng, FILM_LADDER, film.sizes_bytes, chunk_s)
        assert planned(case) == enumerated(case), case


def test_decisions_on_a_coarse_grid_are_those_of_all_7776_plans_ties_included() -> None:
    rng, ties = Random(3), 0
    for _ in range(600):
        rates = [1000 * it for it in sorted(rng.sample(range(1, 9), 6))]
        slow = rng.choice([125, 250, 500])
        times = [[slow * rate // rng.choice([1, 1, 2]) for rate in rates] for _ in range(5)]
        buffer, ceiling = rng.randrange(0, 20) * 500_000, rng.choice([4_000_000, 10_000_000])
        case = (rates, rates[-1], times, buffer, 2_000_000, ceiling, rng.randint(0, 5))
        assert planned(case) == enumerated(case), case
        ties += enumerated(case) != enumerated(case, last=True)
    assert ties > 20  # the lowest first rung was not the only best one


def test_a_ladder_of_ten_rungs_is_searched_exactly() -> None:
    ladder = Ladder(tuple(Rung(1000 * rate) for rate in (230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000)))
    rng, film = Random(4), vbr(ladder, 100, 3.0, 4)
    for _ in range(40):
        case = film_case(rng, ladder, film.sizes_bytes, 3.0)
        assert planned(case) == enumerated(case), case


RATES = [1000, 2000, 4000]
SLOW = [2_000_000, 4_000_000, 8_000_000]
"""Transfers of chunks of 2 s over 1 Mbit/s."""


@pytest.mark.parametrize(
    ("buffer_us", "rung"),
    [
        # (0, 0) is worth 2000 at any of these. (1, 1) is worth 2000 + 2000 - 1000 = 3000 less its stalls at 4000 a
        # second; the second transfer finds B - 4 s + 2 s buffered and takes 4 s, so it stalls for 6 s - B.
        (4_000_000, 0),  # 3000 - 8000
        (5_750_000, 0),  # 3000 - 1000: a tie, and the lower rung
        (5_750_001, 1),  # a microsecond more decides
        (6_000_000, 1),  # 3000
    ],
)
def test_two_chunks_worked_out_by_hand(buffer_us: int, rung: int) -> None:
    assert Planner(RATES, 4000).first_rung([SLOW, SLOW], buffer_us, 2_000_000, 28_000_000, 0) == rung


@pytest.mark.parametrize(
    ("buffer_us", "rung"),
    [
        # The last chunk, the top rung before, transfers of 0.5, 1 and 2 s. Staying is worth 4000 - 4000 (2 - B); the
        # middle rung 2000 - 2000, less 4000 (1 - B) below 1 s; the lowest 1000 - 3000.
        (1_500_000, 2),  # 2000 against 0
        (1_000_000, 1),  # 0 against 0
        (900_000, 1),  # -400 against -400
        (400_000, 0),  # -2400 against -2400 and -2000 - 400
    ],
)
def test_the_last_chunk_worked_out_by_hand(buffer_us: int, rung: int) -> None:
    row = [500_000, 1_000_000, 2_000_000]
    assert Planner(RATES, 4000).first_rung([row], buffer_us, 2_000_000, 28_000_000, 2) == rung


def test_the_last_chunk_never_climbs_for_a_climb_pays_only_from_the_second_chunk_on() -> None:
    quick = [1, 1, 1]
    assert Planner(RATES, 4000).first_rung([quick], 10**7, 2_000_000, 28_000_000, 1) == 1
    assert Planner(RATES, 4000).first_rung([quick, quick], 10**7, 2_000_000, 28_000_000, 1) == 2


def test_a_full_buffer_waits_for_room_and_the_plan_knows_it() -> None:
    # Instant first, then 5 s at the middle rung: 3.9 s + 2 s would do, but only 4 s may be there when it is asked for.
    times = [[100_000, 100_000], [100_000, 5_000_000]]
    planner = Planner([1000, 2000], 4000)
    assert planner.first_rung(times, 4_000_000, 2_000_000, 28_000_000, 0) == 1  # 2000 + 2000 - 1000 against 2000
    assert planner.first_rung(times, 4_000_000, 2_000_000, 4_000_000, 0) == 0  # 4000 less


def test_rungs_of_one_rate_are_alike_and_the_lower_is_taken() -> None:
    quick = [1, 1, 1]
    assert Planner([1000, 4000, 4000], 4000).first_rung([quick] * 3, 10**7, 2_000_000, 28_000_000, 0) == 1


def test_standstill_cannot_be_rewarded() -> None:
    with pytest.raises(ValueError, match="0 kbit/s or more"):
        Planner(RATES, -1)
