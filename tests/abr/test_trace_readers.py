"""Every format by a small sample, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abr.trace import Step, Trace, TraceError, builtin, builtin_names, expand, read_trace, read_traces
from abr.trace.write import WRITERS

SABRE = '[{"duration_ms": 1000, "bandwidth_kbps": 800, "latency_ms": 50}, {"duration_ms": 500, "bandwidth_kbps": 0}]'
GREENLV = (
    "downstream_bandwidth,connection_type,signal_strength,bitrate,chunk_size,app_throughput,delivery_time,"
    "player_state,chunk_index\n50M,4g,strong,300,653,7024,0.093,buffering,2\n50M,4g,strong,300,0,0,0.5,steady,3\n"
)
PROFILES = """// words
const PROFILE_A = [
    { speed: 1200, duration: 30 },
    { speed: 600, /* slow */ duration: 15, },
];
const PROFILE_B = [{speed: 100, duration: 1}];
"""


def file(tmp_path: Path, text: str, name: str = "trace") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def read(tmp_path: Path, text: str, **options: str) -> Trace:
    return read_trace(file(tmp_path, text), **options)  # type: ignore[arg-type]


def test_sabre_rows_and_columns_say_their_unit(tmp_path: Path) -> None:
    assert read(tmp_path, SABRE).steps == (Step(1.0, 800e3, 0.05), Step(0.5, 0.0))
    columns = '{"DurationsInMs": [2000, 1000], "ThroughputsInKbps": [500, 700]}'
    assert read(tmp_path, columns).steps == (Step(2.0, 500e3), Step(1.0, 700e3))


def test_a_cut_off_sabre_file_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"trace:1: is cut off"):
        read(tmp_path, SABRE[:-10])
    with pytest.raises(TraceError, match="step 1: bandwidth_kbps is -5"):
        read(tmp_path, SABRE.replace("800", "-5"))


@pytest.mark.parametrize("separator", ["\t", " ", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cooked_rows_hold_until_their_time_whatever_parts_them(tmp_path: Path, separator: str, end: str) -> None:
    rows = end.join(separator.join(row) for row in [("0.0", "9.0"), ("1.0", "2.0"), ("3.0", "0.5"), ("3.5", "0")])
    assert read(tmp_path, rows).steps == (Step(1.0, 2e6), Step(2.0, 0.5e6), Step(0.5, 0.0))


def test_a_first_time_above_zero_is_shifted_and_a_repeated_time_merged(tmp_path: Path) -> None:
    assert read(tmp_path, "180 1\n181 2\n181 7\n182 3\n").steps == (Step(1.0, 2e6), Step(1.0, 3e6))


def test_a_header_is_skipped(tmp_path: Path) -> None:
    assert read(tmp_path, "time rate\n0 1\n1 2\n").steps == (Step(1.0, 2e6),)


def test_a_clock_that_goes_back_stops_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"trace:3: the clock goes back from 5 to 4"):
        read(tmp_path, "0 1\n5 2\n4 3\n", format="cooked")


def test_a_gap_is_held_or_dark_or_refused_as_told(tmp_path: Path) -> None:
    text = "".join(f"{t} 2\n" for t in range(20)) + "100 7\n101 7\n"
    assert Step(81.0, 2e6) in read(tmp_path, text).steps
    assert Step(81.0, 0.0) in read(tmp_path, text, gaps="zero").steps
    with pytest.raises(TraceError, match=r"trace:21: 81 s are missing"):
        read(tmp_path, text, gaps="fail")


def test_another_unit_is_taken_only_when_told(tmp_path: Path) -> None:
    assert read(tmp_path, "0 1\n1 2\n").mean_bps == 2e6
    assert read(tmp_path, "0 1\n1 2\n", unit="MByte/s").mean_bps == 16e6
    with pytest.raises(TraceError, match="says its own unit"):
        read(tmp_path, SABRE, unit="MByte/s")


def test_two_columns_that_may_be_milliseconds_are_refused_with_the_question(tmp_path: Path) -> None:
    text = "15 3000\n474 3000\n514 1000\n905 1000\n"
    with pytest.raises(TraceError, match=r"does not say its unit.*milliseconds and kbit/s \(--format oboe\)"):
        read(tmp_path, text)
    steps = read(tmp_path, text, format="oboe").steps
    assert [step.duration_s for step in steps] == pytest.approx([0.459, 0.04, 0.391])
    assert [step.rate_bps for step in steps] == [3e6, 2e6, 1e6]
    with pytest.raises(TraceError, match=r"trace:2: this pair holds two rates"):
        read(tmp_path, "15 3000\n474 2000\n", format="oboe")


def test_implausible_two_columns_are_refused_with_the_question(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"Are its two columns seconds and Mbit/s"):
        read(tmp_path, "0 5000\n1000 6000\n2000 7000\n")


def test_mahimahi_packets_are_counted_in_bins_up_to_the_last_line(tmp_path: Path) -> None:
    assert read(tmp_path, "1\n").mean_bps == pytest.approx(12e6)
    trace = read(tmp_path, "0\n0\n99\n100\n150\n")
    assert [step.duration_s for step in trace.steps] == pytest.approx([0.1, 0.05])
    assert trace.total_bits == pytest.approx(5 * 12_000)
    with pytest.raises(TraceError, match=r"trace:2: the clock goes back"):
        read(tmp_path, "5\n4\n")


def test_greenlv_is_replayed_as_busy_time_and_says_so(tmp_path: Path) -> None:
    trace = read(tmp_path, GREENLV)
    assert trace.steps == (Step(0.093, 7024e3), Step(0.5, 0.0))
    assert any("busy time" in note for note in trace.notes)
    with pytest.raises(TraceError, match=r"trace:3: has 2 columns"):
        read(tmp_path, GREENLV.replace("50M,4g,strong,300,0,0,0.5,steady,3", "1,2"))


def test_one_of_several_profiles_is_named_after_a_hash(tmp_path: Path) -> None:
    path = file(tmp_path, PROFILES)
    assert [trace.name for trace in read_traces(path)] == ["trace#PROFILE_A", "trace#PROFILE_B"]
    assert read_trace(f"{path}#PROFILE_A").steps == (Step(30.0, 1200e3), Step(15.0, 600e3))
    with pytest.raises(TraceError, match="holds 2 profiles"):
        read_trace(path)
    with pytest.raises(TraceError, match="no profile 'X'"):
        read_trace(f"{path}#X")


@pytest.mark.parametrize("text", ["", " \n", "words\n", '{"a": 1}', "1 2 3\n4 5 6\n", "0 -1\n1 -1\n", "0 nan\n1 2\n"])
def test_what_is_no_trace_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(TraceError, match="trace"):
        read(tmp_path, text)


def test_an_all_zero_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no bit at all"):
        read(tmp_path, "0 0\n1 0\n2 0\n")


def test_a_binary_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"\x00\xff\xfe\x80")
    with pytest.raises(TraceError, match="not text"):
        read_trace(tmp_path / "film")
    with pytest.raises(TraceError, match="No such file"):
        read_trace(tmp_path / "none")


def test_a_folder_is_read_in_sorted_order_without_its_notes(tmp_path: Path) -> None:
    for name in ("b", "a", "SOURCE.txt", ".hidden"):
        file(tmp_path, SABRE, name)
    assert [Path(path).name for path in expand([str(tmp_path)])] == ["a", "b"]


@pytest.mark.parametrize("name", builtin_names())
def test_a_built_in_trace_is_always_the_same(name: str) -> None:
    assert builtin(name).steps == read_trace(f"builtin:{name}").steps


def test_the_built_in_commute_has_two_deep_fades_and_about_3_mbits() -> None:
    trace = builtin("evenflow-commute")
    assert 2.5e6 < trace.mean_bps < 3.5e6
    assert 280 < trace.duration_s < 320
    for fade_s in (96, 214):
        assert trace.bits_between(fade_s - 4, fade_s + 4) / 8 < 0.2 * trace.mean_bps


def test_an_unknown_built_in_trace_lists_those_there_are() -> None:
    with pytest.raises(TraceError, match="evenflow-home"):
        read_trace("builtin:none")


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_written_is_read_again(tmp_path: Path, form: str) -> None:
    trace = builtin("evenflow-commute")
    again = read(tmp_path, WRITERS[form](trace))
    assert again.duration_s == pytest.approx(trace.duration_s, abs=0.01)
    assert again.total_bits == pytest.approx(trace.total_bits, rel=1e-4)
    if form in ("sabre", "csv"):
        assert again.steps == trace.steps
    if form == "sabre":
        assert json.loads(WRITERS[form](trace))[0]["latency_ms"] == 90
