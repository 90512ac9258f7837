"""Tables where there is no terminal to draw them: columns aligned, the first to the left, figures to the right."""

from __future__ import annotations

from collections.abc import Sequence


def print_plain(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows`, all of one length; the first one holds the columns' names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        first, *others = zip(cells, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip())
