"""Annex B byte streams (H.264, HEVC) to access units with length-prefixed NAL units, as MP4 and Matroska hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from player.output.remux.picture_headers import Picture, avc_picture, hevc_picture
from player.output.sink import MediaError

MAX_NAL_UNITS = 400_000
"""In one segment: a few dozen for each picture at most, in real streams."""

_MAX_SETS_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: its NAL units, each behind four bytes of length."""

    data: bytes
    key: bool


@dataclass(slots=True)
class _Sets:
    """The parameter sets before the first picture that needs them, by kind, in order."""

    kinds: tuple[int, ...]
    units: dict[int, list[bytes]] = field(default_factory=dict)
    size_bytes: int = 0

    def note(self, kind: int, unit: bytes) -> None:
        known = self.units.setdefault(kind, [])
        if unit not in known and self.size_bytes < _MAX_SETS_BYTES:
            known.append(unit)
            self.size_bytes += len(unit)

    @property
    def complete(self) -> bool:
        return all(self.units.get(kind) for kind in self.kinds)


class AvcReader:
    """H.264 (ISO/IEC 14496-10): access units out of an Annex B stream, and the avcC that goes with them."""

    codec = "avc1"
    _delimiter, _dropped = 9, frozenset({9, 12})
    _sps, _pps = 7, 8

    def __init__(self) -> None:
        self._sets = _Sets((self._sps, self._pps))
        self._closed = False
        self._count = 0

    def units(self, data: bytes, random_access: bool) -> list[AccessUnit]:
        """The access units of `data`: one, or as many as it has delimiters. `random_access`: the container says so."""
        found: list[AccessUnit] = []
        parts: list[bytes] = []
        key = seen = False
        for unit in self._nal_units(data):
            kind = self._kind(unit)
            if kind == self._delimiter and seen:
                found.append(AccessUnit(b"".join(parts), key))
                parts, key, seen = [], False, False
            if kind in self._dropped:
                continue
            self._note(kind, unit)
            key |= self._is_key(kind, unit)
            seen |= self._is_picture(kind)
            parts += (len(unit).to_bytes(4, "big"), unit)
        if seen:
            first_key = key or (random_access and not found)
            found.append(AccessUnit(b"".join(parts), first_key))
        return found

    def picture(self) -> Picture:
        """Size and decoder configuration. Raises `MediaError` when the stream brings no parameter sets."""
        if not self._sets.complete:
            raise MediaError("the pictures come without their parameter sets")
        return avc_picture(self._sets.units[self._sps], self._sets.units[self._pps])

    def _nal_units(self, data: bytes) -> Iterator[bytes]:
        for unit in nal_units(data):
            self._count += 1
            if self._count > MAX_NAL_UNITS:
                raise MediaError(f"more than {MAX_NAL_UNITS} NAL units in one segment")
            yield unit

    def _note(self, kind: int, unit: bytes) -> None:
        if self._closed:
            return
        if kind in self._sets.kinds:
            self._sets.note(kind, unit)
        # Later ones go with later pictures, inside them: the configuration is that of the first.
        self._closed = self._is_picture(kind) and self._sets.complete

    def _kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F

    def _is_picture(self, kind: int) -> bool:
        return 1 <= kind <= 5

    def _is_key(self, kind: int, unit: bytes) -> bool:
        """An IDR picture, or an SEI message that promises recovery (payload type 6), as open GOPs begin."""
        return kind == 5 or (kind == 6 and len(unit) > 1 and unit[1] == 6)


class HevcReader(AvcReader):
    """The same for HEVC (ISO/IEC 23008-2), with hvcC."""

    codec = "hvc1"
    _delimiter, _dropped = 35, frozenset({35, 38})
    _vps, _sps, _pps = 32, 33, 34

    def __init__(self) -> None:
        super().__init__()
        self._sets = _Sets((self._vps, self._sps, self._pps))

    def picture(self) -> Picture:
        if not self._sets.complete:
            raise MediaError("the pictures come without their parameter sets")
        sets = self._sets.units
        return hevc_picture(sets[self._vps], sets[self._sps], sets[self._pps])

    def _kind(self, unit: bytes) -> int:
        return (unit[0] >> 1) & 0x3F

    def _is_picture(self, kind: int) -> bool:
        return kind < 32

    def _is_key(self, kind: int, unit: bytes) -> bool:
        return 16 <= kind <= 23


def nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units between start codes, without trailing zeros; empty ones are left out."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        begin = start + 3
        start = data.find(b"\0\0\1", begin)
        unit = (data[begin:] if start < 0 else data[begin:start]).rstrip(b"\0")
        if unit:
            yield unit
