"""Buffer and playback as arithmetic: what an ideal decoder does as time goes by."""

from __future__ import annotations

from abr.simulate.model import Stall


class Playhead:
    """Starts when enough is buffered, stands still when nothing is, starts again."""

    def __init__(self, now_s: float, start_buffer_s: float) -> None:
        self.now_s = now_s
        self.buffer_s = 0.0
        self.playing = False
        self.started_at_s: float | None = None
        self.stalls: list[Stall] = []
        self.stalled_s = 0.0
        self._start_buffer_s = start_buffer_s
        self._played_s = 0.0
        self._dry_since_s: float | None = None

    def advance(self, until_s: float) -> None:
        """Let time pass."""
        span_s = max(0.0, until_s - self.now_s)
        if self.playing:
            if span_s <= self.buffer_s:
                self.buffer_s -= span_s
                self._played_s += span_s
            else:
                self._run_dry()
        self.now_s = max(self.now_s, until_s)

    def append(self, duration_s: float, *, last: bool) -> None:
        """A chunk has arrived; after the last one there is nothing more to wait for."""
        self.buffer_s += duration_s
        if not self.playing and (last or self.buffer_s >= self._start_buffer_s):
            self._play()

    def standstill_s(self) -> float:
        """All standstill so far, the present one included."""
        since = self._dry_since_s
        return self.stalled_s + (self.now_s - since if since is not None else 0.0)

    def _run_dry(self) -> None:
        self._dry_since_s = self.now_s + self.buffer_s
        self._played_s += self.buffer_s
        self.buffer_s, self.playing = 0.0, False

    def _play(self) -> None:
        self.playing = True
        if self.started_at_s is None:
            self.started_at_s = self.now_s
        if self._dry_since_s is not None:
            duration_s = self.now_s - self._dry_since_s
            self.stalls.append(Stall(self._dry_since_s, self._played_s, duration_s))
            self.stalled_s += duration_s
            self._dry_since_s = None
