"""Answers to what recordings cannot say: from the command line, and once per folder from a file beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from abr.trace.model import TraceError
from abr.trace.source import Direction, GapRule, IdleRule, Options, RowRule
from abr.trace.units import RATE_UNITS

SIDECAR = "evenflow-traces.json"
LARGEST_SIDECAR_BYTES = 64 * 1024
LONGEST_ROUND_TRIP_S = 60.0


@dataclass(frozen=True, slots=True)
class Answers:
    """None where nothing was said. The meanings are those of `abr.trace.source.Options`."""

    format: str | None = None
    unit: str | None = None
    gaps: GapRule | None = None
    idle: IdleRule | None = None
    direction: Direction | None = None
    rows: RowRule | None = None
    round_trip_s: float | None = None

    def over(self, others: Answers) -> Answers:
        """These, and the others' where these say nothing."""
        said = {it.name: getattr(self, it.name) for it in fields(self) if getattr(self, it.name) is not None}
        return replace(others, **said)

    def options(self) -> Options:
        """What a reader gets."""
        usual = Options()
        return Options(
            self.unit,
            self.gaps or usual.gaps,
            self.idle or usual.idle,
            self.direction or usual.direction,
            self.rows,
            self.round_trip_s,
        )

    def check(self, source: str | Path = "") -> None:
        """TraceError when an answer is none of those there are."""
        if self.unit is not None and self.unit not in RATE_UNITS:
            raise TraceError(f"there is no unit {self.unit!r}; there are: {', '.join(RATE_UNITS)}", source=source)
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in known:
                raise TraceError(f"{name} is {value!r}; there are: {', '.join(known)}", source=source)
        span_s = self.round_trip_s
        if span_s is not None and not (isfinite(span_s) and 0 <= span_s <= LONGEST_ROUND_TRIP_S):
            problem = f"round_trip_s is {span_s!r}; it lies from 0 to {LONGEST_ROUND_TRIP_S:g} s"
            raise TraceError(problem, source=source)


NOTHING_SAID = Answers()
_CHOICES: dict[str, tuple[str, ...]] = {
    "gaps": get_args(GapRule),
    "idle": get_args(IdleRule),
    "direction": get_args(Direction),
    "rows": get_args(RowRule),
}


def beside(file: Path) -> Answers:
    """What `evenflow-traces.json` in the recording's own folder says; nothing when there is none.

    TraceError: it is no JSON object of answers.
    """
    sidecar = file.parent / SIDECAR
    try:
        if not sidecar.is_file():
            return NOTHING_SAID
        if sidecar.stat().st_size > LARGEST_SIDECAR_BYTES:
            raise TraceError("is too large for a few answers", source=sidecar)
        data = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TraceError(f"cannot be read: {error.strerror or error}", source=sidecar) from error
    except TraceError:
        raise
    except (ValueError, RecursionError) as error:
        raise TraceError(f"is no JSON: {error}", source=sidecar) from error
    answers = _answers(data, sidecar)
    answers.check(sidecar)
    return answers


def _answers(data: Any, sidecar: Path) -> Answers:
    known = [it.name for it in fields(Answers)]
    if not isinstance(data, dict) or any(key not in known for key in data):
        raise TraceError(f"is an object with some of: {', '.join(known)}", source=sidecar)
    for key, value in data.items():
        wanted = (int, float) if key == "round_trip_s" else (str,)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise TraceError(
                f"{key} is {value!r}, not a {'number' if key == 'round_trip_s' else 'word'}", source=sidecar
            )
    return Answers(**data)
