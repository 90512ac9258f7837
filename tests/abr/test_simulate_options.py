"""Seeks, replacement, round trips and late starts in the fast simulator, by hand and by what has to add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abr import controller, replacement
from abr.controllers.fixed import Fixed
from abr.controllers.fixed import Settings as FixedSettings
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, Rung
from abr.qoe import session_metrics
from abr.simulate import Seek, SessionSettings, simulate
from abr.trace import Step, Trace, builtin, builtin_names
from abr.video import VideoTable, builtin_film

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000)))
FILM = VideoTable("flat", 2.0, LADDER, ((250_000, 500_000),) * 10)
QUICK = Trace([Step(10.0, 4e6)])
"""A low chunk in half a second, a high one in a whole."""


class Script:
    """Rungs by chunk, with a steady estimate of 4 Mbit/s."""

    name = "script"

    def __init__(self, rungs: list[int]) -> None:
        self._rungs = rungs

    def decide(self, observation: Observation) -> Decision:
        rung = self._rungs[min(observation.chunk_index, len(self._rungs) - 1)]
        return Decision(rung, Reason(ReasonCode.FIXED, "by script"), 4e6)


def test_a_round_trip_of_ones_own_takes_the_place_of_the_traces() -> None:
    slow = Trace([Step(10.0, 4e6, 0.4)])
    assert simulate(Fixed(), slow, FILM).startup_s == pytest.approx(0.9)
    assert simulate(Fixed(), slow, FILM, SessionSettings(round_trip_s=0.1)).startup_s == pytest.approx(0.6)


def test_a_seek_ahead_throws_the_buffer_away_and_its_wait_is_no_stall() -> None:
    # Chunks come every 0.5 s from 0.5 s on. At 1.75 s three are there and 1.25 s are played: chunks 1 and 2 wait, and
    # half of chunk 3 is on its way. From 1.75 s on chunk 6 is fetched (13 s lies in its middle): there at 2.25 s.
    result = simulate(Fixed(), QUICK, FILM, SessionSettings(seeks=(Seek(1.75, 13.0),)))
    assert [chunk.index for chunk in result.chunks] == [0, 6, 7, 8, 9]
    assert result.chunks[1].requested_at_s == pytest.approx(1.75)
    assert result.seek_s == pytest.approx(0.5)
    assert result.stalls == ()
    assert result.wasted_bytes == 2 * 250_000 + 125_000
    assert session_metrics(result).bytes_wasted == result.wasted_bytes
    # Half of chunk 6 and three whole chunks are played from 2.25 s on.
    assert result.ended_at_s == pytest.approx(2.25 + 1.0 + 6.0)


def test_a_seek_within_the_buffer_costs_nothing() -> None:
    result = simulate(Fixed(), QUICK, FILM, SessionSettings(seeks=(Seek(2.25, 4.5),)))
    assert [chunk.index for chunk in result.chunks] == list(range(10))
    assert (result.seek_s, result.wasted_bytes, result.stalls) == (0.0, 0, ())
    # At 2.25 s, 1.75 s of the film were played; the jump to 4.5 s saves 2.75 s.
    assert result.ended_at_s == pytest.approx(0.5 + 20.0 - 2.75)


def test_a_seek_back_plays_a_part_again() -> None:
    result = simulate(Fixed(), QUICK, FILM, SessionSettings(seeks=(Seek(12.0, 0.0),)))
    indices = [chunk.index for chunk in result.chunks]
    # 11.5 s were played: chunk 5 is on the screen, the four after it were thrown away.
    assert indices == [*range(6), *range(10)]
    assert result.wasted_bytes == 4 * 250_000
    assert result.ended_at_s == pytest.approx(12.5 + 20.0)


def test_a_seek_during_the_last_seconds_is_still_a_seek() -> None:
    result = simulate(Fixed(), QUICK, FILM, SessionSettings(seeks=(Seek(20.0, 2.0), Seek(21.0, 18.0))))
    assert [chunk.index for chunk in result.chunks][-1] == 9
    assert result.seek_s == pytest.approx(1.0)


def test_a_low_chunk_that_waits_is_fetched_again_when_times_are_better() -> None:
    # The first four chunks come low; from then on high ones are chosen: a low one that waits beside them is replaced.
    script = Script([0, 0, 0, 0, 1])
    settings = SessionSettings(buffer_cap_s=8.0, replacement=True)
    result = simulate(script, QUICK, FILM, settings)
    again = [chunk for chunk in result.chunks if chunk.replaced_rung is not None]
    assert [chunk.index for chunk in again] == [3]
    assert all((chunk.rung, chunk.replaced_rung, chunk.wasted_bytes) == (1, 0, 250_000) for chunk in again)
    assert result.wasted_bytes == 250_000
    assert result.stalls == ()
    plain = simulate(script, QUICK, FILM, SessionSettings(buffer_cap_s=8.0))
    assert session_metrics(result).mean_bitrate_bps > session_metrics(plain).mean_bitrate_bps


def observed(buffer_s: float, **fields: object) -> Observation:
    values: dict[str, object] = {"playing": True, **fields}
    return Observation(0.0, 5, 2.0, LADDER, buffer_s, 20.0, previous_rung=1, **values)  # type: ignore[arg-type]


def waiting(*rows: tuple[int, float]) -> tuple[replacement.Buffered, ...]:
    return tuple(
        replacement.Buffered(k, rung, plays_in_s, (250_000, 500_000)) for k, (rung, plays_in_s) in enumerate(rows)
    )


def test_the_earliest_low_chunk_that_can_still_come_in_time_is_replaced() -> None:
    # A high chunk takes 1 s at 4 Mbit/s, so it has to be 1 / 0.6 s away.
    chosen = replacement.choose(observed(16.0), 1, 4e6, waiting((0, 0.4), (1, 2.4), (0, 4.4), (0, 6.4)))
    assert chosen is not None
    assert chosen.index == 2


def test_a_chunk_that_would_be_the_only_good_one_is_left_alone() -> None:
    rows = waiting((0, 2.4), (0, 4.4), (0, 6.4), (1, 8.4))
    chosen = replacement.choose(observed(16.0), 1, 4e6, rows)
    assert chosen is not None
    assert chosen.index == 2, "beside another good one"
    rough = replacement.Settings(smooth=False)
    chosen = replacement.choose(observed(16.0), 1, 4e6, rows, rough)
    assert chosen is not None
    assert chosen.index == 0


@pytest.mark.parametrize(
    ("seen", "wanted", "estimate_bps"),
    [
        (observed(15.0), 1, 4e6),  # the buffer is not next to full
        (observed(16.0), 0, 4e6),  # nothing is lower than the lowest
        (observed(16.0), 1, 0.5e6),  # it would take 8 s
        (observed(16.0), 1, None),
        (observed(16.0, playing=False), 1, 4e6),
    ],
)
def test_nothing_is_replaced_without_need_or_time(seen: Observation, wanted: int, estimate_bps: float | None) -> None:
    assert replacement.choose(seen, wanted, estimate_bps, waiting((0, 4.4), (0, 6.4))) is None


@pytest.mark.parametrize("name", controller.names())
@given(
    trace=st.sampled_from(builtin_names()),
    seeks=st.lists(st.tuples(st.floats(0.1, 400.0), st.floats(0.0, 320.0)), max_size=4),
    replace=st.booleans(),
    abandon=st.booleans(),
)
def test_nothing_is_lost_whatever_the_viewer_does(
    name: str, trace: str, seeks: list[tuple[float, float]], replace: bool, abandon: bool
) -> None:
    film = VideoTable("short", 4.0, builtin_film().ladder, builtin_film().sizes_bytes[:20])
    jumps = tuple(Seek(at_s, to_s) for at_s, to_s in sorted(seeks))
    settings = SessionSettings(seeks=jumps, replacement=replace, abandonment=abandon)
    result = simulate(controller.create(name), builtin(trace), film, settings)
    fetched = session_metrics(result).bytes_fetched
    assert fetched == sum(chunk.size_bytes for chunk in result.chunks) + result.wasted_bytes
    for chunk in result.chunks:
        assert chunk.size_bytes == film.sizes_bytes[chunk.index][chunk.rung]
    # The link carried what was fetched, and no instant goes back; at the end the last chunk was played.
    carried = builtin(trace).bits_between(0.0, result.ended_at_s) / 8.0
    assert fetched <= carried + 1.0
    assert result.chunks[-1].index == len(film.sizes_bytes) - 1
    runs = [b.index - a.index for a, b in zip(result.chunks, result.chunks[1:], strict=False)]
    assert sum(step != 1 for step in runs) <= len(jumps)
    if not jumps:
        stall_s = sum(stall.duration_s for stall in result.stalls)
        assert result.ended_at_s == pytest.approx(result.startup_s + stall_s + film.duration_s)


def test_a_viewer_who_seeks_before_anything_plays_has_no_stall() -> None:
    slow = Trace([Step(10.0, 1e6)])
    result = simulate(Fixed(FixedSettings(1)), slow, FILM, SessionSettings(seeks=(Seek(1.0, 10.0),)))
    assert result.stalls[0].media_s >= 12.0
    assert result.startup_s == pytest.approx(5.0)
    assert result.wasted_bytes == 125_000


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"round_trip_s": -1.0}, "round trip"),
        ({"horizon_chunks": -1}, "chunks ahead"),
        ({"seeks": (Seek(5.0, 1.0), Seek(2.0, 1.0))}, "order"),
    ],
)
def test_settings_that_mean_nothing_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(Fixed(), QUICK, FILM, SessionSettings(**fields))  # type: ignore[arg-type]
