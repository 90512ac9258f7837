"""Attribute lists of HLS tags (RFC 8216bis section 4.2), and the variables in them (sections 4.3 and 4.4.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

MOST_VARIABLES = 256
LONGEST_VALUE = 2048
MOST_QUERY_PARAMETERS = 256
_ATTRIBUTE = re.compile(r'\s*([A-Z0-9-]+)\s*=\s*("[^"]*"\s*|[^",]*)(?:,|$)')
_QUOTED = re.compile(r'"[^"]*"')
_REFERENCE = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


def attributes(line: str) -> dict[str, str]:
    """The attributes after a tag's colon, unquoted.

    Raises: ValueError when the list is not one, or names an attribute twice.
    """
    text = line.partition(":")[2].strip()
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None or match[1] in found:
            raise ValueError("its attributes make no sense")
        found[match[1]] = match[2].strip().strip('"')
        at = match.end()
    return found


class Variables:
    """The variables of one playlist, defined line by line and put in where they are named.

    `imported` are those of the multivariant playlist that led here; None when there was none. Nothing is substituted
    twice, so a value that looks like a reference stays as it is.
    """

    def __init__(self, uri: str, imported: Mapping[str, str] | None) -> None:
        self._uri = uri
        self._imported = imported
        self.values: dict[str, str] = {}

    def applied(self, line: str) -> str:
        """The line with its references replaced: anywhere in an address, inside quotes in a tag.

        Raises: ValueError when a reference names nothing, or a definition is not one.
        """
        if "{$" in line:
            line = _QUOTED.sub(lambda m: self._filled(m[0]), line) if line.startswith("#EXT") else self._filled(line)
        if line.startswith("#EXT-X-DEFINE:"):
            self._define(attributes(line))
        return line

    def _filled(self, text: str) -> str:
        return _REFERENCE.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if match[1] not in self.values:
            raise ValueError(f"the variable {match[1][:40]!r} is not defined")
        return self.values[match[1]]

    def _define(self, fields: Mapping[str, str]) -> None:
        name, value = self._definition(fields)
        if not _NAME.fullmatch(name) or name in self.values or len(self.values) >= MOST_VARIABLES:
            raise ValueError(f"the variable {name[:40]!r} is not a name, defined twice, or one too many")
        if len(value) > LONGEST_VALUE:
            raise ValueError(f"the variable {name[:40]!r} is longer than {LONGEST_VALUE} characters")
        self.values[name] = value

    def _definition(self, fields: Mapping[str, str]) -> tuple[str, str]:
        if "NAME" in fields and "VALUE" in fields:
            return fields["NAME"], fields["VALUE"]
        if "IMPORT" in fields:
            name = fields["IMPORT"]
            if name not in (self._imported or {}):
                raise ValueError(f"the variable {name[:40]!r} is imported, and no multivariant playlist defines it")
            return name, (self._imported or {})[name]
        if "QUERYPARAM" in fields:
            name = fields["QUERYPARAM"]
            query = parse_qsl(urlsplit(self._uri).query, True, max_num_fields=MOST_QUERY_PARAMETERS)
            if name not in dict(query):
                raise ValueError(f"the variable {name[:40]!r} is not in the playlist's address")
            # Quotes and line breaks would end the place that it is put in.
            return name, re.sub(r'["\s]', "", dict(query)[name])
        raise ValueError("a definition without NAME and VALUE, IMPORT or QUERYPARAM")
