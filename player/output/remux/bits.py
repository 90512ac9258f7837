"""Single bits and Exp-Golomb numbers out of a NAL unit, within bounds (ISO/IEC 14496-10, 7.2 and 9.1)."""

from __future__ import annotations

from player.output.sink import MediaError


def raw_payload(unit: bytes) -> bytes:
    """A NAL unit without its emulation prevention bytes."""
    return unit.replace(b"\0\0\3", b"\0\0")


class BitReader:
    """Reads from the first bit on; reading past the end is a `MediaError`."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise MediaError("a parameter set ends before its contents do")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.bits(1) == 1

    def skip(self, count: int) -> None:
        self.bits(count)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number of at most 32 bits."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise MediaError("a number in a parameter set is beyond all bounds")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed one."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)
