"""Pathways: where the same title is served from, found by comparing where one variant lives on each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

DEFAULT_PATHWAY = "."
BACKUP = "backup-"
# A common ending is looked for in the last characters only: addresses that differ before that have another base.
LONGEST_TAIL = 2048


class Placed(Protocol):
    """What has an address on a pathway, and an identity that its twins elsewhere share."""

    @property
    def uri(self) -> str: ...
    @property
    def pathway_id(self) -> str: ...
    @property
    def likeness(self) -> tuple[object, ...]: ...


V = TypeVar("V", bound=Placed)


def redundant_apart(variants: Sequence[V]) -> list[V]:
    """The variants, redundant ones (same attributes, another address; RFC 8216bis 4.4.6.2) on pathways of their own.

    Two variants with one address are not redundant: they differ in the groups beside them.
    """
    seen: dict[tuple[object, ...], dict[str, int]] = {}
    apart = []
    for variant in variants:
        places = seen.setdefault((variant.pathway_id, variant.likeness), {})
        place = places.setdefault(variant.uri, len(places))
        apart.append(
            replace(variant, pathway_id=f"{BACKUP}{place}") if place else variant  # type: ignore[type-var]
        )
    return apart


def bases(variants: Iterable[Placed], starting_id: str) -> dict[str, str]:
    """Each pathway's base URI; a backup that does not serve everything under one base is left out."""
    twins: dict[tuple[object, ...], dict[str, str]] = {}
    for variant in variants:
        twins.setdefault(variant.likeness, {}).setdefault(variant.pathway_id, variant.uri)
    most = max((uris for uris in twins.values() if starting_id in uris), key=len)
    home = most[starting_id]
    others = {pathway_id: uri for pathway_id, uri in most.items() if pathway_id != starting_id}
    tails = {pathway_id: _common_tail(home, uri) for pathway_id, uri in others.items()}
    usable = [tail for tail in tails.values() if tail]
    if not usable:
        return {starting_id: home[: home.rfind("/") + 1]}
    tail = min(usable, key=len)
    found = {starting_id: home.removesuffix(tail)}
    for pathway_id, uri in others.items():
        base = uri.removesuffix(tail)
        if tails[pathway_id] and (
            not pathway_id.startswith(BACKUP) or _serves(twins, starting_id, pathway_id, found[starting_id], base)
        ):
            found[pathway_id] = base
    return found


def _serves(twins: dict[tuple[object, ...], dict[str, str]], start: str, other: str, home: str, base: str) -> bool:
    """Does replacing `home` by `base` give the other pathway's address for every variant that it has?"""
    pairs = [(uris[start], uris[other]) for uris in twins.values() if start in uris and other in uris]
    return all(one.startswith(home) and base + one[len(home) :] == two for one, two in pairs)


def _common_tail(one: str, other: str) -> str:
    """The longest common ending that begins after a slash, so that no host name is cut in two."""
    length = 0
    while length < min(len(one), len(other), LONGEST_TAIL) and one[-1 - length] == other[-1 - length]:
        length += 1
    tail = one[len(one) - length :] if length else ""
    return tail[tail.find("/") + 1 :] if "/" in tail else ""
