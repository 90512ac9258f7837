"""`evenflow trace`: what a person sees of traces, what is written, learnt and recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from abr.trace import builtin, read_trace
from player.cli.main import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A family of two cooked traces."""
    family = tmp_path / "family"
    family.mkdir()
    (family / "b").write_text("0 1\n1 2\n2 0\n")
    (family / "a").write_text("0 4\n1 4\n2 4\n")
    return family


def test_info_is_a_table_with_a_line_for_the_family_and_the_unit_that_was_assumed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "info", str(folder)]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[1].split()[:4] == ["trace", "length", "mean", "p5"]
    assert lines[2].split()[:4] == ["a", "2.0", "s", "4.00"]
    assert lines[3].split()[:4] == ["b", "2.0", "s", "1.00"]
    assert lines[4].startswith("family (2 traces)")
    assert "50.0%" in lines[3]
    assert "Mbit/s assumed: the text does not say" in said


def test_info_as_json_holds_every_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "info", "--json", "--round-trip-s", "0.08", str(folder)]) == 0
    (a, b) = json.loads(capsys.readouterr().out)
    assert (a["mean_bps"], a["cov"], a["zero_share"]) == (4e6, 0.0, 0.0)
    assert (b["mean_bps"], b["cov"], b["zero_share"], b["period_s"]) == (1e6, 1.0, 0.5, 1.0)
    assert b["latency_s"] == pytest.approx(0.08)
    assert len(b["sha256"]) == 64


@pytest.mark.parametrize("form", ["sabre", "csv", "cooked", "mahimahi"])
def test_a_converted_trace_is_read_back(form: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["trace", "convert", "builtin:evenflow-home", "--to", form, "--out", str(out)]) == 0
    assert read_trace(out).mean_bps == pytest.approx(builtin("evenflow-home").mean_bps, rel=1e-3)


def test_a_model_is_fitted_and_drawn_from_by_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "model.json")
    assert run(["trace", "fit", "builtin:evenflow-home", "builtin:evenflow-commute", "--out", model]) == 0
    assert "2 traces, 600 s" in capsys.readouterr().err
    drawn = []
    for number, seed in enumerate(["7", "7", "8"]):
        out = tmp_path / str(number)
        assert run(["trace", "generate", "fitted", "--model", model, "--seed", seed, "--out", str(out)]) == 0
        drawn.append(out.read_text())
    assert drawn[0] == drawn[1] != drawn[2]


def test_fitted_without_a_model_says_how_to_make_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["trace", "generate", "fitted"]) == 2
    assert "evenflow trace fit FOLDER" in capsys.readouterr().err
    (tmp_path / "x").write_text("{}")
    assert run(["trace", "generate", "fitted", "--model", str(tmp_path / "x")]) == 3
    assert "is no fitted model" in capsys.readouterr().err


BODY = bytes(range(256)) * 4096  # 1 MiB


class Ranged(BaseHTTPRequestHandler):
    """One file that knows ranges, and a small one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/none":
            self.send_error(404)
            return
        body = BODY if self.path.startswith("/file") else b"small"
        first, last = self.headers["Range"].removeprefix("bytes=").split("-")
        part = body[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranged)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_record_writes_a_trace_of_the_network_in_half_seconds(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "here.csv"
    words = ["trace", "record", f"{site}/file?secret=1", "--seconds", "1.6", "--to", "csv", "--out", str(out)]
    assert run(words) == 0
    trace = read_trace(out)
    assert {step.duration_s for step in trace.steps} == {0.5}
    assert 1.0 <= trace.duration_s <= 2.0
    assert trace.mean_bps > 1e6
    assert all(0 < step.latency_s < 0.5 for step in trace.steps)
    said = capsys.readouterr().err
    assert "one connection" in said
    assert "secret" not in said


def test_record_stops_at_its_limit(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert run(["trace", "record", f"{site}/file", "--seconds", "30", "--limit-mb", "3", "--out", out]) == 0
    assert "ended early by --limit-mb" in capsys.readouterr().err


@pytest.mark.parametrize(("path", "words"), [("/none", "answered 404"), ("/tiny", "5 bytes tell nothing")])
def test_record_names_what_is_wrong_with_the_address(
    path: str, words: str, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "record", site + path, "--seconds", "2"]) == 3
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "file.bin"])
def test_record_takes_only_http(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "record", url]) == 2
    assert "no http or https address" in capsys.readouterr().err


def test_record_of_nobody_is_content_that_cannot_be_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "record", "http://127.0.0.1:9/x", "--seconds", "1"]) == 3
    assert "nothing to record" in capsys.readouterr().err


def test_estimators_are_held_against_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["trace", "accuracy", "builtin:evenflow-home", "--estimators", "harmonic-3,hlsjs"]
    assert run([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(row["estimator"], row["truth"]) for row in said["accuracy"]] == [
        ("harmonic-3", "transfer"),
        ("harmonic-3", "horizon"),
        ("hlsjs", "transfer"),
        ("hlsjs", "horizon"),
    ]
    # Before anything is measured harmonic says nothing, and hls.js its default: 149 and 150 of the film's chunks.
    assert [row["count"] for row in said["accuracy"]] == [149, 149, 150, 150]
    assert all(0.0 < row["mape"] < 0.5 for row in said["accuracy"])
    assert run(asked) == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in table[1:3]] == ["harmonic-3", "hlsjs"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--estimators", "guess"], "guess"),
        (["--controller", "guess"], "guess"),
        (["--video", "builtin:no"], "builtin:no"),
    ],
)
def test_a_wrong_word_about_estimators_is_named(
    options: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "accuracy", "builtin:evenflow-home", *options]) in (2, 3)
    assert word.removeprefix("builtin:") in capsys.readouterr().err
