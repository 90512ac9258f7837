"""A real libmpv under observation: every presented frame's mark is read, so black and skipped frames are counted."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import media_ladder

from player.output.mpv import MpvSink
from player.output.mpv_software import SoftwareRenderer

BLACK, UNREADABLE = -1, -2


@dataclass(frozen=True)
class Presented:
    """One frame as it was presented; `number` is BLACK or UNREADABLE when it carries no mark."""

    at_s: float
    number: int
    rung: int


class Rig:
    """A sink with a software renderer, whose pictures are all read. Use as a context manager."""

    def __init__(self) -> None:
        self.sink = MpvSink(vo="libmpv", ao="null", hwdec="no")
        self.presented: list[Presented] = []
        self._news = threading.Condition()
        self._wake = threading.Event()
        self._stopping = False
        self._renderer = SoftwareRenderer(self.sink, *media_ladder.SIZE, self._wake.set, self._stop)
        self._thread = threading.Thread(target=self._draw, name="probe", daemon=True)
        self._thread.start()

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sink.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def wait(self, condition: Callable[[], bool], limit_s: float = 10.0) -> bool:
        """Until it holds; looked at after every presented frame, and ten times a second between."""
        end_s = time.monotonic() + limit_s
        with self._news:
            while not condition():
                if time.monotonic() > end_s:
                    return False
                self._news.wait(0.1)
        return True

    def shown(self, number: int, since: int = 0) -> bool:
        """Whether frame `number`, give or take one, has been presented after the first `since`."""
        return any(abs(frame.number - number) <= 1 for frame in self.presented[since:] if frame.number >= 0)

    def _stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _draw(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            if not self._stopping and self._renderer.render():
                self._look()
        self._renderer.free()

    def _look(self) -> None:
        pixels = self._renderer.pixels
        mark = media_ladder.read_mark(pixels)
        if mark is None:
            mark = (BLACK if media_ladder.is_black(pixels) else UNREADABLE, -1)
        with self._news:
            self.presented.append(Presented(time.monotonic(), *mark))
            self._news.notify_all()


class SlowFeed:
    """An engine in small: one download at a time of random latency, given up when something else is wanted.

    Keeps chunks target-1 .. target+4 only, so that seeks meet missing media.
    """

    def __init__(
        self, sink: MpvSink, ladder: media_ladder.Ladder, chance: random.Random, latency_s: tuple[float, float]
    ):
        self._sink, self._ladder, self._chance, self._latency_s = sink, ladder, chance, latency_s
        self._changed = threading.Condition()
        self._target = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wanted(self, index: int) -> None:
        with self._changed:
            self._target = index
            self._changed.notify_all()

    def seek(self, position_s: float) -> None:
        self.wanted(int(position_s // media_ladder.CHUNK_S))
        self._sink.seek(position_s)

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(10)

    def _missing(self) -> int | None:
        """The chunk to fetch next, None when there is enough."""
        ahead = range(self._target, min(self._target + 5, media_ladder.CHUNKS))
        return next((index for index in ahead if not self._sink.has(index)), None)

    def _run(self) -> None:
        with self._changed:
            while not self._stopping:
                self._follow()
                index = self._missing()
                if index is None:
                    # Time brings the playhead forward, and with it the need for more.
                    self._changed.wait(0.1)
                elif not self._changed.wait_for(
                    lambda index=index: self._stopping or self._missing() != index,
                    self._chance.uniform(*self._latency_s),
                ):
                    self._sink.append(self._ladder.chunk(index, index % media_ladder.RUNGS))
                    self._sink.evict(self._target - 1, self._target + 4)

    def _follow(self) -> None:
        state = self._sink.state()
        if not state.seeking and state.started:
            self._target = max(self._target, int(state.position_s // media_ladder.CHUNK_S))
