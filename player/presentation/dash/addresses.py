"""Where a Representation's segments are: BaseURL (5.6), SegmentTemplate's identifiers (5.3.9.4.4), byte ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urljoin

from player.presentation.dash.tree import Manifest, Node
from player.presentation.segment import ByteRange
from player.presentation.uris import LONGEST_URI

LONGEST_TEMPLATE = 2048
MOST_IDENTIFIERS = 32
LARGEST_OFFSET = 2**50
VARYING = {"Number", "Time"}
# Characters for private use, which no address has: urljoin leaves them where they are.
_MARKS = 0xE000
_MARK = re.compile("[\ue000-\uf8ff]")
_IDENTIFIER = re.compile(r"\$(?:([A-Za-z]+)(?:%0(\d{1,2})d)?)?\$")
_RANGE = re.compile(r"(\d{1,16})-(\d{1,16})")


class Template:
    """One address with `$...$` in it.

    Raises: ValueError for an identifier that is not one, or a stray dollar sign.
    """

    def __init__(self, text: str, representation_id: str, bandwidth: int) -> None:
        if len(text) > LONGEST_TEMPLATE:
            raise ValueError(f"a template is longer than {LONGEST_TEMPLATE} characters")
        self._fixed = {"RepresentationID": representation_id, "Bandwidth": bandwidth, "": "$"}
        self._literal = _IDENTIFIER.split(text)
        self._check(text)

    def _check(self, text: str) -> None:
        if text.count("$") > MOST_IDENTIFIERS:
            raise ValueError(f"the template {text[:80]!r} has too many identifiers")
        names = set(self._literal[1::3])
        if names - {None, "", "RepresentationID", "Bandwidth", "Number", "Time"}:
            raise ValueError(f"the template {text[:80]!r} has an identifier that is not supported")
        if any("$" in part for part in self._literal[0::3]):
            raise ValueError(f"the template {text[:80]!r} has a dollar sign too many")

    @property
    def varies(self) -> bool:
        return bool(VARYING & set(self._literal[1::3]))

    def located(self, manifest: Manifest, base: str) -> Callable[[int, int], str]:
        """The absolute address within `base`, as a function of number and time.

        It is joined once, with marks in place of the numbers: digits in a path change nothing about how it is joined.
        """
        marks = {at: chr(_MARKS + at) for at in range(1, len(self._literal), 3) if self._literal[at] in VARYING}
        parts = [marks.get(at) or self._one(at, 0, 0) for at in range(len(self._literal)) if at % 3 != 2]
        manifest.join(base, self.filled())  # is it one, at all?
        joined = urljoin(base, "".join(parts).strip())
        netloc = joined.partition("//")[2].partition("/")[0]
        if _MARK.search(netloc) or len(_MARK.findall(joined)) != len(marks):
            return lambda number, time: manifest.join(base, self.filled(number, time))
        pieces = _MARK.split(joined)

        def address(number: int, time: int) -> str:
            out = [pieces[0]]
            for at, piece in zip(marks, pieces[1:], strict=True):
                out += (self._one(at, number, time), piece)
            uri = "".join(out)
            if len(uri) > LONGEST_URI:
                raise manifest.unreadable(f"an address is longer than {LONGEST_URI} characters")
            return uri

        return address

    def filled(self, number: int = 0, time: int = 0) -> str:
        """The address of the segment with this number, or that begins at this time."""
        return "".join(self._one(at, number, time) for at in range(len(self._literal)) if at % 3 != 2)

    def _one(self, at: int, number: int, time: int) -> str:
        """What stands at this place of the template: text as it is, an identifier's value in its width."""
        if at % 3 == 0:
            return self._literal[at]
        name, width = self._literal[at] or "", self._literal[at + 1]
        value = number if name == "Number" else time if name == "Time" else self._fixed[name]
        return f"{value:0{int(width)}d}" if width and isinstance(value, int) else str(value)


def byte_range(manifest: Manifest, text: str | None) -> ByteRange | None:
    """`<first>-<last>`, both included (as in HTTP); None for none."""
    if text is None:
        return None
    match = _RANGE.fullmatch(text.strip())
    if match is None or not int(match[1]) <= int(match[2]) <= LARGEST_OFFSET:
        raise manifest.unreadable(f"the byte range {text[:40]!r} is not <first>-<last>")
    return ByteRange(int(match[1]), int(match[2]) - int(match[1]) + 1)


def base_of(manifest: Manifest, outer: str, nodes: Sequence[Node]) -> str:
    """The base URI within `outer` after going in through `nodes`, each of which may have BaseURLs: the first counts."""
    base = outer
    for node in nodes:
        for url in (node.base_urls or [])[:1]:
            base = manifest.join(base, (url.base_url_value or "").strip())
    return base


def pathways(manifest: Manifest) -> dict[str, str]:
    """The MPD's own base URIs by their serviceLocation; more than one are pathways (the first begins)."""
    found: dict[str, str] = {}
    for number, url in enumerate((manifest.mpd.base_urls or [])[:32]):
        base = manifest.join(manifest.uri, (url.base_url_value or "").strip())
        name = (url.service_location or "").strip()[:64] or ("." if number == 0 else f"base-{number + 1}")
        found.setdefault(name, base[: base.rfind("/") + 1])
    return found
