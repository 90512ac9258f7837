"""Buffer and playback as arithmetic: what an ideal decoder does as time goes by."""

from __future__ import annotations

from abr.simulate.model import Stall


class Playhead:
    """Starts when enough is buffered, stands still when nothing is, starts again."""

    __slots__ = (
        "_dry_since_s",
        "_seeking",
        "_start_buffer_s",
        "buffer_s",
        "media_s",
        "now_s",
        "playing",
        "seek_s",
        "stalled_s",
        "stalls",
        "started_at_s",
    )

    def __init__(self, now_s: float, start_buffer_s: float) -> None:
        self.now_s = now_s
        self.buffer_s = 0.0
        self.media_s = 0.0
        """The playhead's place in the film."""
        self.playing = False
        self.started_at_s: float | None = None
        self.stalls: list[Stall] = []
        self.stalled_s = 0.0
        self.seek_s = 0.0
        self._start_buffer_s = start_buffer_s
        self._dry_since_s: float | None = None
        self._seeking = False

    def advance(self, until_s: float) -> None:
        """Let time pass."""
        span_s = until_s - self.now_s
        if span_s <= 0.0:
            return
        if self.playing:
            if span_s <= self.buffer_s:
                self.buffer_s -= span_s
                self.media_s += span_s
            else:
                self._dry_since_s = self.now_s + self.buffer_s
                self.media_s += self.buffer_s
                self.buffer_s, self.playing = 0.0, False
        self.now_s = until_s

    def append(self, duration_s: float, *, last: bool) -> None:
        """A chunk has arrived; after the last one there is nothing more to wait for."""
        self.buffer_s += duration_s
        if not self.playing and (last or self.buffer_s >= self._start_buffer_s):
            self._play()

    def seek(self, to_s: float) -> None:
        """Jump: what was buffered is gone, and the standstill until play goes on is the seek's."""
        self._settle()
        self.media_s, self.buffer_s = to_s, 0.0
        if self.started_at_s is not None:
            self.playing, self._seeking, self._dry_since_s = False, True, self.now_s

    def skip(self, span_s: float) -> None:
        """Jump within the buffer: play goes on at once."""
        self._settle()
        self.media_s += span_s
        self.buffer_s -= span_s

    def standstill_s(self) -> float:
        """All stalls so far, the present one included; neither the start-up nor a seek's wait."""
        if self._dry_since_s is None or self._seeking:
            return self.stalled_s
        return self.stalled_s + (self.now_s - self._dry_since_s)

    def _play(self) -> None:
        self.playing = True
        if self.started_at_s is None:
            self.started_at_s = self.now_s
        self._settle()

    def _settle(self) -> None:
        """Write down the standstill that ends now."""
        if self._dry_since_s is None:
            return
        duration_s = self.now_s - self._dry_since_s
        if self._seeking:
            self.seek_s += duration_s
        else:
            self.stalls.append(Stall(self._dry_since_s, self.media_s, duration_s))
            self.stalled_s += duration_s
        self._dry_since_s, self._seeking = None, False
