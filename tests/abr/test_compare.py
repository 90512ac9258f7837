"""`evenflow compare`: what is worse, what is not, and what cannot be compared; and summary.json against its schema."""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abr.lab.compare import Incomparable, Tolerance, compare
from player.cli import bench
from player.cli import compare as command
from player.cli.errors import ContentError, UsageError

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers(required=True)
    bench.add_parser(subparsers)
    command.add_parser(subparsers)
    args = parser.parse_args(words)
    code: int = args.run(args)
    return code


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small run's summary.json."""
    folder = tmp_path_factory.mktemp("run")
    call("bench", "--controllers", "bola-e,dynamic", "--no-optimum", "--jobs", "1", "--out", str(folder))
    document: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return document


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    other = copy.deepcopy(document)
    change(other)
    return other


def measure(document: dict[str, Any], name: str) -> dict[str, float]:
    found: dict[str, float] = document["rows"][0]["measures"][name]
    return found


def report(**fields: Any) -> dict[str, Any]:
    """A session report, as far as it is compared."""
    base: dict[str, Any] = {
        "schema": 1,
        "title": "t",
        "controller": "dynamic",
        "trace": None,
        "ladder": [{"bitrate_bps": 1_000_000}],
        "stalls": [],
        "played_s": 60.0,
        "mean_bitrate_bps": 1e6,
        "startup_s": 0.5,
        "stall_s": 0.0,
        "stall_ratio": 0.0,
        "switches": 3,
        "bytes_wasted": 0,
        "qoe": {"lin": 1.0, "log": 0.5},
        "chunks": [],
    }
    return {**base, **fields}


def test_a_run_is_no_worse_than_itself(summary: dict[str, Any]) -> None:
    changes = compare(summary, copy.deepcopy(summary))
    assert changes
    assert {it.verdict for it in changes} == {"same"}


def test_what_got_worse_is_named_with_metric_family_controller_and_amount(summary: dict[str, Any]) -> None:
    worse = changed(summary, lambda it: measure(it, "score").update(mean=measure(it, "score")["mean"] - 0.5))
    (found,) = [it for it in compare(summary, worse) if it.verdict != "same"]
    row = summary["rows"][0]
    assert (found.verdict, found.metric) == ("worse", "score")
    assert (found.family, found.controller) == (row["family"], row["controller"])
    assert found.before - (found.after or 0.0) == pytest.approx(0.5)


def test_an_improvement_is_no_failure(summary: dict[str, Any]) -> None:
    better = changed(summary, lambda it: measure(it, "startup_s").update(mean=0.0))
    assert {it.verdict for it in compare(summary, better)} == {"same", "better"}
    assert {it.verdict for it in compare(better, summary)} == {"same", "worse"}


def test_a_change_up_to_the_tolerance_is_none_and_beyond_it_is_one(summary: dict[str, Any]) -> None:
    slower = changed(summary, lambda it: measure(it, "startup_s").update(mean=measure(it, "startup_s")["mean"] + 0.1))
    verdicts = [
        {it.verdict for it in compare(summary, slower, {"startup_s": Tolerance(absolute)})} for absolute in (0.1, 0.09)
    ]
    assert verdicts == [{"same"}, {"same", "worse"}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda it: it["traces"][0].update(sha256="0" * 64), "traces: only in the baseline: builtin/"),
        (lambda it: it["films"][0].update(sha256="0" * 64), "films"),
        (lambda it: it["rows"][0].update(controller="other"), "controllers: only in the new run: other"),
        (lambda it: it["session"].update(buffer_cap_s=9.0), "session settings: buffer_cap_s 30.0 and 9.0"),
        (lambda it: it["qoe"].update(name="log"), "score: 'lin' and 'log'"),
        (lambda it: it.update(schema=1), "schema 1; 2 is known"),
        (lambda it: it["rows"][0].pop("measures"), "damaged"),
        (lambda it: it["rows"][0]["measures"]["score"].update(mean=float("nan")), "damaged"),
    ],
)
def test_runs_of_different_things_are_refused_in_words(
    change: Callable[[dict[str, Any]], object], says: str, summary: dict[str, Any]
) -> None:
    with pytest.raises(Incomparable) as caught:
        compare(summary, changed(summary, change))
    assert says in str(caught.value)


def test_a_summary_and_a_session_report_are_not_compared(summary: dict[str, Any]) -> None:
    with pytest.raises(Incomparable, match="one is a summary of bench and the other a session report"):
        compare(summary, report())
    with pytest.raises(Incomparable, match="neither"):
        compare([], summary)


def test_session_reports_are_compared_too() -> None:
    stalls = [{"at_s": 1.0, "media_s": 1.0, "duration_s": 4.0}] * 2
    worse = report(stalls=stalls, stall_s=8.0, stall_ratio=0.12, startup_s=0.6)
    found = {it.metric for it in compare(report(), worse) if it.verdict == "worse"}
    assert found == {"stall_count", "stall_s", "stall_ratio"}
    assert {it.verdict for it in compare(worse, report())} == {"better", "same"}


def test_a_session_that_never_started_is_worse_than_one_that_did() -> None:
    found = [it for it in compare(report(), report(startup_s=None)) if it.verdict == "worse"]
    assert [(it.metric, it.after) for it in found] == [("startup_s", None)]


def test_the_command_ends_with_one_when_something_got_worse(
    tmp_path: Path, summary: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(summary))
    after.write_text(json.dumps(changed(summary, lambda it: measure(it, "startup_s").update(mean=3.0))))
    assert call("compare", str(before), str(before)) == 0
    assert call("compare", str(before), str(after)) == 1
    assert "worse   startup_s of" in capsys.readouterr().out
    assert call("compare", str(before), str(after), "--tolerance", "startup_s=10", "--json") == 0
    assert json.loads(capsys.readouterr().out)["worse"] == []
    assert call("compare", str(before), str(after), "--tolerance", "startup_s=2%", "--json") == 1


@pytest.mark.parametrize("text", ["score", "speed=1", "score=x", "score=-1", "score=nan%"])
def test_a_tolerance_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--tolerance"):
        call("compare", str(tmp_path), str(tmp_path), "--tolerance", text)


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(ContentError, match=r"broken\.json: is no JSON"):
        call("compare", str(broken), str(broken))
    with pytest.raises(ContentError, match="cannot be read"):
        call("compare", str(tmp_path / "none.json"), str(broken))


def test_the_summary_is_as_its_schema_says(root: Path, summary: dict[str, Any]) -> None:
    schema = json.loads((root / "docs" / "summary.schema.json").read_text())
    assert problems(schema, summary, schema) == []
    assert problems(schema, {**summary, "extra": 1}, schema) == ["$: extra is unknown"]
    assert problems(schema, changed(summary, lambda it: it["rows"][0].update(sessions="3")), schema) != []


def problems(schema: dict[str, Any], value: Any, whole: dict[str, Any], at: str = "$") -> list[str]:
    """What is wrong with `value`, by the part of JSON Schema that the schema uses; an unknown word is an error."""
    if "$ref" in schema:
        return problems(whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, whole, at)
    known = {"$schema", "title", "description", "$defs", "type", "const"}
    known |= {"required", "properties", "additionalProperties", "items"}
    assert schema.keys() <= known
    if "const" in schema and value != schema["const"]:
        return [f"{at}: is not {schema['const']!r}"]
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if kinds and not any(isinstance(value, TYPES[kind]) and not isinstance(value, bool) for kind in kinds):
        return [f"{at}: is no {' or '.join(kinds)}"]
    if isinstance(value, list):
        return [
            it for k, each in enumerate(value) for it in problems(schema.get("items", {}), each, whole, f"{at}[{k}]")
        ]
    return _of_object(schema, value, whole, at) if isinstance(value, dict) else []


def _of_object(schema: dict[str, Any], value: dict[str, Any], whole: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, each in value.items():
        inner = properties.get(name, others)
        if inner is False:
            found.append(f"{at}: {name} is unknown")
        else:
            found += problems(inner, each, whole, f"{at}.{name}")
    return found
