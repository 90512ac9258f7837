"""A strict reader of Structured Field dictionaries (RFC 8941 section 4.2): the truth that CMCD and CMSD are held to."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_NUMBER = re.compile(r"-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*", re.ASCII)


class Token(str):
    """A bare word."""


Item = tuple[Any, dict[str, Any]]


class Reader:
    """One header's text, taken apart from left to right. Raises: ValueError for anything that is not allowed."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def dictionary(self) -> dict[str, Item]:
        """Each member with its parameters; an inner list is a list of such pairs."""
        members: dict[str, Item] = {}
        while self._at < len(self._text):
            key = self._take(_KEY)
            if key in members:
                raise ValueError(f"{key} comes twice in {self._text!r}")
            members[key] = self._member() if self._skip("=") else (True, self._parameters())
            if self._at == len(self._text):
                break
            self._spaces()
            if not self._skip(","):
                raise ValueError(f"no comma at {self._at} in {self._text!r}")
            self._spaces()
            if self._at == len(self._text):
                raise ValueError(f"a comma at the end of {self._text!r}")
        return members

    def _member(self) -> Item:
        if not self._skip("("):
            return self._item()
        items: list[Item] = []
        self._spaces()
        while not self._skip(")"):
            items.append(self._item())
            if not self._text.startswith((" ", ")"), self._at):
                raise ValueError(f"no space between items in {self._text!r}")
            self._spaces()
        return items, self._parameters()

    def _item(self) -> Item:
        return self._bare(), self._parameters()

    def _parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._skip(";"):
            self._spaces()
            key = self._take(_KEY)
            found[key] = self._bare() if self._skip("=") else True
        return found

    def _bare(self) -> Any:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._take(_STRING)[1:-1])
        if first == "?":
            self._at += 1
            return {"0": False, "1": True}[self._take(re.compile("[01]"))]
        if first == "-" or first.isdigit():
            number = self._take(_NUMBER)
            return Decimal(number) if "." in number else int(number)
        return Token(self._take(_TOKEN))

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"unreadable at {self._at}: {self._text!r}")
        self._at = found.end()
        return found[0]

    def _skip(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._at):
            return False
        self._at += 1
        return True

    def _spaces(self) -> None:
        while self._skip(" "):
            pass


def read_dictionary(text: str) -> dict[str, Item]:
    """The members of a dictionary, with their parameters."""
    return Reader(text).dictionary()


def plain(text: str) -> dict[str, Any]:
    """The members' values alone."""
    return {key: value for key, (value, _) in read_dictionary(text).items()}
