"""Fitted models as small JSON files, and back; what comes in is checked as carefully as any recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from abr.trace.fitted import FittedModel, State, TrainingSet, Weighted
from abr.trace.model import TraceError

KIND = "evenflow-trace-model"
SCHEMA = 1
LARGEST_BYTES = 4 * 2**20
MOST_STATES = 256
MOST_POINTS = 1024


def to_json(model: FittedModel) -> str:
    """Rates in bit/s, holds in periods with their weights, chances of what comes next."""
    it = model.trained_on
    document = {
        "kind": KIND,
        "schema": SCHEMA,
        "period_s": model.period_s,
        "trained_on": {
            "traces": it.traces,
            "duration_s": _short(it.duration_s),
            "mean_bps": _short(it.mean_bps),
            "cov": _short(it.cov),
            "lag1": _short(it.lag1),
        },
        "states": [
            {
                "share": _short(state.share),
                "rates_bps": [round(rate) for rate in state.rates_bps],
                "stay": _short(state.stay),
                "holds": [[_short(value), weight] for value, weight in state.holds],
                "latency_s": _short(state.latency_s),
                "next": [_short(chance) for chance in state.next],
            }
            for state in model.states
        ],
    }
    return json.dumps(document) + "\n"


def read_model(path: Path) -> FittedModel:
    """The model in a file. TraceError: it is none, with what is wrong."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise TraceError(f"is larger than {LARGEST_BYTES // 2**20} MiB; no fitted model is", source=path)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"cannot be read: {error}", source=path) from error
    return from_json(text, str(path))


def from_json(text: str, source: str = "model") -> FittedModel:
    """The model in `text`. TraceError: it is none."""
    try:
        data = json.loads(text)
        if data["kind"] != KIND or data["schema"] != SCHEMA:
            raise TraceError(f"is no {KIND} of schema {SCHEMA}; `evenflow trace fit` makes one", source=source)
        model = _model(data)
    except TraceError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError) as error:
        problem = f"is no fitted model ({type(error).__name__}: {str(error)[:80]}); `evenflow trace fit` makes one"
        raise TraceError(problem, source=source) from error
    return model


def _model(data: Mapping[str, Any]) -> FittedModel:
    count = len(data["states"])
    if not 1 <= count <= MOST_STATES:
        raise ValueError(f"{count} states")
    states = tuple(_state(it, count) for it in data["states"])
    trained = {name: _number(data["trained_on"][name]) for name in ("duration_s", "mean_bps", "cov")}
    trained_on = TrainingSet(int(data["trained_on"]["traces"]), **trained, lag1=float(data["trained_on"]["lag1"]))
    period_s = _number(data["period_s"])
    if not 0.01 <= period_s <= 3600:
        raise ValueError(f"period_s is {period_s}")
    if not any(max(state.rates_bps) >= 1000 for state in states):
        raise ValueError("no state carries anything")
    if not any(state.share > 0 for state in states):
        raise ValueError("no state has a share")
    return FittedModel(period_s, states, trained_on)


def _state(it: Mapping[str, Any], count: int) -> State:
    rates = tuple(_number(rate) for rate in it["rates_bps"])
    holds: Weighted = tuple((_number(value), _number(weight)) for value, weight in it["holds"])
    after = tuple(_number(chance) for chance in it["next"])
    if not 1 <= len(rates) <= MOST_POINTS or not 1 <= len(holds) <= MOST_POINTS or len(after) != count:
        raise ValueError("a state's lists are empty, too long, or not of one length with the states")
    if not sum(after) > 0 or not sum(weight for _, weight in holds) > 0:
        raise ValueError("a state without any weight")
    return State(_number(it["share"]), rates, min(1.0, _number(it["stay"])), holds, _number(it["latency_s"]), after)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and 0 <= value < 1e15):
        raise ValueError(f"{str(value)[:20]} where a number of 0 or more is due")
    return float(value)


def _short(value: float) -> float:
    return float(f"{value:.6g}")
