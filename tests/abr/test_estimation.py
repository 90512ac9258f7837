"""The accuracy report, on links where the answer is known."""

from __future__ import annotations

import pytest

from abr import controller
from abr.controllers.fixed import Fixed
from abr.estimators import NAMES
from abr.lab.estimation import HORIZON, TRANSFER, StepSettings, accuracy, step_responses
from abr.model import Ladder, Rung
from abr.simulate import SessionSettings
from abr.trace import Step, Trace, builtin
from abr.video import VideoTable, builtin_film

FILM = VideoTable("steady", 2.0, Ladder((Rung(1_000_000),)), ((250_000,),) * 12)


def test_on_a_steady_link_every_estimator_is_right_once_it_has_measured() -> None:
    report = accuracy(Fixed(), Trace([Step(30.0, 4e6, 0.1)]), FILM, ("ewma", "harmonic", "percentile", "media3"))
    for row in report.rows[:6]:
        assert (row.count, row.left_out, row.over) == (11, 1, 0)
        assert row.mape == pytest.approx(0.0, abs=1e-6)
    # media3 answers 1 Mbit/s until 2 s of transfer or 512 KiB: three chunks of 250 kB.
    assert report.points[2].estimates_bps[3] == 1e6
    assert report.points[3].estimates_bps[3] == pytest.approx(4e6)


def test_errors_and_counts_worked_out_by_hand() -> None:
    # Chunks take 1 s at 2 Mbit/s, then 0.5 s at 4 Mbit/s. "harmonic-1" says what the last transfer got.
    film = VideoTable("three", 2.0, Ladder((Rung(1_000_000),)), ((250_000,),) * 3)
    report = accuracy(
        Fixed(), Trace([Step(1.0, 2e6), Step(0.5, 4e6), Step(99.0, 2e6)]), film, ("harmonic-1",), horizon_s=2.0
    )
    transfer, horizon = report.rows
    assert [point.transfer_bps for point in report.points] == pytest.approx([2e6, 4e6, 2e6])
    assert [point.estimates_bps[0] for point in report.points] == pytest.approx([None, 2e6, 4e6])
    assert (transfer.truth, transfer.count, transfer.left_out) == (TRANSFER, 2, 1)
    assert (transfer.over, transfer.under) == (1, 1)
    assert transfer.mape == pytest.approx((0.5 + 1.0) / 2)
    assert transfer.bias == pytest.approx((-0.5 + 1.0) / 2)
    # From 1.0 s on: 0.5 s of 4 and 1.5 s of 2 Mbit/s are 2.5 Mbit/s.
    assert horizon.truth == HORIZON
    assert report.points[1].horizon_bps == pytest.approx(2.5e6)


def test_a_stretch_without_any_bit_is_left_out_and_counted() -> None:
    film = VideoTable("two", 2.0, Ladder((Rung(1_000_000),)), ((250_000,),) * 2)
    trace = Trace([Step(1.0, 2e6), Step(20.0, 0.0), Step(5.0, 2e6)])
    transfer, horizon = accuracy(Fixed(), trace, film, ("harmonic",)).rows
    assert (transfer.count, horizon.count) == (1, 0)
    assert horizon.mape is None


def test_listening_changes_nothing_in_the_session() -> None:
    settings = SessionSettings(abandonment=True)
    report = accuracy(controller.create("bola-e"), builtin("evenflow-train-tunnel"), builtin_film(), NAMES, settings)
    assert len(report.points) == 150
    assert len(report.rows) == 2 * len(NAMES)
    assert all(row.count + row.left_out == 150 for row in report.rows)


def test_a_step_up_takes_the_slower_mean_longer() -> None:
    quick, slow = step_responses(("ewma-1-2", "ewma-6-18"), StepSettings(2e6, 6e6))
    assert quick.reaction_s is not None
    assert slow.reaction_s is None or slow.reaction_s > quick.reaction_s
    assert quick.overshoot == pytest.approx(0.0, abs=1e-9)


def test_a_step_down_is_seen_with_the_first_transfer_after_it_by_the_last_rate_alone() -> None:
    (response,) = step_responses(("harmonic-1",), StepSettings(6e6, 2e6, hold_s=61.3))
    assert response.reaction_chunks is not None
    assert response.reaction_chunks <= 2
    assert response.reaction_s is not None
    assert 0.0 < response.reaction_s < 4.0


@pytest.mark.parametrize("rates", [(1e6, 1e6), (0.0, 1e6)])
def test_a_step_that_is_none_is_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a step goes from one rate"):
        StepSettings(*rates)
