"""What every reader gets: the text, where it is from, and the answers to what the text cannot say."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, NoReturn

from abr.trace.model import Step, TraceError
from abr.trace.units import bits_per

GapRule = Literal["hold", "zero", "fail"]
IdleRule = Literal["drop", "hold", "keep"]
Direction = Literal["down", "up"]
RowRule = Literal["from", "until"]

LONG_GAP_S = 10.0
"""A longer span between two rows is a gap in the recording, not a slow clock."""
LONGEST_LINE = 2**20
"""Characters; a row of numbers has a few dozen, a profile on one line some thousands."""
MOST_JSON_CONTAINERS = 1_000_000
MOST_JSON_VALUES = 10_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may have to tell about a recording.

    `unit` of the rates. `gaps`, spans that were not recorded: `hold`: the rate goes on; `zero`: an outage; `fail`:
    stop with the line. `idle`, spans in which nothing was asked for: `drop` them (busy time only); `hold` the rate of
    before; `keep` what was recorded, which is silence. `rows`: a row's rate holds `from` its time on or `until` its
    time; None: as the format has it. `round_trip_s`: the latency of a recording that carries none.
    """

    unit: str | None = None
    gaps: GapRule = "hold"
    idle: IdleRule = "drop"
    direction: Direction = "down"
    rows: RowRule | None = None
    round_trip_s: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text. `notes` collects what a reader met and how it took it."""

    name: str
    text: str
    options: Options = Options()
    notes: list[str] = field(default_factory=list, compare=False)

    def error(self, problem: str, line: int | None = None) -> TraceError:
        """The error to raise about this file."""
        return TraceError(problem, source=self.name, line=line)

    def note(self, text: str) -> None:
        """Remember what was assumed or met; the same words are kept once."""
        if text not in self.notes:
            self.notes.append(text)

    def rows(self) -> Iterator[tuple[int, str]]:
        """(line number, stripped text) of every line that says something; `#` starts a comment."""
        for number, raw in enumerate(self.text.splitlines(), 1):
            if len(raw) > LONGEST_LINE:
                raise self.error(f"a line of {len(raw)} characters is no row of a trace", number)
            line = raw.strip().lstrip("\ufeff")
            if line and not line.startswith("#"):
                yield number, line

    def scale(self, default_unit: str) -> float:
        """Bits per second in one unit of this file's rates."""
        return bits_per(self.options.unit or default_unit)

    def number(self, text: str, line: int) -> float:
        """A finite number that is not negative."""
        try:
            value = float(text)
        except ValueError as error:
            raise self.error(f"{text[:40]!r} is no number", line) from error
        if not isfinite(value) or value < 0:
            raise self.error(f"{text[:40]!r} is negative or endless; times and rates are 0 or more", line)
        return value

    def two_columns(self) -> list[tuple[int, float, float]]:
        """(line, first, second) of every row; TAB, space, comma or semicolon between; times must not go back."""
        table: list[tuple[int, float, float]] = []
        for line, text in self.rows():
            cells = text.replace(",", " ").replace(";", " ").split()
            if len(cells) != 2:
                raise self.error(f"expected two columns, found {len(cells)}", line)
            if not table and not is_number(cells[0]):
                continue  # a header
            at, value = self.number(cells[0], line), self.number(cells[1], line)
            if table and at < table[-1][1]:
                raise self.error(f"the clock goes back from {table[-1][1]:g} to {at:g}; cut the file there", line)
            table.append((line, at, value))
        if len(table) < 2:
            raise self.error("needs at least two rows of numbers")
        return table

    def header(self) -> tuple[str, list[str]]:
        """What parts the columns (comma, semicolon, TAB, else blanks), and the names in the first line."""
        first = next(self.rows(), (0, ""))[1]
        mark = max(",;\t", key=first.count)
        mark = mark if mark in first else " "
        return mark, [cell.strip() for cell in _cells(first, mark)]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of every row under the header, each with as many cells as that."""
        mark, names = self.header()
        rows = self.rows()
        next(rows, None)
        for line, text in rows:
            cells = _cells(text, mark)
            if len(cells) != len(names):
                raise self.error(f"has {len(cells)} columns, the header {len(names)}", line)
            yield line, cells

    def preamble(self) -> str:
        """What stands in words before the numbers: comments and a header, of the first lines."""
        words = []
        for raw in self.text[:4096].splitlines():
            line = raw.strip().lstrip("\ufeff")
            cells = line.replace(",", " ").replace(";", " ").split()
            if cells and is_number(cells[0]):
                break
            words.append(line)
        return "\n".join(words)

    def json(self) -> Any:
        """The text as JSON, bounded in values and depth."""
        text = self.text.lstrip("\ufeff")
        if text.count("[") + text.count("{") > MOST_JSON_CONTAINERS or text.count(",") > MOST_JSON_VALUES:
            raise self.error("holds more JSON values than a recording has; cut it")
        try:
            return json.loads(text, parse_constant=self._no_constant)
        except json.JSONDecodeError as error:
            raise self.error(f"is cut off or no JSON: {error}", error.lineno) from error
        except RecursionError as error:
            raise self.error("is JSON nested too deeply for a recording") from error
        except TraceError:
            raise
        except ValueError as error:  # a whole number of thousands of digits
            raise self.error(f"is no JSON of a recording: {error}") from error

    def gap(self, duration_s: float, held_bps: float, line: int) -> Step:
        """The step for a span longer than `LONG_GAP_S` that was not recorded."""
        if self.options.gaps == "fail":
            problem = f"{duration_s:g} s are missing before this row; --gaps hold or --gaps zero says what they were"
            raise self.error(problem, line)
        self.note("gaps over 10 s: the rate goes on" if self.options.gaps == "hold" else "gaps over 10 s: outages")
        return Step(duration_s, held_bps if self.options.gaps == "hold" else 0.0)

    def _no_constant(self, text: str) -> NoReturn:
        raise self.error(f"holds {text}, which is no number of a recording")


def _cells(text: str, mark: str) -> list[str]:
    """A row's cells, with quotes as in CSV; a row that is none has no cells."""
    if mark == " ":
        return text.split()
    try:
        return next(csv.reader([text], delimiter=mark), [])
    except csv.Error:
        return []


def is_number(text: str) -> bool:
    """Whether Python reads it as one."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def json_number(value: object, largest: float = 1e15) -> float | None:
    """A JSON value as a number from 0 to `largest`; None when it is anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        return None
    return float(value)
