"""Formats that name their own fields: HAR, iperf3, CMCD, G-NetTrack, reports, named columns, raw logs, profiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from abr.trace import Answers, Step, Trace, TraceError, read_trace, read_traces


def read(tmp_path: Path, text: str, **answers: Any) -> Trace:
    path = tmp_path / "trace"
    path.write_text(text, encoding="utf-8", newline="")
    return read_trace(path, answers=Answers(**answers))


def entry(at_s: float, receive_ms: float, size: int, **response: Any) -> dict[str, Any]:
    """An answer whose first byte comes `wait` = 50 ms after the request was sent at `at_s`."""
    return {
        "startedDateTime": f"2024-05-01T10:00:{at_s:06.3f}Z",
        "request": {"url": "https://cdn.test/a?token=secret", "cookies": [{"name": "s", "value": "secret"}]},
        "response": {"status": 200, "bodySize": size, **response},
        "timings": {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 50, "receive": receive_ms},
    }


def har(*entries: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "t"}, "entries": list(entries)}})


def test_har_answers_that_overlap_are_summed_over_the_time_of_either(tmp_path: Path) -> None:
    trace = read(tmp_path, har(entry(0, 1000, 100_000), entry(0.5, 1000, 200_000)))
    assert [step.duration_s for step in trace.steps] == pytest.approx([0.5, 0.5, 0.5], abs=1e-5)
    assert [step.rate_bps for step in trace.steps] == pytest.approx([0.8e6, 2.4e6, 1.6e6], rel=1e-5)
    assert trace.total_bits == pytest.approx(8 * 300_000)
    assert {step.latency_s for step in trace.steps} == {0.05}


@pytest.mark.parametrize(("idle", "spans", "middle"), [("drop", 2, None), ("hold", 3, 0.8e6), ("keep", 3, 0.0)])
def test_har_time_without_an_answer_is_dropped_or_held_or_silent(
    tmp_path: Path, idle: str, spans: int, middle: float | None
) -> None:
    trace = read(tmp_path, har(entry(0, 1000, 100_000), entry(3, 1000, 200_000)), idle=idle)
    assert len(trace.steps) == spans
    if middle is not None:
        assert trace.steps[1] == Step(pytest.approx(2.0, abs=1e-5), pytest.approx(middle), 0.05)  # type: ignore[arg-type]


def test_har_caches_and_unknown_sizes_are_left_out_and_counted(tmp_path: Path) -> None:
    text = har(
        entry(0, 1000, 100_000),
        entry(1, 10, 0),
        entry(2, 10, 5, _fromCache="disk"),
        entry(3, 10, -1),
        entry(4, 0, 700),
        entry(5, 1000, -1, _transferSize=50_000),
    )
    trace = read(tmp_path, text)
    assert trace.total_bits == pytest.approx(8 * 150_000)
    assert "2 entries from a cache left out" in trace.notes
    assert "1 entries without a size left out" in trace.notes
    assert "1 entries without a receive time left out" in trace.notes


def test_har_secrets_stay_in_the_file(tmp_path: Path) -> None:
    trace = read(tmp_path, har(entry(0, 1000, 100_000)))
    assert "secret" not in repr((trace.name, trace.notes, trace.steps))
    with pytest.raises(TraceError) as refused:
        read(tmp_path, har(entry(0, 1000, 100_000) | {"startedDateTime": "yesterday"}))
    assert "token" not in str(refused.value)


def test_iperf3_intervals_are_bytes_over_seconds_without_the_omitted_start(tmp_path: Path) -> None:
    sums = [{"seconds": 1.0, "bytes": 1_000_000, "bits_per_second": 8e6, "omitted": True}]
    sums += [{"seconds": 0.5, "bytes": 250_000, "bits_per_second": 1.0}, {"seconds": 1.0, "bits_per_second": 2e6}]
    text = json.dumps({"start": {"test_start": {"reverse": 1}}, "intervals": [{"sum": it} for it in sums]})
    trace = read(tmp_path, text)
    assert trace.steps == (Step(0.5, 4e6), Step(1.0, 2e6))
    assert "download" in trace.notes
    old = json.dumps({"start": {}, "intervals": [{"streams": [{"seconds": 2.0, "bytes": 500_000}]}]})
    assert read(tmp_path, old).steps == (Step(2.0, 2e6),)
    with pytest.raises(TraceError, match="unable to connect"):
        read(tmp_path, json.dumps({"start": {}, "intervals": [], "error": "unable to connect to server"}))


IRISH = """Timestamp,Longitude,Operatorname,NetworkMode,DL_bitrate,UL_bitrate,State,PINGAVG
2020.02.14_09.38.22,-8.5,B,LTE,1000,10,D,-
2020.02.14_09.38.23,-8.5,B,5G,2000,20,D,40
2020.02.14_09.38.23,-8.5,B,5G,4000,40,D,60
2020.02.14_09.38.24,-8.5,B,5G,7,7,I,-
2020.02.14_09.38.26,-8.5,B,5G,5000,50,D,-
"""


def test_gnettrack_rows_of_one_second_are_averaged_and_only_running_transfers_count(tmp_path: Path) -> None:
    trace = read(tmp_path, IRISH)
    assert trace.steps == (Step(1.0, 1e6), Step(1.0, 3e6, 0.05), Step(1.0, 5e6, 0.05))
    assert "1 rows of a repeated second averaged" in trace.notes
    assert [step.rate_bps for step in read(tmp_path, IRISH, direction="up").steps] == [10e3, 30e3, 50e3]
    assert read(tmp_path, IRISH, idle="keep").steps[2] == Step(2.0, 7e3, 0.05)
    assert read(tmp_path, IRISH, idle="hold").steps[2] == Step(2.0, 3e6, 0.05)


def test_gnettrack_refuses_a_clock_that_goes_back_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"trace:6: the clock goes back"):
        read(tmp_path, IRISH.replace("09.38.26", "09.38.20"))


@pytest.mark.parametrize(
    ("header", "scale_s", "scale_bps"),
    [
        ("time_s,rate_kbps", 1.0, 1e3),
        ("time_ms,throughput_mbps", 1e-3, 1e6),
        ("t [s];bandwidth (Mbit/s)", 1.0, 1e6),
        ("time_s\tDownload speed [MB/s]", 1.0, 8e6),
        ("elapsed_seconds,goodput_kbit_per_s", 1.0, 1e3),
        ("time_s,throughput_bits_per_second", 1.0, 1.0),
        ("time_s rate_kbps", 1.0, 1e3),
        ("seconds Mbps", 1.0, 1e6),
    ],
)
def test_named_columns_say_their_units(tmp_path: Path, header: str, scale_s: float, scale_bps: float) -> None:
    mark = next(it for it in ";\t, " if it in header)
    text = header + "".join(f"\n{at / scale_s:g}{mark}{rate}" for at, rate in [(5, 2), (6, 3), (8, 4)])
    steps = read(tmp_path, text).steps
    assert [step.duration_s for step in steps] == pytest.approx([1.0, 2.0, 1.5])
    assert [step.rate_bps for step in steps] == pytest.approx([2 * scale_bps, 3 * scale_bps, 4 * scale_bps])


@pytest.mark.parametrize("words", ["# time (s) throughput (kbps)", "# cooked, MByte/s", "#rate_kbps"])
def test_two_columns_under_words_of_another_unit_are_not_assumed_to_be_mbits(tmp_path: Path, words: str) -> None:
    text = f"{words}\n0 1\n1 2\n"
    with pytest.raises(TraceError, match="as the words above them have it"):
        read(tmp_path, text)
    assert read(tmp_path, text, unit="kbit/s").mean_bps == 2e3
    assert read(tmp_path, "# time (s) rate (Mbit/s)\n0 1\n1 2\n").mean_bps == 2e6


def test_named_columns_may_hold_until_their_time(tmp_path: Path) -> None:
    assert read(tmp_path, "time_s,rate_mbps\n0,9\n1,2\n3,4\n", rows="until").steps == (Step(1.0, 2e6), Step(2.0, 4e6))


def test_named_columns_with_duration_and_latency_are_taken_as_they_are(tmp_path: Path) -> None:
    text = "start_s,duration_s,rate_kbps,latency_ms\n0,1.5,800,20\n1.5,2,0,30\n"
    assert read(tmp_path, text).steps == (Step(1.5, 800e3, 0.02), Step(2.0, 0.0, 0.03))


def test_named_columns_with_dates_and_of_two_directions(tmp_path: Path) -> None:
    text = "timestamp,upload_kbps,download_kbps,note\n2024-01-01T00:00:00Z,1,2,x\n2024-01-01T00:00:01Z,3,4,y\n"
    assert [step.rate_bps for step in read(tmp_path, text).steps] == [2e3, 4e3]
    assert [step.rate_bps for step in read(tmp_path, text, direction="up").steps] == [1e3, 3e3]


@pytest.mark.parametrize(
    ("header", "question"),
    [
        ("time_s,rate", r"Is 'rate' in kbit/s, Mbit/s, MByte/s \(add --unit\)"),
        ("time_s,speed_MBPS", "Is 'speed_MBPS' in kbit/s"),
        ("time,rate_kbps", "Is 'time' in seconds or milliseconds"),
        ("duration,rate_kbps", "Is 'duration' in seconds or milliseconds"),
        ("time_s,rate_kbps,latency", "Is 'latency' in seconds or milliseconds"),
    ],
)
def test_a_column_without_a_unit_is_refused_with_the_question(tmp_path: Path, header: str, question: str) -> None:
    rows = "\n".join(",".join(str(at) for _ in header.split(",")) for at in (0, 1, 2))
    with pytest.raises(TraceError, match=question):
        read(tmp_path, f"{header}\n{rows}\n")


def test_a_told_unit_answers_for_a_column_and_never_contradicts_it(tmp_path: Path) -> None:
    assert read(tmp_path, "time_s,rate\n0,1\n1,2\n", unit="MByte/s").steps[0].rate_bps == 8e6
    with pytest.raises(TraceError, match="says its own unit, kbit/s"):
        read(tmp_path, "time_s,rate_kbps\n0,1\n1,2\n", unit="MByte/s")


CMCD = {
    "query": "2024-05-01T10:00:0{n}Z /v/1.m4s?x=1&CMCD=bl%3D21300%2Cmtp%3D{kbps}%2Csid%3D%22a%22",
    "header": '2024-05-01T10:00:0{n}Z CMCD-Request: bl=21300,mtp={kbps},sid="a"',
    "json": '{{"timestamp": "2024-05-01T10:00:0{n}Z", "bl": 21300, "mtp": {kbps}, "sid": "a"}}',
    "headers in json": '{{"ts": 171455760{n}000, "headers": {{"CMCD-Request": "bl=1,mtp={kbps},sid=\\"a\\""}}}}',
    "access log": '10.0.0.1 - - [01/May/2024:10:00:0{n} +0000] "GET /1.m4s?CMCD=mtp%3D{kbps} HTTP/1.1" 200 9 "-"',
    "seconds": "171455760{n}.25 CMCD=mtp%3D{kbps}",
}


@pytest.mark.parametrize("form", sorted(CMCD))
def test_cmcd_lines_of_every_form_give_the_measured_throughput(tmp_path: Path, form: str) -> None:
    rows = [(1, 25_400), (3, 1_200), (4, 900)]
    trace = read(tmp_path, "\n".join(CMCD[form].format(n=n, kbps=kbps) for n, kbps in rows))
    assert [step.duration_s for step in trace.steps] == pytest.approx([2.0, 1.0, 1.5])
    assert [step.rate_bps for step in trace.steps] == [25.4e6, 1.2e6, 0.9e6]
    assert trace.notes[0] == "cmcd, kbit/s"


def test_cmcd_sessions_are_profiles_and_lines_without_a_time_are_refused(tmp_path: Path) -> None:
    line = '2024-05-01T10:00:0{n}Z CMCD-Request: mtp={kbps},sid="{sid}"'
    text = "\n".join(line.format(n=n, kbps=100 * n, sid=sid) for n in (1, 2, 3) for sid in ("a", "b"))
    (tmp_path / "log").write_text(text + "\nGET /nothing\n")
    traces = read_traces(tmp_path / "log")
    assert [trace.name for trace in traces] == ["log#1-a", "log#2-b"]
    assert "1 lines without mtp left out" in traces[0].notes
    with pytest.raises(TraceError, match=r"trace:1: has mtp and no time"):
        read(tmp_path, "CMCD-Request: mtp=100\n")


def report(*chunks: dict[str, float]) -> str:
    return json.dumps({"schema": 1, "player": {"name": "Evenflow"}, "trace": None, "chunks": list(chunks)})


def chunk(at_s: float, **more: float) -> dict[str, float]:
    times = {"requested_at_s": at_s, "first_byte_at_s": at_s + 0.1, "finished_at_s": at_s + 1.1}
    return {"index": 0, "size_bytes": 125_000, **times, **more}


def test_our_own_report_gives_the_busy_time_exactly(tmp_path: Path) -> None:
    text = report(chunk(0.0), chunk(4.0, wasted_bytes=125_000))
    steps = read(tmp_path, text).steps
    assert [step.duration_s for step in steps] == pytest.approx([1.0, 1.0])
    assert [step.rate_bps for step in steps] == pytest.approx([1e6, 2e6])
    assert [step.latency_s for step in steps] == pytest.approx([0.1, 0.1])
    kept = read(tmp_path, text, idle="keep").steps
    assert kept[1].rate_bps == 0.0
    assert kept[1].duration_s == pytest.approx(3.0)
    with pytest.raises(TraceError, match="chunk 1 lacks one of"):
        read(tmp_path, report({"first_byte_at_s": 1.0}))


def test_raw_hsdpa_rows_are_bytes_in_their_last_milliseconds(tmp_path: Path) -> None:
    rows = ["1284386662 23501 59.85 10.78 100000 1000", "1284386663 24501 59.85 10.78 50000 1000"]
    far = "1284386763 124501 59.85 10.78 50000 1000"
    assert read(tmp_path, "\n".join(rows)).steps == (Step(1.0, 0.8e6), Step(1.0, 0.4e6))
    assert read(tmp_path, "\n".join([*rows, far]), gaps="zero").steps[2] == Step(99.0, 0.0)
    with pytest.raises(TraceError, match=r"trace:3: the clock goes back"):
        read(tmp_path, "\n".join([*rows, rows[0]]))


PUFFER = """time (ns GMT),session_id,index,size,min_rtt,rtt,delivery_rate
1617235200000000000,aa=,0,1,9000,10000,250000
1617235201000000000,bb=,0,1,9000,30000,500000
1617235202000000000,aa=,0,1,9000,20000,125000
1617235203500000000,bb=,0,1,9000,30000,500000
1617235204000000000,cc=,0,1,9000,30000,500000
"""


def test_puffers_own_files_are_bytes_a_second_by_session(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text(PUFFER)
    first, second = read_traces(tmp_path / "sent")
    assert [step.rate_bps for step in first.steps] == [2e6, 1e6]
    assert [step.latency_s for step in first.steps] == [0.01, 0.02]
    assert [step.duration_s for step in second.steps] == pytest.approx([2.5, 2.5])
    assert (first.name, second.name) == ("sent#1-aa-0", "sent#2-bb-0")
    assert "1 sessions of one chunk left out" in first.notes


def test_throttling_profiles_are_one_step_each(tmp_path: Path) -> None:
    tools = {"offline": False, "downloadThroughput": 200_000, "uploadThroughput": 90_000, "latency": 150}
    assert read(tmp_path, json.dumps(tools)).steps == (Step(60.0, 1.6e6, 0.15),)
    assert read(tmp_path, json.dumps(tools), direction="up").steps == (Step(60.0, 0.72e6, 0.15),)
    test_page = json.dumps({"bwDown": 1600, "bwUp": 768, "latency": 300, "plr": 0})
    assert read(tmp_path, test_page).steps == (Step(60.0, 1.6e6, 0.3),)
