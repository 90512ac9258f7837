"""`evenflow bench` and `evenflow trace`, as a person calls them."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import pytest

from abr.trace import Step, Trace, read_trace
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
    contents = []
    for name, jobs in (("one", "1"), ("two", "2")):
        folder = tmp_path / name
        assert call("bench", "--out", str(folder), "--seeds", "3,4", "--jobs", jobs, "--no-optimum") == 0
        document = json.loads((folder / "summary.json").read_text())
        assert document.pop("timing")["simulate_s"] > 0
        files = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
        kept = {file.name: file.read_bytes() for file in (folder / "sessions").iterdir()}
        contents.append((json.dumps(document), {**files, "summary.json": b""}, kept))
    assert contents[0] == contents[1]


def test_the_summary_says_how_to_repeat_it_and_every_chunk_has_a_reason(tmp_path: Path) -> None:
    words = ("--controllers", "bba-0,fixed:1", "--traces", "builtin:evenflow-home", "--no-optimum")
    call("bench", *words, "--out", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["arguments"]["controllers"] == ["bba-0", "fixed:1"]
    assert len(summary["traces"][0]["sha256"]) == 64
    best = summary["rows"][0]
    assert (best["controller"], best["family"], best["sessions"]) == ("bba-0", "builtin", 1)
    score = best["measures"]["score"]
    assert score["low"] <= score["mean"] <= score["high"]
    with (tmp_path / "chunks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 150
    assert all(row["reason"] and row["reason_text"] for row in rows)
    with (tmp_path / "sessions.csv").open() as file:
        assert next(float(row["score"]) for row in csv.DictReader(file)) == score["mean"]


def test_the_table_names_every_controller(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("bench", "--traces", "builtin:evenflow-commute", "--no-optimum") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("bba-0", "bola-e", "dynamic", "fixed", "throughput"))


def test_json_is_all_there_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--traces", "builtin:evenflow-home", "--controllers", "bola-e", "--no-optimum", "--json")
    assert call("bench", *words) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 2


def test_films_and_seeds_multiply_and_each_film_has_its_own_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    movie = tmp_path / "movie.json"
    sizes = [[100_000, 400_000]] * 5
    movie.write_text(json.dumps({"segment_duration_ms": 2000, "bitrates_kbps": [50, 200], "segment_sizes_bits": sizes}))
    films = ("--video", "builtin:film", "--video", str(movie), "--seeds", "1,2")
    assert call("bench", *films, "--controllers", "fixed", "--no-optimum", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [film["name"] for film in document["films"]] == ["builtin:film, seed 1", "builtin:film, seed 2", "movie"]
    assert document["rows"][0]["sessions"] == 3 * 3


def test_every_session_can_be_written_for_p1203(tmp_path: Path) -> None:
    words = ("--controllers", "dynamic,fixed", "--traces", "builtin:evenflow-home", "--no-optimum")
    assert call("bench", *words, "--p1203", str(tmp_path / "inputs")) == 0
    names = sorted(file.name for file in (tmp_path / "inputs").iterdir())
    assert [name.rpartition("__")[2] for name in names] == ["dynamic.json", "fixed.json"]
    document = json.loads((tmp_path / "inputs" / names[0]).read_text())
    assert len(document["I13"]["segments"]) == 150
    assert document.keys() == {"I11", "I13", "I23", "IGen"}


def test_on_a_terminal_brackets_go_to_a_second_line() -> None:
    from player.cli.bench_tables import _on_two_lines

    assert _on_two_lines("4.008 [2.081, 5.504]") == "4.008\n[2.081, 5.504]"
    assert _on_two_lines("+0.448 (p 0.500)") == "+0.448\n(p 0.500)"
    assert _on_two_lines("17.7") == "17.7"


def test_a_limit_takes_traces_of_a_family_evenly() -> None:
    from abr.lab.limit import evenly, limited

    assert evenly(range(100), 4) == [12, 37, 62, 87]
    assert evenly([1, 2], 5) == [1, 2]
    steps = [Step(1.0, 1e6)]
    loaded = [(Trace(steps, name=str(k), family="a" if k % 3 else "b"), "") for k in range(30)]
    assert [trace.family for trace, _ in limited(loaded, 2)].count("a") == 2
    assert [trace.family for trace, _ in limited(loaded, 2)].count("b") == 2


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--controllers", "none"], UsageError, "there are: bba"),
        (["--controllers", ","], UsageError, "names none"),
        (["--controllers", "mine.py"], UsageError, "no such file"),
        (["--reference", "bola-x"], UsageError, "is not among the controllers"),
        (["--qoe", "best"], UsageError, "there are: lin, log"),
        (["--qoe", "vmaf"], UsageError, "measured vmaf"),
        (["--seeds", "1,x"], UsageError, "whole numbers"),
        (["--limit", "0"], UsageError, "at least 1"),
        (["--fresh"], UsageError, "--out"),
        (["--buffer-s", "1"], UsageError, "holds no chunk"),
        (["--buffer-s", "nan"], UsageError, "buffer"),
        (["--jobs", "0"], UsageError, "at least 1"),
        (["--traces", "/no/such/file"], ContentError, "No such file"),
        (["--traces", "builtin:none"], ContentError, "evenflow-home"),
        (["--video", "/no/such/file"], ContentError, "No such file"),
    ],
)
def test_wrong_words_are_answered_with_what_to_do(words: list[str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call("bench", *words, "--no-optimum")


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
