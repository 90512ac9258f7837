"""An MPD's XML, read within bounds by defusedxml, and shown to the mpegdash library's node mapping as it wants it.

The library's own door is not used: it opens files and addresses when the text is not an MPD, and its XML parser expands
entities.
"""

from __future__ import annotations

from collections.abc import Iterator, KeysView
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from player.presentation.errors import NOT_YET, PROTECTED, PresentationError
from player.presentation.uris import join_http, shown

LARGEST_BYTES = 2 * 2**20
MOST_ELEMENTS = 100_000
DEEPEST = 16
# What nothing here asks for is not mapped either: the library refuses a whole MPD for one odd number in an event.
PASSED_OVER = frozenset(
    ("ContentComponent", "EventStream", "InbandEventStream", "Metrics", "ProgramInformation", "Rating", "Subset")
)

Node = Any
"""A node of the mpegdash library, whose attributes are None when the MPD does not tell them."""


class Manifest:
    """One MPD with checked access: everything wrong in it names it."""

    def __init__(self, text: str, uri: str) -> None:
        self.uri = uri
        self.root = self._parsed(text)
        self.mpd: Node = self._mapped()

    def unreadable(self, why: str) -> PresentationError:
        return PresentationError(f"Unreadable MPD {shown(self.uri)}: {why}.")

    def unsupported(self, what: str) -> PresentationError:
        return PresentationError(f"{what} is not supported yet ({shown(self.uri)}).", NOT_YET)

    def protected(self, how: str) -> PresentationError:
        return PresentationError(f"The title is protected ({how}), and this player can't unlock it.", PROTECTED)

    def join(self, base: str, reference: str) -> str:
        try:
            return join_http(base, reference)
        except ValueError as error:
            raise self.unreadable(str(error)) from error

    def whole(self, value: Any, what: str, most: int, least: int = 0) -> int:
        """A whole number in `least`..`most`."""
        if not isinstance(value, int) or not least <= value <= most:
            raise self.unreadable(f"{what} is out of bounds, or not told")
        return value

    def _parsed(self, text: str) -> Element:
        # Loaded here: a title that is not DASH does not pay for it.
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import DefusedXMLParser

        if len(text) > LARGEST_BYTES:
            raise self.unreadable(f"it is larger than {LARGEST_BYTES // 2**20} MiB")
        builder = _Bounded()
        parser = DefusedXMLParser(target=builder, forbid_dtd=True)  # type: ignore[no-untyped-call]
        try:
            parser.feed(text.lstrip("\ufeff \t\r\n"))
            root: Element = parser.close()
        except DefusedXmlException as error:
            raise self.unreadable("it holds a document type or entities, which no MPD needs") from error
        except _TooMuch as error:
            raise self.unreadable(str(error)) from error
        except (ParseError, ValueError, AssertionError) as error:
            raise self.unreadable(f"it is not XML ({str(error)[:100]})") from error
        if local_name(root.tag) != "MPD":
            raise self.unreadable("its outermost element is not MPD")
        return root

    def _mapped(self) -> Node:
        from mpegdash.nodes import MPEGDASH

        for period in inside(self.root, "Period"):
            for adaptation in inside(period, "AdaptationSet"):
                # The library knows a label as an attribute only; since the third edition it is an element (5.3.3.2).
                label = next(inside(adaptation, "Label"), None)
                if label is not None and label.text:
                    adaptation.set("label", label.text.strip())
                # It takes an id for a number, which not every packager writes.
                adaptation.attrib.pop("id", None)
        node = MPEGDASH()  # type: ignore[no-untyped-call]
        try:
            node.parse(_Shown(self.root))  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise self.unreadable(f"an attribute makes no sense ({str(error)[:100]})") from error
        return node


def local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def inside(element: Element, name: str) -> Iterator[Element]:
    """The children of that name, whatever their namespace."""
    return (child for child in element if local_name(child.tag) == name)


class _TooMuch(Exception):
    pass


class _Bounded:
    """A tree builder that counts."""

    def __init__(self) -> None:
        self._inner = TreeBuilder()
        self._count = self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        self._count, self._depth = self._count + 1, self._depth + 1
        if self._count > MOST_ELEMENTS or self._depth > DEEPEST:
            raise _TooMuch(f"it has more than {MOST_ELEMENTS} elements, or they are nested deeper than {DEEPEST}")
        return self._inner.start(tag, attributes)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return self._inner.end(tag)

    def data(self, text: str) -> None:
        self._inner.data(text)

    def close(self) -> Element:
        return self._inner.close()


class _Text:
    __slots__ = ("nodeValue",)

    def __init__(self, text: str) -> None:
        self.nodeValue = text


class _Attributes:
    __slots__ = ("_element",)

    def __init__(self, element: Element) -> None:
        self._element = element

    def keys(self) -> KeysView[str]:
        return self._element.attrib.keys()

    def __getitem__(self, name: str) -> _Text:
        return _Text(self._element.attrib[name])


class _Shown:
    """An element as the part of minidom that mpegdash looks at; a hundredth of minidom's memory."""

    __slots__ = ("_children", "_element", "attributes", "localName", "nodeName")
    nodeType = ELEMENT_NODE = 1  # noqa: N815

    def __init__(self, element: Element) -> None:
        self._element = element
        self._children: list[_Shown] | None = None
        self.attributes = _Attributes(element)
        self.localName = self.nodeName = local_name(element.tag)

    @property
    def childNodes(self) -> list[_Shown]:  # noqa: N802
        if self._children is None:
            told = (child for child in self._element if local_name(child.tag) not in PASSED_OVER)
            self._children = [_Shown(child) for child in told]
        return self._children

    @property
    def firstChild(self) -> _Text | None:  # noqa: N802
        return _Text(self._element.text) if self._element.text else None
