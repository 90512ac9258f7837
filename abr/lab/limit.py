"""A sample of traces that is spread evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from abr.trace.model import Trace

T = TypeVar("T")


def evenly(items: Sequence[T], count: int) -> list[T]:
    """`count` of `items`, from the middle of as many equal parts; all of them when there are no more."""
    if count >= len(items):
        return list(items)
    return [items[(2 * part + 1) * len(items) // (2 * count)] for part in range(count)]


def limited(loaded: Sequence[tuple[Trace, str]], count: int) -> list[tuple[Trace, str]]:
    """`count` traces of every family, evenly over its order; the order stays."""
    families: dict[str, list[int]] = {}
    for position, (trace, _) in enumerate(loaded):
        families.setdefault(trace.family, []).append(position)
    chosen = {position for positions in families.values() for position in evenly(positions, count)}
    return [it for position, it in enumerate(loaded) if position in chosen]
