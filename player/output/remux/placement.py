"""Where a segment's own times lie on the presentation's timeline: one shift for each run without a discontinuity."""

from __future__ import annotations

from player.output.sink import MediaError, Origin

START_TOLERANCE_S = 0.1
"""How far a chunk's first picture may lie from where the playlist puts it: a rounding, not another chunk."""

SOUND_TOLERANCE_S = 1.0
"""The same for sound, whose segments need not begin with the pictures'."""

_MOST_SHIFTS = 4096


class Placement:
    """Learns, for each discontinuity sequence, what to add to a time inside a segment (RFC 8216bis 4.4.4.3, 6.3.3).

    The first chunk seen of a sequence sets it, from where the playlist puts that chunk; all renditions share it, since
    their times match. A stream whose times begin at the presentation's zero keeps them as they are.
    """

    def __init__(self) -> None:
        self._shifts: dict[int, float] = {}

    def shift_s(self, discontinuity: int) -> float | None:
        """What is added to the times of this sequence; None before a chunk of it was seen."""
        return self._shifts.get(discontinuity)

    def pictures(self, origin: Origin, first_s: float, end_s: float, wrap_s: float) -> float:
        """The shift for a video segment whose first picture has the time `first_s` and is to be over at `end_s`.

        Raises: `MediaError` when the segment is of another place than the playlist says.
        """
        start_s = origin.start_s
        told_s = origin.media_offset_s
        known_s = told_s if told_s is not None else self._shifts.get(origin.discontinuity)
        if known_s is None:
            stays = not wrap_s and abs(first_s - start_s) <= START_TOLERANCE_S
            return self._learn(origin.discontinuity, 0.0 if stays else start_s - first_s)
        shift_s = _nearest(known_s, first_s, start_s, wrap_s)
        astray_s = abs(first_s + shift_s - start_s)
        if astray_s <= START_TOLERANCE_S:
            return self._learn(origin.discontinuity, shift_s)
        if astray_s > max((end_s - start_s) / 2, START_TOLERANCE_S):
            raise MediaError(f"the segment begins at {first_s + shift_s:.3f} s; the playlist says {start_s:.3f} s")
        # Rounded lengths add up over a long title: the playlist's grid is what seeks and buffers go by.
        return self._learn(origin.discontinuity, start_s - first_s)

    def sound(self, origin: Origin, first_s: float, wrap_s: float, timed: bool) -> float:
        """The shift for an audio segment beside the video."""
        if origin.media_offset_s is not None:
            return _nearest(origin.media_offset_s, first_s, origin.start_s, wrap_s)
        known_s = self._shifts.get(origin.discontinuity) if timed else None
        beside_s = origin.start_s - first_s
        if known_s is None:
            return beside_s
        shift_s = _nearest(known_s, first_s, origin.start_s, wrap_s)
        return shift_s if abs(shift_s - beside_s) <= SOUND_TOLERANCE_S else beside_s

    def _learn(self, discontinuity: int, shift_s: float) -> float:
        if len(self._shifts) >= _MOST_SHIFTS:
            self._shifts.clear()
        self._shifts[discontinuity] = shift_s
        return shift_s


def _nearest(shift_s: float, first_s: float, start_s: float, wrap_s: float) -> float:
    """The shift, and as many wraps of the clock as bring the time nearest to where it belongs."""
    if not wrap_s:
        return shift_s
    return shift_s + round((start_s - first_s - shift_s) / wrap_s) * wrap_s
