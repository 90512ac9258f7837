"""`evenflow bench` and `evenflow trace`, as a person calls them."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import pytest

from abr.lab import Suite, run_suite
from abr.trace import builtin, builtin_names, read_trace
from abr.video import builtin_film
from player.cli import bench, trace
from player.cli.errors import ContentError, UsageError


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers(required=True)
    bench.add_parser(subparsers)
    trace.add_parser(subparsers)
    args = parser.parse_args(words)
    code: int = args.run(args)
    return code


def test_two_runs_are_the_same_byte_for_byte_outside_timing(tmp_path: Path) -> None:
    documents, chunks = [], []
    for name in ("one", "two"):
        assert call("bench", "--out", str(tmp_path / name), "--seed", "3", "--jobs", "1") == 0
        document = json.loads((tmp_path / name / "summary.json").read_text())
        assert document.pop("timing")["simulate_s"] > 0
        documents.append(json.dumps(document))
        chunks.append((tmp_path / name / "chunks.csv").read_bytes())
    assert documents[0] == documents[1]
    assert chunks[0] == chunks[1]


def test_several_processes_give_what_one_gives() -> None:
    suite = Suite(tuple(builtin(name) for name in builtin_names()), ("bola-e", "fixed:2"), builtin_film())
    assert run_suite(suite, jobs=2) == run_suite(suite, jobs=1)


def test_the_summary_says_how_to_repeat_it_and_every_chunk_has_a_reason(tmp_path: Path) -> None:
    call("bench", "--controllers", "bba-0,fixed:1", "--traces", "builtin:evenflow-home", "--out", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["schema"] == 1
    assert summary["arguments"]["controllers"] == ["bba-0", "fixed:1"]
    assert len(summary["traces"][0]["sha256"]) == 64
    home = summary["controllers"]["bba-0"]["builtin"]
    assert home["score"]["low"] <= home["score"]["mean"] <= home["score"]["high"]
    with (tmp_path / "chunks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 150
    assert all(row["reason"] and row["reason_text"] for row in rows)


def test_the_table_names_every_controller(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("bench", "--traces", "builtin:evenflow-commute") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("bba-0", "bola-e", "dynamic", "fixed", "throughput"))


def test_json_is_all_there_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("bench", "--traces", "builtin:evenflow-home", "--controllers", "bola-e", "--json") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--controllers", "none"], UsageError, "there are: bba"),
        (["--controllers", ","], UsageError, "names none"),
        (["--buffer-s", "1"], UsageError, "holds no chunk"),
        (["--buffer-s", "nan"], UsageError, "buffer"),
        (["--jobs", "0"], UsageError, "at least one"),
        (["--traces", "/no/such/file"], ContentError, "No such file"),
        (["--traces", "builtin:none"], ContentError, "evenflow-home"),
        (["--video", "/no/such/file"], ContentError, "No such file"),
    ],
)
def test_wrong_words_are_answered_with_what_to_do(words: list[str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call("bench", *words)


def test_a_trace_is_generated_converted_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, turned = tmp_path / "made.json", tmp_path / "turned.txt"
    assert call("trace", "generate", "markov", "--rates", "1,2,4", "--seed", "5", "--out", str(made)) == 0
    assert call("trace", "convert", str(made), "--to", "cooked", "--out", str(turned)) == 0
    assert read_trace(turned).mean_bps == pytest.approx(read_trace(made).mean_bps, rel=1e-5)
    assert call("trace", "info", str(made), str(turned)) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[2].split()[:3] == ["made.json", "300.0", "s"]
    assert "cooked, Mbit/s" in out


@pytest.mark.parametrize("shape", ["step", "ramp", "sawtooth", "markov", "outage"])
def test_every_shape_can_be_made(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", "generate", shape, "--duration-s", "60") == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("words", [["--rates", "x,2"], ["--rates", "1"], ["--rates", "0,0"], ["--duration-s", "nan"]])
def test_a_trace_that_cannot_be_made_is_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        call("trace", "generate", "step", *words)
