"""CMCD: what a player tells the servers it asks, written as request headers or as one query argument.

Source: CTA-5004 (version 1) and its revision with `v=2`, whose rates and buffers are lists and whose `nor` holds its
own ranges. Values follow Structured Fields (RFC 8941): keys in alphabetical order, true booleans as the key alone,
false ones left out, strings in double quotes with `\\"` and `\\\\` escaped, tokens bare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

ObjectType = Literal["m", "a", "v", "av", "i", "c", "tt", "k", "o"]
"""Manifest, audio, video, both in one, initialisation section, captions, timed text in ISOBMFF, key, other."""

State = Literal["s", "p", "k", "r", "a", "w", "e", "f", "q", "d"]
"""Starting, playing, seeking, rebuffering, paused, waiting, ended, failed, quit, preloading (version 2)."""

GROUPS = ("CMCD-Object", "CMCD-Request", "CMCD-Session", "CMCD-Status")
ARGUMENT = "CMCD"
VERSIONS = (1, 2)
LONGEST_ID = {1: 64, 2: 128}
LONGEST_SESSION_ID = 64
LONGEST_NEXT = 512
MOST = 10**12

_OBJECT, _REQUEST, _SESSION, _STATUS = GROUPS
_GROUP_OF = {
    **dict.fromkeys(("br", "d", "ot", "tb"), _OBJECT),
    **dict.fromkeys(("bl", "dl", "ltc", "mtp", "nor", "nrr", "sn", "sta", "su"), _REQUEST),
    **dict.fromkeys(("cid", "msd", "pr", "sf", "sid", "st", "v"), _SESSION),
    **dict.fromkeys(("bs", "rtp"), _STATUS),
}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_ARGUMENT = re.compile(rf"(?:^|(?<=&)){ARGUMENT}=[^&]*&?")


@dataclass(frozen=True, slots=True)
class ClientData:
    """What is told of one request; None and False are left out. Seconds, bit/s and bytes: units are CMCD's on the wire.

    `next_uri` is the object that is likely to be asked for next, relative to this one; `next_range` is its first and
    last byte. `deadline_s` is how long until the first sample must be there, `max_throughput_bps` the rate that would
    be enough. Only in version 2: `state`, `sequence`, `start_delay_s` (once), `live_delay_s`.
    """

    object_type: ObjectType | None = None
    bitrate_bps: float | None = None
    top_bitrate_bps: float | None = None
    duration_s: float | None = None
    buffer_s: float | None = None
    deadline_s: float | None = None
    throughput_bps: float | None = None
    max_throughput_bps: float | None = None
    starved: bool = False
    startup: bool = False
    next_uri: str | None = None
    next_range: tuple[int, int] | None = None
    content_id: str = ""
    session_id: str = ""
    streaming_format: Literal["d", "h", "s", "o"] | None = None
    live: bool | None = None
    speed: float = 1.0
    state: State | None = None
    sequence: int | None = None
    start_delay_s: float | None = None
    live_delay_s: float | None = None


def fields(data: ClientData, version: int = 1) -> dict[str, str]:
    """Each key with its value as it is written, in alphabetical order; the value of a true boolean is empty.

    ValueError: there is no such version.
    """
    if version not in VERSIONS:
        raise ValueError(f"CMCD has the versions 1 and 2, not {version}")
    rate = _tagged(data.object_type) if version == 2 else _plain
    listed = _listed if version == 2 else _plain
    written = {
        "bl": listed(_hundreds(data.buffer_s, 1000.0)),
        "br": rate(_whole(data.bitrate_bps, 1e-3)),
        "bs": _flag(data.starved),
        "cid": _string(data.content_id, LONGEST_ID[version]),
        "d": _plain(_whole(data.duration_s, 1000.0)),
        "dl": _plain(_hundreds(data.deadline_s, 1000.0)),
        "mtp": listed(_hundreds(data.throughput_bps, 1e-3)),
        "ot": data.object_type,
        "pr": _speed(data.speed),
        "rtp": _plain(_hundreds(data.max_throughput_bps, 1e-3)),
        "sf": data.streaming_format,
        "sid": _string(data.session_id, LONGEST_SESSION_ID),
        "st": None if data.live is None else "l" if data.live else "v",
        "su": _flag(data.startup),
        "tb": rate(_whole(data.top_bitrate_bps, 1e-3)),
        **(_next_1(data) if version == 1 else _only_2(data)),
    }
    return {key: value for key, value in sorted(written.items()) if value is not None}


def text(written: Mapping[str, str]) -> str:
    """The fields as one dictionary: `bl=21300,bs,ot=v`."""
    return ",".join(f"{key}={value}" if value else key for key, value in written.items())


def headers(data: ClientData, version: int = 1) -> dict[str, str]:
    """The request headers, each with the keys that belong to it; a header without any is left out."""
    groups: dict[str, dict[str, str]] = {}
    for key, value in fields(data, version).items():
        groups.setdefault(_GROUP_OF[key], {})[key] = value
    return {name: text(groups[name]) for name in GROUPS if name in groups}


def argument(data: ClientData, version: int = 1) -> str:
    """The query argument: `CMCD=` and the percent-encoded dictionary."""
    return f"{ARGUMENT}={quote(text(fields(data, version)), safe='')}"


def with_argument(uri: str, data: ClientData, version: int = 1) -> str:
    """`uri` with the argument as its last one; everything before it stays as it is, to the letter."""
    bare, mark, fragment = without_argument(uri).partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{argument(data, version)}{mark}{fragment}"


def without_argument(uri: str) -> str:
    """`uri` as it was before: what others shall not see as part of a name."""
    head, question, rest = uri.partition("?")
    if not question or ARGUMENT not in rest:
        return uri
    query, mark, fragment = rest.partition("#")
    query = _ARGUMENT.sub("", query).rstrip("&")
    return f"{head}{'?' if query else ''}{query}{mark}{fragment}"


def relative(uri: str, to: str) -> str | None:
    """`uri` as a path relative to the object `to`; None when it is on another server."""
    wanted, base = urlsplit(uri), urlsplit(to)
    if (wanted.scheme, wanted.netloc) != (base.scheme, base.netloc):
        return None
    path, folder = wanted.path.split("/"), base.path.split("/")[:-1]
    shared = 0
    while shared < min(len(folder), len(path) - 1) and folder[shared] == path[shared]:
        shared += 1
    return "/".join([".."] * (len(folder) - shared) + path[shared:])


def _next_1(data: ClientData) -> dict[str, str | None]:
    near = data.next_uri if data.next_uri and len(data.next_uri) <= LONGEST_NEXT else None
    return {
        "nor": None if near is None else _string(quote(near, safe="")),
        "nrr": None if data.next_range is None else _string(_span(data.next_range)),
    }


def _only_2(data: ClientData) -> dict[str, str | None]:
    near = _string(data.next_uri) if data.next_uri and len(data.next_uri) <= LONGEST_NEXT else None
    if near is not None and data.next_range is not None:
        near = f'{near};r="{_span(data.next_range)}"'
    return {
        "ltc": _plain(_whole(data.live_delay_s, 1000.0)),
        "msd": _plain(_whole(data.start_delay_s, 1000.0)),
        "nor": None if near is None else f"({near})",
        "sn": _plain(data.sequence),
        "sta": data.state,
        "v": "2",
    }


def _span(span: tuple[int, int]) -> str:
    return f"{span[0]}-{span[1]}"


def _whole(number: float | None, unit: float) -> int | None:
    """To the nearest, halves away from zero; None for what is no number."""
    if number is None or not 0.0 <= number * unit < MOST:
        return None
    return int(number * unit + 0.5)


def _hundreds(number: float | None, unit: float) -> int | None:
    whole = _whole(number, unit / 100.0)
    return None if whole is None else whole * 100


def _plain(number: int | None) -> str | None:
    return None if number is None else str(number)


def _listed(number: int | None) -> str | None:
    return None if number is None else f"({number})"


def _tagged(object_type: ObjectType | None) -> Callable[[int | None], str | None]:
    """A list of one rate, with what it is the rate of where that is one kind."""
    tag = f";{object_type}" if object_type in ("a", "v") else ""
    return lambda number: None if number is None else f"({number}{tag})"


def _flag(is_set: bool) -> str | None:
    return "" if is_set else None


def _speed(number: float) -> str | None:
    """Three decimals at most; None for what is normal speed when so written."""
    written = f"{number:.3f}".rstrip("0").rstrip(".")
    return None if written == "1" else written


def _string(words: str, longest: int | None = None) -> str | None:
    if not words:
        return None
    escaped = _UNPRINTABLE.sub("_", words)[:longest].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
