"""What holds for recordings of every format: bounds, clocks, latency, loops, and answers given once per folder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from abr.trace import Answers, Step, TraceError, expand, read_trace, read_traces
from abr.trace.model import Trace
from abr.trace.readers import FORMATS
from abr.trace.source import Options, Source
from player.cli import trace_arguments

COOKED = "0 1\n1 2\n2 4\n"


def write(folder: Path, text: str, name: str = "trace") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_the_command_line_knows_every_format_in_its_order() -> None:
    assert tuple(FORMATS) == trace_arguments.FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_its_unit_and_how_it_loops(name: str) -> None:
    assert FORMATS[name].unit
    assert "loops" in FORMATS[name].note or name == "profile"


def test_the_notes_say_unit_row_and_loop_and_that_the_unit_was_assumed(tmp_path: Path) -> None:
    notes = "; ".join(read_trace(write(tmp_path, "180 1\n181 2\n181 3\n182 4\n")).notes)
    for words in (
        "Mbit/s assumed: the text does not say",
        "holds until its time",
        "loops to the first row",
        "first time is shifted to 0",
        "1 repeated times merged",
        "no latency in it",
    ):
        assert words in notes
    assert "MByte/s as told" in "; ".join(read_trace(write(tmp_path, COOKED), unit="MByte/s").notes)


def test_latency_is_only_given_to_recordings_that_carry_none(tmp_path: Path) -> None:
    told = Answers(round_trip_s=0.08)
    assert {step.latency_s for step in read_trace(write(tmp_path, COOKED), answers=told).steps} == {0.08}
    sabre = write(tmp_path, '[{"duration_ms": 1000, "bandwidth_kbps": 8, "latency_ms": 20}]', "own")
    assert read_trace(sabre, answers=told).steps == (Step(1.0, 8e3, 0.02),)
    assert "its own latency is kept" in read_trace(sabre, answers=told).notes


def test_a_folder_answers_once_for_all_its_recordings_and_a_flag_wins(tmp_path: Path) -> None:
    path = write(tmp_path, COOKED)
    assert read_trace(path).mean_bps == 3e6
    write(tmp_path, json.dumps({"unit": "MByte/s", "round_trip_s": 0.08}), "evenflow-traces.json")
    trace = read_trace(path)
    assert trace.mean_bps == 24e6
    assert trace.steps[0].latency_s == 0.08
    assert any("evenflow-traces.json" in note for note in trace.notes)
    assert read_trace(path, unit="Mbit/s").mean_bps == 3e6
    assert [Path(it).name for it in expand([str(tmp_path)])] == ["trace"]


def test_a_folders_unit_is_no_answer_for_formats_that_say_their_own(tmp_path: Path) -> None:
    write(tmp_path, '{"unit": "MByte/s"}', "evenflow-traces.json")
    path = write(tmp_path, '[{"duration_ms": 1000, "bandwidth_kbps": 8}]')
    assert read_trace(path).mean_bps == 8e3
    with pytest.raises(TraceError, match="says its own unit"):
        read_trace(path, unit="MByte/s")


def test_a_folders_format_answers_what_two_columns_cannot_say(tmp_path: Path) -> None:
    path = write(tmp_path, "15 3000\n474 3000\n514 1000\n905 1000\n")
    with pytest.raises(TraceError, match="does not say its unit"):
        read_trace(path)
    write(tmp_path, '{"format": "oboe"}', "evenflow-traces.json")
    assert read_trace(path).steps[0] == Step(0.459, 3e6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "is an object with some of: format, unit"),
        ('{"units": "x"}', "is an object with some of"),
        ('{"unit": 5}', "unit is 5, not a word"),
        ('{"unit": "mbps"}', "there is no unit 'mbps'"),
        ('{"gaps": "x"}', "gaps is 'x'; there are: hold, zero, fail"),
        ('{"round_trip_s": 1e9}', "round_trip_s is"),
        ("{", "is no JSON"),
    ],
)
def test_a_folders_answers_are_refused_by_their_file_when_they_are_none(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, text, "evenflow-traces.json")
    with pytest.raises(TraceError, match=f"evenflow-traces.json: {words}"):
        read_trace(write(tmp_path, COOKED))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"bandwidth_kbps": ' + "[" * 200_000, "nested too deeply|cut off"),
        ('[{"duration_ms": 1, "bandwidth_kbps": ' + "9" * 10_000 + "}]", "recording|number"),
        ('[{"bandwidth_kbps": 1},' + "[]," * 1_100_000 + "1]", "more JSON values"),
        ('[{"duration_ms": NaN, "bandwidth_kbps": 1}]', "NaN"),
        ("1 " * 2_000_000, "is no row of a trace"),
        ("0 1\n1 1e308\n", "unit|reckoned"),
        ("0 1e-320\n1e-320 1e-320\n", "no bits|no bit"),
        ("99999999999\n", "lasts longer than a week"),
    ],
)
def test_input_made_to_hurt_gives_a_clear_error(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(TraceError, match=words):
        read_trace(path)
    with pytest.raises(TraceError, match=r"^[^\n]{1,600}$"):
        read_trace(path, "sabre" if text[0] == "[" else "cooked")


def test_a_file_beyond_the_largest_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(TraceError, match="is larger than 64 MiB"):
        read_trace(path)


def test_a_week_of_silence_between_two_packets_is_one_step(tmp_path: Path) -> None:
    trace = read_trace(write(tmp_path, "0\n600000000\n"))
    assert [step.duration_s for step in trace.steps] == pytest.approx([0.1, 599_999.8, 0.1])


# Pieces that look like every format, so that chance gets past their doors.
PIECES = st.sampled_from(
    [
        *"0123456789",
        *[
            "\n",
            "\r\n",
            " ",
            "\t",
            ",",
            ";",
            ".",
            "-",
            "#",
            '"',
            "{",
            "}",
            "[",
            "]",
            ":",
            "e9",
            "nan",
            "inf",
            "\0",
            "é",
        ],
        *["time_s", "rate_kbps", "duration_ms", "latency", "bandwidth (Mbit/s)", '"bandwidth_kbps"', '"DurationsInMs"'],
        *[
            '"log"',
            '"entries"',
            '"start"',
            '"intervals"',
            '"sum"',
            '"chunks"',
            '"first_byte_at_s"',
            '"downloadThroughput"',
        ],
        *["const A = [", "{speed: 3, duration: 4}", "app_throughput", "delivery_time", "Timestamp", "DL_bitrate"],
        *[
            "UL_bitrate",
            "2020.02.14_09.38.22",
            "2024-05-01T10:00:00Z",
            "mtp=100",
            "CMCD=mtp%3D1",
            "null",
            "true",
            "1e400",
        ],
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))
FIELDS = [
    *["log", "entries", "response", "timings", "receive", "wait", "startedDateTime", "bodySize", "intervals", "sum"],
    *["seconds", "bytes", "start", "test_start", "chunks", "size_bytes", "duration_ms", "bandwidth_kbps", "bwDown"],
    *["requested_at_s", "first_byte_at_s", "finished_at_s", "DurationsInMs", "ThroughputsInKbps"],
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inside, max_size=6),
    max_leaves=25,
)


def traces_or_refusal(name: str, text: str, options: Options) -> None:
    """Read with one format: a trace for every profile, or TraceError; anything else fails the test."""
    with contextlib.suppress(TraceError):
        assert all(Trace(steps).total_bits > 0 for steps in FORMATS[name].read(Source("fuzz", text, options)).values())


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=1000)
@given(text=TEXTS, idle=st.sampled_from(["drop", "hold", "keep"]), rows=st.sampled_from([None, "from", "until"]))
@example(text="0 0\n0 0\n", idle="drop", rows="from")
def test_any_text_is_traces_or_a_refusal(name: str, text: str, idle: str, rows: str | None) -> None:
    options = Options(idle=idle, rows=rows)  # type: ignore[arg-type]
    assert FORMATS[name].detect(Source("fuzz", text, options)) in (True, False)
    traces_or_refusal(name, text, options)


@pytest.mark.parametrize("name", ["sabre", "har", "report", "iperf3", "profile", "cmcd"])
@settings(deadline=1000)
@given(data=JSON)
def test_any_json_is_traces_or_a_refusal(name: str, data: object) -> None:
    traces_or_refusal(name, json.dumps(data), Options())


@settings(deadline=1000)
@given(text=TEXTS)
def test_any_file_is_traces_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(TraceError):
        assert all(trace.total_bits > 0 for trace in read_traces(path))


@pytest.mark.parametrize("word", [*FORMATS, *trace_arguments.UNITS, *(it.name for it in dataclasses.fields(Answers))])
def test_every_format_unit_and_answer_is_in_the_document(word: str, root: Path) -> None:
    text = (root / "docs" / "traces.md").read_text(encoding="utf-8")
    assert f"`{word}`" in text or f"`--{word.replace('_', '-')}`" in text or f" {word}" in text


def test_the_documents_example_of_a_folders_answers_is_taken(tmp_path: Path, root: Path) -> None:
    text = (root / "docs" / "traces.md").read_text(encoding="utf-8")
    example = next(line.strip() for line in text.splitlines() if line.startswith('    {"unit"'))
    write(tmp_path, example, "evenflow-traces.json")
    assert read_trace(write(tmp_path, COOKED)).mean_bps == 24e6
