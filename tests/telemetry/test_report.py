"""The session report: what it counts, and that it says nothing where nothing was played."""

from __future__ import annotations

import json

import pytest

from abr.model import Decision, Ladder, Reason, ReasonCode, Rung, ThroughputSample
from player.telemetry.record import ChunkRecord, EdgeSwitch, ProblemRecord, Stall
from player.telemetry.report import MOST_CHUNKS, MOST_PROBLEMS, SCHEMA, SessionLog, report

LADDER = Ladder((Rung(1_000_000), Rung(2_000_000), Rung(4_000_000)))


def chunk(index: int, rung: int, edge: str = "edge-a") -> ChunkRecord:
    decision = Decision(rung, Reason(ReasonCode.THROUGHPUT, "it fits"), 5e6)
    sample = ThroughputSample(1000, index * 1.0, index + 0.1, index + 0.5)
    return ChunkRecord(index, rung, LADDER[rung].bitrate_bps, 1000, 2.0, edge, 4.0, decision, sample)


def log(*chunks: ChunkRecord) -> SessionLog:
    return SessionLog("a film", "bola-e", "headless", ladder=LADDER, chunks=list(chunks))


def test_the_scores_are_those_worked_by_hand() -> None:
    made = log(chunk(0, 0), chunk(1, 2), chunk(2, 1))
    made.stalls = (Stall(3.0, 2.0, 0.5),)
    # Qualities 1 + 4 + 2; changes 3 + 2; half a second of standstill at the top rung's 4.
    assert report(made, "1")["qoe"]["lin"] == pytest.approx((7 - 5 - 2) / 3)


def test_chunks_fetched_out_of_order_after_a_seek_count_in_the_order_of_the_title() -> None:
    assert report(log(chunk(2, 1), chunk(0, 0), chunk(1, 0)), "1")["switches"] == 1


def test_the_mean_bit_rate_is_over_media_time() -> None:
    assert report(log(chunk(0, 0), chunk(1, 2)), "1")["mean_bitrate_bps"] == 2_500_000


def test_the_stall_ratio_is_of_the_time_watched() -> None:
    made = log(chunk(0, 0))
    made.played_s, made.stalls = 9.0, (Stall(1.0, 1.0, 1.0),)
    assert report(made, "1")["stall_ratio"] == pytest.approx(0.1)


def test_a_session_that_played_nothing_has_a_report_too() -> None:
    document = report(SessionLog("a film", "bola-e", "headless"), "1")
    assert document["schema"] == SCHEMA
    assert document["mean_bitrate_bps"] is None
    assert set(document["qoe"]) >= {"lin", "log", "soda"}
    assert set(document["qoe"].values()) == {None}


def test_every_chunk_names_rung_edge_and_reason_and_the_whole_is_json() -> None:
    made = log(chunk(0, 0), chunk(1, 1, "edge-b"))
    made.edge_switches.append(EdgeSwitch(1.0, 1, "edge-a", "edge-b", "the connection was refused"))
    document = json.loads(json.dumps(report(made, "1")))
    assert [(c["rung"], c["edge"], c["decision"]["reason"]) for c in document["chunks"]] == [
        (0, "edge-a", "it fits"),
        (1, "edge-b", "it fits"),
    ]
    assert document["edge_switches"][0]["new"] == "edge-b"


def test_a_session_that_never_ends_keeps_the_newest_and_counts_the_rest() -> None:
    made, extra = log(), 5_000
    for index in range(MOST_CHUNKS + extra):
        made.add_chunk(chunk(index, 0))
    for _ in range(MOST_PROBLEMS + 1):
        made.add_problem(ProblemRecord(0.0, "edge-down", "no connection"))
    assert len(made.chunks) <= MOST_CHUNKS
    assert len(made.problems) <= MOST_PROBLEMS
    assert made.chunks_forgotten + len(made.chunks) == MOST_CHUNKS + extra
    last = MOST_CHUNKS + extra - 1
    assert [it.index for it in made.chunks_since(last - 1)] == [last - 1, last]
    document = report(made, "1")
    assert document["chunks_forgotten"] == made.chunks_forgotten > 0
    assert document["problems_forgotten"] > 0
    assert "chunks_forgotten" not in report(log(chunk(0, 0)), "1")
