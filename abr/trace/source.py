"""What every reader gets: the text, where it is from, and the answers to what the text cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from abr.trace.model import Step, TraceError
from abr.trace.units import bits_per

GapRule = Literal["hold", "zero", "fail"]
LONG_GAP_S = 10.0
"""A longer span between two rows is a gap in the recording, not a slow clock."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may have to tell: the unit of rate, and what a gap in the recording stands for.

    `hold`: the rate goes on; `zero`: an outage; `fail`: stop with the line.
    """

    unit: str | None = None
    gaps: GapRule = "hold"


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text."""

    name: str
    text: str
    options: Options = Options()

    def error(self, problem: str, line: int | None = None) -> TraceError:
        """The error to raise about this file."""
        return TraceError(problem, source=self.name, line=line)

    def rows(self) -> Iterator[tuple[int, str]]:
        """(line number, stripped text) of every line that says something; `#` starts a comment."""
        for number, raw in enumerate(self.text.splitlines(), 1):
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
            raise self.error(f"{text!r} is no number", line) from error
        if not isfinite(value) or value < 0:
            raise self.error(f"{text!r} is negative or endless; times and rates are 0 or more", line)
        return value

    def two_columns(self) -> list[tuple[int, float, float]]:
        """(line, first, second) of every row; TAB, space, comma or semicolon between; times must not go back."""
        table: list[tuple[int, float, float]] = []
        for line, text in self.rows():
            cells = text.replace(",", " ").replace(";", " ").split()
            if len(cells) != 2:
                raise self.error(f"expected two columns, found {len(cells)}", line)
            if not table and not _is_number(cells[0]):
                continue  # a header
            at, value = self.number(cells[0], line), self.number(cells[1], line)
            if table and at < table[-1][1]:
                raise self.error(f"the clock goes back from {table[-1][1]:g} to {at:g}; cut the file there", line)
            table.append((line, at, value))
        if len(table) < 2:
            raise self.error("needs at least two rows of numbers")
        return table

    def gap(self, duration_s: float, held_bps: float, line: int) -> Step:
        """The step for a span longer than `LONG_GAP_S` that was not recorded."""
        if self.options.gaps == "fail":
            problem = f"{duration_s:g} s are missing before this row; --gaps hold or --gaps zero says what they were"
            raise self.error(problem, line)
        return Step(duration_s, held_bps if self.options.gaps == "hold" else 0.0)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
