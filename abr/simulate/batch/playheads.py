"""Buffer and playback of many sessions: `Playhead`, with arrays for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abr.simulate.batch.arrays import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class EndedStalls:
    """Stalls that ended together, one entry a stall: whose, and the three numbers of `Stall`."""

    session: Ints
    at_s: Floats
    media_s: Floats
    duration_s: Floats


class Playheads:
    """Each starts when enough is buffered, stands still when nothing is, starts again. No seeks."""

    def __init__(self, now_s: Floats, start_buffer_s: float) -> None:
        count = len(now_s)
        self.now_s = now_s.copy()
        self.buffer_s, self.media_s, self.stalled_s = np.zeros(count), np.zeros(count), np.zeros(count)
        self.started_at_s: Floats = np.full(count, np.nan)
        self.stalls: list[EndedStalls] = []
        self.playing: Flags = np.zeros(count, np.bool_)
        self._started: Flags = np.zeros(count, np.bool_)
        self._all_playing = False
        self._dry_since_s = np.zeros(count)
        """Means something for those that have started and do not play."""
        self._start_buffer_s = start_buffer_s

    def advance(self, until_s: Floats) -> None:
        """Let time pass; an instant that is over already changes nothing."""
        span_s = until_s - self.now_s
        np.maximum(span_s, 0.0, out=span_s)
        if not self._all_playing:
            # Where nothing plays, nothing is used up.
            span_s *= self.playing
        dry = span_s > self.buffer_s
        if dry.any():
            np.copyto(self._dry_since_s, self.now_s + self.buffer_s, where=dry)
            self.playing &= ~dry
            self._all_playing = False
            np.minimum(span_s, self.buffer_s, out=span_s)
        self.buffer_s -= span_s
        self.media_s += span_s
        np.maximum(self.now_s, until_s, out=self.now_s)

    def append(self, duration_s: float, *, last: bool) -> None:
        """A chunk has arrived everywhere; after the last one there is nothing more to wait for."""
        self.buffer_s += duration_s
        if self._all_playing:
            return
        begins = ~self.playing
        if not last:
            begins &= self.buffer_s >= self._start_buffer_s
        self._settle(np.flatnonzero(begins & self._started))
        np.copyto(self.started_at_s, self.now_s, where=begins & ~self._started)
        self._started |= begins
        self.playing |= begins
        self._all_playing = bool(self.playing.all())

    def standstill_s(self) -> Floats:
        """All stalls so far, the present ones included; not the start-up. Not to be changed."""
        if self._all_playing:
            return self.stalled_s
        return self.stalled_s + np.where(self._started & ~self.playing, self.now_s - self._dry_since_s, 0.0)

    def _settle(self, sessions: Ints) -> None:
        """Write down the standstills that end now."""
        if not sessions.size:
            return
        since_s = self._dry_since_s[sessions]
        duration_s = self.now_s[sessions] - since_s
        self.stalled_s[sessions] += duration_s
        self.stalls.append(EndedStalls(sessions, since_s, self.media_s[sessions], duration_s))
