"""BOLA against its authors' own simulator, by hand, and as mathematics.

The golden lists are the rungs that Sabre (github.com/UMass-LIDS/sabre, commit 09b03bb0f4f9) chose on our own link and
film, one digit a chunk: `sabre.py -n LINK -m FILM -noa -b CAP` with `-a bola -ab`, `-a bolae`, `-a bolae -ao` and `-a
throughput -noibr`; for the paper's BOLA-BASIC, Sabre's `bola -ab` with its limit by throughput taken out. Link and
film were written with this project's Sabre writer and as Sabre's movie JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr.controller import Controller, create
from abr.controllers.bola_basic import BolaBasic
from abr.controllers.bola_basic import Settings as BasicSettings
from abr.controllers.bola_curve import Curve, envelope
from abr.controllers.bola_e import BolaE, curve_of
from abr.controllers.bola_e import Settings as ESettings
from abr.controllers.throughput import Throughput
from abr.model import Ladder, Observation, Progress, ReasonCode, Rung, ThroughputSample
from abr.simulate import SessionSettings, simulate
from abr.trace import Step, Trace
from abr.trace.synthetic import markov, outage
from abr.video import builtin_film, vbr
from abr.video.generate import FILM_LADDER

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))

GOLDEN: dict[tuple[str, int], str] = {
    (
        "bola-basic",
        25,
    ): "0000123555545555555555555555551244444444000012333343444344343455555555344534223334232455555555555555",
    (
        "bola-basic, careful",
        25,
    ): "0000123555545555555555555555551244444444000012333343444344343455555555344534223334232444555555555555",
    (
        "bola-e",
        25,
    ): "0555555555555555555555555555433444444440011222333434344344343455555555344443333334233455555555555555",
    (
        "bola-e, no plus one",
        25,
    ): "0555555555555555555555555555433333333333300111222222223333333333334444444444444322333333333344444444",
    (
        "throughput",
        25,
    ): "0555555555555555555555555554432223333333300111222222222223333333333344444333333322222322233333344444",
    (
        "bola-basic",
        12,
    ): "0025555555555555555555555141445251510233142504342502514355555555143515023344043555555555555555555555",
    (
        "bola-basic, careful",
        12,
    ): "0025555555555555555555555141344444444022333344424343443455555554344502332334414445555555555555555555",
    (
        "bola-e",
        12,
    ): "0555555555555555555555555323333444444000112223333334344344455554444433223233342234445455555555555555",
    (
        "bola-e, no plus one",
        12,
    ): "0555555555555555555555555323333333333000112222222333333333344444444443333322233333334444444444445555",
    (
        "throughput",
        12,
    ): "0555555555555555555555555332233333333000111222222223333333333444443343332222223222333334444444444444",
}

RULES: dict[str, Callable[[], Controller]] = {
    "bola-basic": BolaBasic,
    "bola-basic, careful": lambda: BolaBasic(BasicSettings(careful_up=True)),
    "bola-e": BolaE,
    "bola-e, no plus one": lambda: BolaE(ESettings(plus_one=False)),
    "throughput": Throughput,
}


@pytest.mark.parametrize(("rule", "cap_s"), GOLDEN)
def test_every_choice_is_the_one_that_sabre_makes(rule: str, cap_s: int) -> None:
    levels_bps = [3e5, 7e5, 1.5e6, 3e6, 7e6]
    link = outage(markov(levels_bps, 9.0, 240.0, Random(6), latency_s=0.08), 100.0, 14.0)
    film = vbr(FILM_LADDER, 100, 3.0, 7)
    result = simulate(RULES[rule](), link, film, SessionSettings(buffer_cap_s=float(cap_s)))
    assert "".join(str(chunk.rung) for chunk in result.chunks) == GOLDEN[rule, cap_s]


# Sabre's answers (BolaEnh.check_abandon, 25 s) for the demo films' ladder and chunks of 3 s.
ABANDONED = (
    # rung, received, total, latency, transfer, buffer, placeholder -> the rung instead
    (2, 171000, 328000, 0.14, 0.7, 0.3, 5.4, None),
    (3, 561000, 959000, 0.07, 3.3, 4.4, 0, 0),
    (1, 140000, 158000, 0.01, 3.9, 4.2, 0.2, None),
    (2, 130000, 330000, 0.22, 5.2, 14.1, 0, None),
    (5, 329000, 2183000, 0.07, 1.6, 4.5, 12.9, 2),
    (5, 0, 3168000, 0.09, 4.3, 5.0, 9.5, None),
    (2, 21000, 539000, 0.12, 1.4, 10.1, 0.2, 0),
    (3, 7000, 975000, 0.16, 2.4, 12.6, 0.9, 1),
    (3, 148000, 784000, 0.26, 4.7, 1.1, 11.7, 1),
    (3, 82000, 839000, 0.03, 1.7, 3.6, 12.6, 2),
    (4, 36000, 1203000, 0.16, 1.3, 7.6, 12.2, 3),
    (5, 49000, 3176000, 0.26, 0.3, 11.2, 9.5, 3),
    (5, 216000, 1738000, 0.14, 1.1, 15.6, 6.5, 4),
    (5, 130000, 2135000, 0.03, 2.4, 15.0, 6.1, 4),
)


@pytest.mark.parametrize(
    ("rung", "received", "total", "latency_s", "span_s", "buffer_s", "placeholder_s", "instead"), ABANDONED
)
def test_a_chunk_is_given_up_where_sabre_gives_it_up(
    rung: int,
    received: int,
    total: int,
    latency_s: float,
    span_s: float,
    buffer_s: float,
    placeholder_s: float,
    instead: int | None,
) -> None:
    rule = with_placeholder(placeholder_s)
    decision = rule.abandon(
        Progress(
            now_s=latency_s + span_s,
            rung=rung,
            received_bytes=received,
            total_bytes=total,
            requested_at_s=0.0,
            first_byte_at_s=latency_s,
            buffer_s=buffer_s,
            chunk_duration_s=3.0,
            ladder=FILM_LADDER,
            sizes_bytes=(),
        )
    )
    assert (None if decision is None else decision.rung) == instead
    if decision is not None:
        assert decision.reason.code == ReasonCode.ABANDONED
        least_s = curve_of(FILM_LADDER, 25.0, ESettings()).least_s
        careful_s = least_s[decision.rung] if decision.rung else 10.0
        assert rule.placeholder_s <= max(0.0, careful_s - buffer_s)


def with_placeholder(placeholder_s: float) -> BolaE:
    """A rule that has started on a link for the top rung, where its placeholder is `placeholder_s`."""
    least_s = curve_of(FILM_LADDER, 25.0, ESettings()).least_s[FILM_LADDER.top]
    rule = BolaE()
    sample = ThroughputSample(10_000_000, 0.0, 0.0, 1.0)
    rule.decide(Observation(1.0, 0, 3.0, FILM_LADDER, least_s - placeholder_s, 25.0, samples=(sample,)))
    assert rule.placeholder_s == pytest.approx(placeholder_s)
    return rule


def test_bola_chooses_by_its_formula() -> None:
    # Bmax 24 s, p 2 s: V = 22 / (ln 4 + 5) = 3.445 s. 1 over 0 from V (5 - ln 2) on,
    # 2 over 1 from V (5 + (4 ln 2 - 2 ln 4) / 2) on.
    v_s = 22.0 / (1.3862943611 + 5.0)
    levels_s = (v_s * (5 - 0.6931471806), v_s * 5.0)
    assert levels_s == pytest.approx((14.836, 17.224), abs=1e-3)
    rungs = [create("bola-basic:24").decide(seen(level, 2.0)).rung for level in (0, 14.8, 14.9, 17.2, 17.3, 22)]
    assert rungs == [0, 0, 1, 1, 2, 2]


def test_bola_e_has_its_levels_where_sabre_prints_them() -> None:
    # `sabre.py -a bolae -v` on the movie of ten rungs that comes with it prints these levels in ms.
    rates = (230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000)
    curve = curve_of(Ladder(tuple(Rung(rate * 1000) for rate in rates)), 25.0, ESettings())
    assert [int(1000 * level) for level in curve.worths_s] == [
        *(16132, 18364, 20605, 22851, 25089, 27325, 29564, 31803, 35047, 36132)
    ]
    assert [int(1000 * level) for level in curve.least_s[1:]] == [
        *(11048, 13284, 15527, 17770, 20007, 22244, 24483, 27150, 29441)
    ]


ladders = st.lists(st.integers(1, 10**5), min_size=1, max_size=9, unique=True).map(sorted)


@given(ladders, st.data())
def test_the_envelope_is_the_first_best_score_at_every_level_ties_included(
    rates: list[int], data: st.DataObject
) -> None:
    # Whole numbers and fractions: ties are exact, and half of the levels tried are crossings.
    worths = [Fraction(data.draw(st.integers(0, 60))) for _ in rates]
    crossings = [
        (rates[b] * worths[a] - rates[a] * worths[b]) / (rates[b] - rates[a])
        for a in range(len(rates))
        for b in range(a + 1, len(rates))
    ]
    drawn = [Fraction(data.draw(st.integers(-50, 500)), 7) for _ in range(5)]
    levels, rungs = envelope(worths, [Fraction(rate) for rate in rates])  # type: ignore[arg-type]
    for level in crossings + drawn:
        scores = [(worth - level) / rate for worth, rate in zip(worths, rates, strict=True)]
        looked_up = rungs[sum(edge < level for edge in levels)]
        assert looked_up == scores.index(max(scores))


@given(ladders, st.floats(5, 200), st.floats(0, 250), st.integers(0, 8))
def test_the_curve_scores_best_below_a_cap_too(rates: list[int], target_s: float, buffer_s: float, cap: int) -> None:
    ladder = Ladder(tuple(Rung(rate * 1000) for rate in rates))
    curve = Curve.of(ladder, target_s / 5.0, 3.0)
    allowed = min(cap, ladder.top)
    scores = [(worth - buffer_s) / rate for worth, rate in zip(curve.worths_s, ladder.bitrates_bps, strict=True)]
    chosen = curve.choose(buffer_s, allowed)
    assert chosen <= allowed
    assert scores[chosen] == pytest.approx(max(scores[: allowed + 1]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "make", [lambda lad, cap: Curve.of(lad, cap / 6, 5.0), lambda lad, cap: curve_of(lad, cap, ESettings())]
)
@given(rates=ladders, cap_s=st.floats(5, 200))
def test_bola_is_monotone_in_the_buffer(make: Callable[..., Curve], rates: list[int], cap_s: float) -> None:
    ladder = Ladder(tuple(Rung(rate * 1000) for rate in rates))
    curve = make(ladder, cap_s)
    chosen = [curve.choose(cap_s * i / 40, ladder.top) for i in range(61)]
    assert chosen == sorted(chosen)
    assert curve.choose(10 * cap_s + 100, ladder.top) == ladder.top


def seen(buffer_s: float, chunk_s: float = 2.0, **fields: object) -> Observation:
    values: dict[str, object] = {"now_s": 100.0, "chunk_index": 9, "previous_rung": 1, "buffer_cap_s": 30.0, **fields}
    return Observation(chunk_duration_s=chunk_s, ladder=LADDER, buffer_s=buffer_s, **values)  # type: ignore[arg-type]


def test_bola_basic_waits_only_where_it_is_asked_to() -> None:
    # Bmax 20 s and chunks of 2 s: above 18 s every rung scores below zero.
    assert BolaBasic(BasicSettings(20.0)).decide(seen(21.0)).wait_s == 0.0
    assert BolaBasic(BasicSettings(20.0, pause=True)).decide(seen(21.0)).wait_s == pytest.approx(3.0)
    assert BolaBasic(BasicSettings(20.0, pause=True)).decide(seen(17.0)).wait_s == 0.0


@pytest.mark.parametrize("argument", ["0", "-3", "nan", "long"])
def test_bola_basic_refuses_a_buffer_that_is_none(argument: str) -> None:
    with pytest.raises(ValueError, match="bola-basic"):
        create(f"bola-basic:{argument}")


def sample(rate_bps: float, finished_at_s: float) -> ThroughputSample:
    return ThroughputSample(int(rate_bps / 8), finished_at_s - 1.0, finished_at_s - 1.0, finished_at_s)


def test_bola_e_starts_at_the_rung_that_the_rate_carries() -> None:
    rule = BolaE()
    decision = rule.decide(seen(2.0, samples=(sample(2.5e6, 100.0),)))
    assert (decision.rung, decision.reason.code) == (1, ReasonCode.STARTUP)
    # D = 30 s, V = 20 / ln 4, and rung 1 beats rung 0 from 10 + V (1 - ln 2) on.
    assert rule.placeholder_s == pytest.approx(10.0 + 20.0 / 1.3862943611 * (1 - 0.6931471806) - 2.0)


def test_bola_e_goes_up_one_rung_beyond_the_rate_and_no_further() -> None:
    rule, first = BolaE(), sample(1.1e6, 100.0)
    rule.decide(seen(2.0, samples=(first,)))
    second = sample(1.1e6, 102.0)
    decision = rule.decide(seen(29.0, now_s=102.0, chunk_index=10, previous_rung=0, samples=(first, second)))
    assert decision.rung == 1
    assert "would bear 4.0 Mbit/s" in decision.reason.text


def test_bola_e_refuses_what_would_not_arrive_in_time() -> None:
    # 0.9 x 0.9 s x 4.5 Mbit/s = 3.6 Mbit: a chunk of 2 s at 1 Mbit/s fits, one at 2 Mbit/s does not.
    rule, first, second = BolaE(), sample(4.5e6, 100.0), sample(4.5e6, 102.0)
    rule.decide(seen(2.0, samples=(first,)))
    decision = rule.decide(seen(0.9, now_s=102.0, chunk_index=10, previous_rung=2, samples=(first, second)))
    assert (decision.rung, decision.reason.code) == (0, ReasonCode.INSUFFICIENT_BUFFER)


def test_waiting_for_room_counts_as_buffer() -> None:
    rule, first = BolaE(), sample(2.5e6, 100.0)
    rule.decide(seen(8.0, samples=(first,)))
    before_s = rule.placeholder_s
    rule.decide(seen(5.0, now_s=103.0, chunk_index=9, samples=(first,)))
    assert rule.placeholder_s == pytest.approx(before_s + 3.0)


@pytest.mark.parametrize("cap_s", [4.0, 6.0, 10.0, 30.0])
def test_the_top_rung_is_within_reach_however_small_the_buffer(cap_s: float) -> None:
    settings = SessionSettings(buffer_cap_s=cap_s)
    for name in ("bola-basic", "bola-e", "dynamic", "bba-0", "bba-2"):
        result = simulate(create(name), Trace([Step(10.0, 80e6, 0.02)]), builtin_film(2), settings)
        assert result.chunks[-1].rung == FILM_LADDER.top, name


def test_a_seek_starts_bola_e_anew() -> None:
    rule, first = BolaE(), sample(4.5e6, 100.0)
    rule.decide(seen(2.0, samples=(first,)))
    second = sample(2.5e6, 104.0)
    decision = rule.decide(seen(0.0, now_s=104.0, chunk_index=60, samples=(first, second), playing=False))
    assert decision.reason.code == ReasonCode.STARTUP
