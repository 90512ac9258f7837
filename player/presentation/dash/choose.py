"""Which AdaptationSets of a Period are played: one family of pictures, one sound and one text a language and role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from player.presentation.dash.encoding import Encoding, Inherited, Span, describe
from player.presentation.dash.segments import Budget, with_segments
from player.presentation.dash.tree import Manifest, Node, inside
from player.presentation.errors import PresentationError
from player.presentation.model import Kind
from player.presentation.segment import Container

MOST_SETS = 256
MOST_REPRESENTATIONS = 256
_ROLE = "urn:mpeg:dash:role:2011"
# Properties that a player must know to use the set, and that change nothing about decoding it: colours.
_KNOWN = ("urn:mpeg:mpegB:cicp:", "urn:mpeg:dash:adaptation-set-switching:")
_SYSTEMS = {
    "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed": "Widevine",
    "9a04f079-9840-4286-ab92-e65be0885f95": "PlayReady",
    "94ce86fb-07ff-4f43-adb8-93d2fa968ca2": "FairPlay",
    "e2719d58-a985-b3c9-781a-b030af78d30e": "Clear Key",
    "urn:mpeg:dash:mp4protection:2011": "Common Encryption",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One AdaptationSet that is played in one Period, its encodings ascending by bit rate."""

    kind: Kind
    encodings: tuple[Encoding, ...]
    language: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Kind, str, tuple[str, ...]]:
        """What it has in common with its continuation in the next Period."""
        return self.kind, self.language, self.roles


@dataclass(frozen=True, slots=True)
class _Set:
    """An AdaptationSet as it may be chosen."""

    kind: Kind
    node: Node
    described: tuple[tuple[Encoding, Inherited], ...]
    protection: str
    roles: tuple[str, ...]

    @property
    def preference(self) -> tuple[int, bool, int]:
        """Family, then the main role, then the longer ladder; the smallest is chosen."""
        family = self.described[0][0].family
        return 99 if family is None else family, bool(self.roles) and "main" not in self.roles, -len(self.described)


def choices(manifest: Manifest, period: Node, span: Span, budget: Budget) -> tuple[Choice, ...]:
    """The Period's pictures, then its sounds and texts.

    Raises: `PresentationError`, also when all pictures, or all of a sound, are protected.
    """
    sets = list(_sets(manifest, period, span))
    open_sets = [one for one in sets if not one.protection]
    for kind in (Kind.VIDEO, Kind.AUDIO):
        locked = [one.protection for one in sets if one.kind is kind and one.protection]
        if locked and not any(one.kind is kind for one in open_sets):
            raise manifest.protected(locked[0])
    video = [one for one in open_sets if one.kind is Kind.VIDEO]
    if not video:
        raise manifest.unsupported("A title without video")
    best = min(video, key=lambda one: one.preference)
    sounds = _one_each(open_sets, Kind.AUDIO)
    texts = _one_each(open_sets, Kind.SUBTITLES)
    return tuple(_choice(one, one is best, budget) for one in (best, *sounds, *texts))


def _sets(manifest: Manifest, period: Node, span: Span) -> Iterator[_Set]:
    nodes = period.adaptation_sets or []
    if len(nodes) > MOST_SETS or sum(len(node.representations or []) for node in nodes) > MOST_REPRESENTATIONS:
        raise manifest.unreadable(f"a Period has more than {MOST_SETS} sets or {MOST_REPRESENTATIONS} Representations")
    for node in nodes:
        kind = _kind(node)
        if kind is None or not node.representations or _needs_more(node):
            continue
        inherited = [Inherited(manifest, period, node, representation) for representation in node.representations]
        described = [(describe(one, span), one) for one in inherited]
        usable = [one for one in described if one[0].container is not Container.UNTOLD]
        if kind is Kind.SUBTITLES:
            usable = [one for one in usable if one[0].container is Container.WEBVTT]
        if usable:
            usable.sort(key=lambda one: one[0].bitrate_bps)
            yield _Set(kind, node, tuple(usable), _protection(node), _roles(node))


def _kind(node: Node) -> Kind | None:
    first = (node.representations or [None])[0]
    mime = node.mime_type or (first.mime_type if first else None) or ""
    told = (node.content_type or mime.partition("/")[0]).lower()
    if told in ("text", "application") and mime != "application/mp4":
        return Kind.SUBTITLES
    return {"video": Kind.VIDEO, "audio": Kind.AUDIO}.get(told)


def _needs_more(node: Node) -> bool:
    """Must a player know something that we do not (trick modes, tiles)? Then the set is not for us (5.8.4.8)."""
    properties = [*(node.essential_properties or []), *(node.supplemental_properties or [])]
    essential = node.essential_properties or []
    trick = any("trickmode" in (p.scheme_id_uri or "") for p in properties)
    return trick or any(not (p.scheme_id_uri or "").startswith(_KNOWN) for p in essential)


def _protection(node: Node) -> str:
    """By what the set is protected; empty when it is not."""
    found = list(node.content_protections or [])
    for representation in node.representations or []:
        found += representation.content_protections or []
    names = {_system(item.scheme_id_uri or "") for item in found}
    return ", ".join(sorted(names)[:6])


def _system(scheme: str) -> str:
    name = scheme.lower().removeprefix("urn:uuid:")
    return _SYSTEMS.get(name, scheme[:60] or "an unnamed system")


def _roles(node: Node) -> tuple[str, ...]:
    found = {(role.value or "")[:64] for role in node.roles or [] if role.scheme_id_uri == _ROLE}
    if node.accessibilities:
        found.add("accessibility")
    return tuple(sorted(found - {""}))


def _one_each(sets: Iterable[_Set], kind: Kind) -> list[_Set]:
    """One set for each language and role: of several, the codec preferred, then the first."""
    chosen: dict[tuple[str, tuple[str, ...]], _Set] = {}
    for one in sets:
        key = (one.node.lang or "")[:64], one.roles
        if one.kind is not kind:
            continue
        known = chosen.get(key)
        if known is None or one.described[-1][0].sound < known.described[-1][0].sound:
            chosen[key] = one
    return list(chosen.values())


def _choice(one: _Set, whole_ladder: bool, budget: Budget) -> Choice:
    """The set with its segments: all encodings of the pictures, the best one of a sound or a text."""
    described = _ladder(one.described) if whole_ladder else one.described[-1:]
    encodings = tuple(with_segments(encoding, inherited, budget) for encoding, inherited in described)
    language = (one.node.lang or "")[:64]
    spoken = [role for role in one.roles if role != "main"]
    name = (one.node.label or " ".join([language, *spoken]).strip())[:256]
    return Choice(one.kind, encodings, language, name, one.roles)


def _ladder(described: tuple[tuple[Encoding, Inherited], ...]) -> list[tuple[Encoding, Inherited]]:
    """One family, one rung a bit rate."""
    family = described[0][0].family
    rungs = {one[0].bitrate_bps: one for one in reversed(described) if one[0].family == family}
    return [rungs[rate] for rate in sorted(rungs)]


def refuse_period(manifest: Manifest, element_number: int) -> None:
    """Raise for what a Period says outside of its sets: protection of all of it, or contents that are elsewhere."""
    element = list(inside(manifest.root, "Period"))[element_number]
    for item in inside(element, "ContentProtection"):
        raise manifest.protected(_system(item.get("schemeIdUri", "")))
    if any(name.endswith("}href") for child in (element, *inside(element, "AdaptationSet")) for name in child.attrib):
        raise _remote(manifest)


def _remote(manifest: Manifest) -> PresentationError:
    return manifest.unsupported("An MPD with parts kept elsewhere (xlink:href)")
