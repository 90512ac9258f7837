"""Two runs of the same thing, held against one another: what got worse by more than is tolerated.

Works on `summary.json` of `bench` and on the session report of the player. A run is compared with its equal only: the
same traces, films, controllers, settings and score; anything else is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from abr.lab.suite import OPTIMUM
from abr.lab.summary import KIND, SCHEMA, UPPER

REPORT_SCHEMA = 1


class Incomparable(ValueError):
    """The two documents are not runs of the same thing, or are none; the message says in what they differ."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A worsening up to `absolute`, in the metric's own unit, or up to `relative` of the baseline, is none."""

    absolute: float = 0.0
    relative: float = 0.0

    def allowed(self, baseline: float) -> float:
        """The larger of the two."""
        return max(self.absolute, self.relative * abs(baseline))


@dataclass(frozen=True, slots=True)
class Metric:
    """What is compared: `more_is_better` says which way is worse."""

    name: str
    tolerance: Tolerance
    more_is_better: bool = False


BENCH = (
    Metric("score", Tolerance(0.01, 0.01), more_is_better=True),
    Metric("share_of_optimum", Tolerance(0.01), more_is_better=True),
    Metric("mean_bitrate_bps", Tolerance(0.0, 0.01), more_is_better=True),
    Metric("startup_s", Tolerance(0.02, 0.02)),
    Metric("stall_count", Tolerance(0.05, 0.02)),
    Metric("stall_s", Tolerance(0.1, 0.02)),
    Metric("stall_ratio", Tolerance(0.001, 0.02)),
    Metric("switches", Tolerance(0.5, 0.05)),
    Metric("oscillations", Tolerance(0.5, 0.05)),
    Metric("bytes_wasted", Tolerance(100_000.0, 0.05)),
)
"""A simulated run repeats exactly, so that these are there for changes that are wanted and small."""

REPORT = (
    Metric("played_s", Tolerance(1.0), more_is_better=True),
    Metric("qoe_lin", Tolerance(0.05, 0.05), more_is_better=True),
    Metric("qoe_log", Tolerance(0.05, 0.05), more_is_better=True),
    Metric("mean_bitrate_bps", Tolerance(0.0, 0.05), more_is_better=True),
    Metric("startup_s", Tolerance(0.5, 0.1)),
    Metric("stall_count", Tolerance(1.0)),
    Metric("stall_s", Tolerance(1.0)),
    Metric("stall_ratio", Tolerance(0.005)),
    Metric("switches", Tolerance(3.0, 0.2)),
    Metric("bytes_wasted", Tolerance(1_000_000.0, 0.2)),
)
"""A session over real sockets never repeats exactly."""

Values = dict[tuple[str, str], dict[str, float | None]]
"""By family and controller: the metrics. A metric that is None is not known there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one controller in one family. `after` is None where it is not known any more."""

    family: str
    controller: str
    metric: str
    before: float
    after: float | None
    tolerated: float
    verdict: str
    """`worse`, `better` or `same`: within what is tolerated."""


@dataclass(frozen=True, slots=True)
class _Run:
    facts: dict[str, Any]
    """What must be the same, by the words for it."""
    metrics: tuple[Metric, ...]
    values: Values


def metric_names() -> tuple[str, ...]:
    """Every metric for which a tolerance can be given."""
    return tuple(dict.fromkeys(it.name for it in (*BENCH, *REPORT)))


def compare(baseline: Any, new: Any, tolerances: Mapping[str, Tolerance] | None = None) -> list[Change]:
    """Every metric known in `baseline`, in its order. Incomparable: the two are not of one kind and one task."""
    before, after = _run(baseline, "the baseline"), _run(new, "the new run")
    if before.metrics is not after.metrics:
        raise Incomparable("one is a summary of bench and the other a session report")
    for words, fact in before.facts.items():
        if fact != after.facts[words]:
            raise Incomparable(f"they differ in their {words}: {_difference(fact, after.facts[words])}")
    given = tolerances or {}
    return [
        _change(where, metric, before_value, after.values[where].get(metric.name), given)
        for where, values in before.values.items()
        for metric in before.metrics
        if (before_value := values.get(metric.name)) is not None
    ]


def _change(
    where: tuple[str, str], metric: Metric, before: float, after: float | None, given: Mapping[str, Tolerance]
) -> Change:
    tolerated = given.get(metric.name, metric.tolerance).allowed(before)
    if after is None:
        return Change(*where, metric.name, before, after, tolerated, "worse")
    loss = before - after if metric.more_is_better else after - before
    # What was added up in another order may differ in the last bit.
    slack = 1e-12 * max(abs(before), abs(after))
    verdict = "worse" if loss > tolerated + slack else "better" if -loss > tolerated + slack else "same"
    return Change(*where, metric.name, before, after, tolerated, verdict)


def _run(document: Any, which: str) -> _Run:
    if not isinstance(document, dict) or not ({"rows", "chunks"} & document.keys()):
        raise Incomparable(f"{which} is neither a summary.json of bench nor a session report")
    bench = document.get("kind") == KIND
    wanted = SCHEMA if bench or "rows" in document else REPORT_SCHEMA
    if document.get("schema") != wanted:
        raise Incomparable(f"{which} has schema {document.get('schema')!r}; {wanted} is known here; make it anew")
    read: Callable[[dict[str, Any]], _Run] = _bench_run if bench else _report_run
    try:
        return read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Incomparable(f"{which} is damaged: {type(error).__name__}: {error}") from error


def _bench_run(document: dict[str, Any]) -> _Run:
    rows = [row for row in document["rows"] if row["controller"] not in (OPTIMUM, UPPER)]
    values: Values = {}
    for row in rows:
        share = (row["share_of_optimum"] or {}).get("of_means")
        values[row["family"], row["controller"]] = {
            **{name: _number(it["mean"]) for name, it in row["measures"].items() if it is not None},
            "share_of_optimum": None if share is None else _number(share["mean"]),
        }
    facts = {
        "traces": [f"{it['family']}/{it['name']} ({it['sha256'][:12]})" for it in document["traces"]],
        "films": [f"{it['name']} ({it['sha256'][:12]})" for it in document["films"]],
        "controllers": sorted({row["controller"] for row in rows}),
        "score": document["qoe"]["name"],
        "session settings": document["session"],
        "best in hindsight (--optimum)": any(row["controller"] == OPTIMUM for row in document["rows"]),
        "rows": sorted(values),
    }
    return _Run(facts, BENCH, values)


def _report_run(document: dict[str, Any]) -> _Run:
    plain = ("played_s", "mean_bitrate_bps", "startup_s", "stall_s", "stall_ratio", "switches", "bytes_wasted")
    values = {name: None if document[name] is None else _number(document[name]) for name in plain}
    values["stall_count"] = float(len(document["stalls"]))
    for name in ("lin", "log"):
        score = document["qoe"][name]
        values[f"qoe_{name}"] = None if score is None else _number(score)
    facts = {
        "title": document["title"],
        "controllers": document["controller"],
        "trace": document["trace"],
        "ladder": [rung["bitrate_bps"] for rung in document["ladder"]],
    }
    return _Run(facts, REPORT, {("", str(document["controller"])): values})


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"{value} is no finite number")
    return number


def _difference(before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list):
        gone = [str(it) for it in before if it not in after]
        came = [str(it) for it in after if it not in before]
        parts = [
            f"only in {where}: {_some(names)}"
            for where, names in (("the baseline", gone), ("the new run", came))
            if names
        ]
        return "; ".join(parts) or "their order or number"
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        return ", ".join(f"{name} {before.get(name)!r} and {after.get(name)!r}" for name in names)
    return f"{before!r} and {after!r}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
