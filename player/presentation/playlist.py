"""One HLS playlist's text, bounded before the m3u8 library sees it, with checked access to what it says."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from m3u8.parser import parse as parse_m3u8

from player.presentation.attributes import Variables, attributes
from player.presentation.errors import ADVICE, NOT_YET, PROTECTED, PresentationError
from player.presentation.uris import join_http, shown

__all__ = ["ADVICE", "LARGEST_BYTES", "NOT_YET", "Fields", "Playlist", "PresentationError"]

LARGEST_BYTES = 2 * 2**20
LONGEST_LINE = 8192
MOST_LINES = 400_000
MOST_SEGMENTS = 50_000
MOST_KEY_FORMATS = 16
# A long base address before many short references would multiply the text; no title's addresses come near this.
MOST_ADDRESS_CHARACTERS = 16 * 2**20

Fields = dict[str, Any]
# RFC 8216bis 4.1: no control characters but line breaks; tabs are harmless, and people write them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_OURS = ("#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-GAP", "#EXT-X-DATERANGE")
# The library takes these for line breaks; HLS does not.
_NO_BREAKS = str.maketrans(dict.fromkeys("\x85\u2028\u2029", " "))


class Playlist:
    """The parsed fields of one playlist, with checked access: everything wrong in it names the playlist.

    Beside the library's fields, every segment has its `line`, its `keys` by KEYFORMAT (none: not told; empty: METHOD is
    NONE) in `key`, its EXT-X-MAP with the keys at that place in `init_section`, its `date_s` and whether it is a `gap`.
    """

    def __init__(self, text: str, uri: str, imported: Mapping[str, str] | None = None) -> None:
        self.uri = uri
        self.variables: dict[str, str] = {}
        self._line = 0
        self._joined = ("", "")
        self._address_characters = 0
        self._bound(text)
        text = self._expanded(text, imported) if "#EXT-X-DEFINE" in text else text
        try:
            self.fields: Fields = parse_m3u8(  # type: ignore[no-untyped-call]
                text.translate(_NO_BREAKS), strict=False, custom_tags_parser=self._see
            )
        except PresentationError:
            raise
        # The library answers odd input with whatever Python raises inside it: a dozen types, none documented.
        except Exception as error:
            raise self.unreadable("the tag makes no sense", self._line) from error

    def unreadable(self, why: str, line: int | None = None) -> PresentationError:
        where = f", line {line}" if line else ""
        return PresentationError(f"Unreadable playlist {shown(self.uri)}{where}: {why}.")

    def unsupported(self, what: str) -> PresentationError:
        return PresentationError(f"{what} is not supported yet ({shown(self.uri)}).", NOT_YET)

    def protected(self, how: str) -> PresentationError:
        return PresentationError(f"The title is protected ({how}), and this player can't unlock it.", PROTECTED)

    def absolute(self, reference: object, line: int | None = None) -> str:
        if not isinstance(reference, str) or not reference:
            raise self.unreadable("an address is missing", line)
        # Byte ranges name the same resource over and over.
        if reference != self._joined[0]:
            try:
                self._joined = reference, join_http(self.uri, reference)
            except ValueError as error:
                raise self.unreadable(str(error), line) from error
            self._address_characters += len(self._joined[1])
            if self._address_characters > MOST_ADDRESS_CHARACTERS:
                raise self.unreadable(f"its addresses are longer than {MOST_ADDRESS_CHARACTERS} characters together")
        return self._joined[1]

    def number(self, value: object, what: str, most: float, line: int | None = None, least: float = 0.0) -> float:
        """A finite number in `least`..`most`; anything else is the playlist's fault."""
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError) as error:
            raise self.unreadable(f"{what} is not a number", line) from error
        if not math.isfinite(number) or not least <= number <= most:
            raise self.unreadable(f"{what} is out of bounds", line)
        return number

    def text(self, value: object, longest: int = 256) -> str:
        return value[:longest] if isinstance(value, str) else ""

    def _bound(self, text: str) -> None:
        if len(text) > LARGEST_BYTES:
            raise self.unreadable(f"it is larger than {LARGEST_BYTES // 2**20} MiB")
        if not text.lstrip("\ufeff").startswith("#EXTM3U"):
            raise self.unreadable("it does not begin with #EXTM3U, so it is no playlist", 1)
        control = _CONTROL.search(text)
        if control is not None:
            kind = "zero byte" if control[0] == "\0" else "control character"
            raise self.unreadable(f"it holds a {kind}", text.count("\n", 0, control.start()) + 1)
        if text.count("\n") >= MOST_LINES:
            raise self.unreadable(f"it has more than {MOST_LINES} lines")
        if text.count("#EXTINF") > MOST_SEGMENTS:
            raise self.unreadable(f"it lists more than {MOST_SEGMENTS} segments")
        self._bound_lines(text)

    def _bound_lines(self, text: str) -> None:
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LONGEST_LINE:
                raise self.unreadable(f"the line is longer than {LONGEST_LINE} characters", number)

    def _expanded(self, text: str, imported: Mapping[str, str] | None) -> str:
        """The text with its variables put in, within the same bounds."""
        variables = Variables(self.uri, imported)
        lines, characters = [], 0
        for number, line in enumerate(text.translate(_NO_BREAKS).splitlines(), 1):
            try:
                lines.append(variables.applied(line))
            except ValueError as error:
                raise self.unreadable(str(error), number) from error
            characters += len(lines[-1]) + 1
            if characters > LARGEST_BYTES or len(lines[-1]) > LONGEST_LINE:
                raise self.unreadable("its variables make it too long", number)
        self.variables = variables.values
        return "\n".join(lines)

    def _see(self, line: str, number: int, _data: Fields, state: Fields) -> bool:
        """Called by the library before each tag: remembers where we are, and reads what the library would lose.

        It keeps one key where there may be one for each KEYFORMAT, and not which key an EXT-X-MAP stands under.
        """
        self._line = number
        tag = line.partition(":")[0]
        if tag == "#EXTINF":
            state.setdefault("segment", {})["line"] = number
        elif tag == "#EXT-X-KEY":
            state["current_key"] = _keys(state["current_key"], attributes(line))
            if len(state["current_key"]) > MOST_KEY_FORMATS:
                raise self.unreadable(f"more than {MOST_KEY_FORMATS} kinds of key are in force at once", number)
        elif tag == "#EXT-X-MAP":
            state["current_segment_map"] = {**attributes(line), "keys": state["current_key"], "line": number}
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            state.setdefault("segment", {})["date_s"] = _date_s(line.partition(":")[2])
        elif tag == "#EXT-X-GAP":
            state.setdefault("segment", {})["gap"] = True
        # The library knows a tag by how it begins: one that only begins like ours is unknown, and not for it to read.
        return tag.startswith(_OURS)


def _keys(before: Fields | None, fields: dict[str, str]) -> Fields:
    """The keys in force after one more EXT-X-KEY: it replaces the one of its KEYFORMAT; NONE replaces all."""
    if fields.get("METHOD", "").upper() == "NONE":
        return {"": None}
    kept = {name: key for name, key in (before or {}).items() if key is not None}
    return {**kept, fields.get("KEYFORMAT", "identity"): fields}


def _date_s(text: str) -> float | None:
    """Seconds since 1970; None when it is no date: the title plays without it. Without a zone it is taken as UTC."""
    try:
        date = datetime.fromisoformat(text.strip())
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
