"""One playlist's text, bounded before the m3u8 library sees it, and the error that every reader of it raises."""

from __future__ import annotations

import math
from typing import Any

from m3u8.parser import parse as parse_m3u8

from player.presentation.uris import join_http, shown

LARGEST_BYTES = 2 * 2**20
LONGEST_LINE = 8192
MOST_LINES = 400_000
ADVICE = "Check the address, or ask whoever serves the title to check the playlist."
NOT_YET = "Choose another title, or another version of this one."

Fields = dict[str, Any]


class PresentationError(Exception):
    """A title that cannot be read or is not supported yet. `advice` says what to do next."""

    def __init__(self, message: str, advice: str = ADVICE) -> None:
        super().__init__(message)
        self.advice = advice


class Playlist:
    """The parsed fields of one playlist, with checked access: everything wrong in it names the playlist."""

    def __init__(self, text: str, uri: str) -> None:
        self.uri = uri
        self._line = 0
        self._joined = ("", "")
        self._bound(text)
        try:
            self.fields: Fields = parse_m3u8(  # type: ignore[no-untyped-call]
                text, strict=False, custom_tags_parser=self._see
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

    def absolute(self, reference: object, line: int | None = None) -> str:
        if not isinstance(reference, str) or not reference:
            raise self.unreadable("an address is missing", line)
        # Byte ranges name the same resource over and over.
        if reference != self._joined[0]:
            try:
                self._joined = reference, join_http(self.uri, reference)
            except ValueError as error:
                raise self.unreadable(str(error), line) from error
        return self._joined[1]

    def number(self, value: object, what: str, most: float, line: int | None = None) -> float:
        """A finite number in 0..`most`; anything else is the playlist's fault."""
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError) as error:
            raise self.unreadable(f"{what} is not a number", line) from error
        if not math.isfinite(number) or not 0 <= number <= most:
            raise self.unreadable(f"{what} is out of bounds", line)
        return number

    def text(self, value: object, longest: int = 256) -> str:
        return value[:longest] if isinstance(value, str) else ""

    def _bound(self, text: str) -> None:
        if len(text) > LARGEST_BYTES:
            raise self.unreadable(f"it is larger than {LARGEST_BYTES // 2**20} MiB")
        if not text.lstrip("\ufeff").startswith("#EXTM3U"):
            raise self.unreadable("it does not begin with #EXTM3U, so it is no playlist", 1)
        if "\0" in text:
            raise self.unreadable("it holds a zero byte", text.count("\n", 0, text.index("\0")) + 1)
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            raise self.unreadable(f"it has more than {MOST_LINES} lines")
        for number, line in enumerate(lines, 1):
            if len(line) > LONGEST_LINE:
                raise self.unreadable(f"the line is longer than {LONGEST_LINE} characters", number)

    def _see(self, line: str, number: int, _data: Fields, state: Fields) -> bool:
        """Called by the library before each tag: remembers where we are, for the messages."""
        self._line = number
        if line.startswith("#EXTINF"):
            state.setdefault("segment", {})["line"] = number
        if line.startswith("#EXT-X-DEFINE"):
            raise self.unsupported("A playlist with variables (EXT-X-DEFINE)")
        return False
