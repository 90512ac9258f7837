"""Who's watching, ready to be shown: a tile for each profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from player.service.model import Person

COLOURS = {
    "amber": "#FFC56B",
    "teal": "#4FD8B4",
    "violet": "#B79CFF",
    "rose": "#FF8FB1",
    "sky": "#7AA2FF",
    "lime": "#B6E06A",
    "coral": "#FF9B7A",
    "slate": "#A9B1C3",
}
"""The gateway's names of colours; dark ink on every one of them has a contrast of 4.5 or more."""
MOST_PROFILES = 8
PIN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class PersonView:
    """One tile."""

    id: str
    name: str
    initial: str
    colour: str
    kids: bool
    locked: bool
    says: str
    """What a screen reader says."""


def people_view(people: Sequence[Person]) -> tuple[PersonView, ...]:
    """All tiles, in the account's order."""
    return tuple(
        PersonView(
            person.id,
            person.name,
            person.name[:1].upper(),
            COLOURS.get(person.colour, COLOURS["slate"]),
            person.kids,
            person.locked,
            ", ".join([person.name, *(["Kids"] if person.kids else []), *(["locked"] if person.locked else [])]),
        )
        for person in people
    )


def pin_problem(pin: str, *, may_be_empty: bool) -> str:
    """Why this is no PIN; empty when it is one."""
    if not pin and may_be_empty:
        return ""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return f"A PIN has {PIN_DIGITS} digits."
    return ""
