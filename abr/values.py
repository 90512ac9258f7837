"""`@value`: an immutable record as the type checker sees it, as cheap as a plain slotted class at run time.

A frozen dataclass pays one `object.__setattr__` a field; the simulator makes five records a chunk, and that was half
of its time. mypy (strict, in the test command) refuses an assignment to a field just the same (PEP 681).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Class decorator: fields, equality, hash and repr of a dataclass; nobody assigns to it."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
