"""The ideal decoder: shows nothing, and is never late. Its playhead is arithmetic over a clock that is passed in."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from player.output.remux import ChunkMuxer
from player.output.sink import ChunkMedia, MediaError, SinkState, SubtitleFile, Timeline, Wanted
from player.output.stalls import Stall, StallLog

_EPSILON_S = 1e-9
_DETAILS: dict[str, object] = {"hwdec": "none (null output)"}


@dataclass(slots=True)
class _Title:
    timeline: Timeline
    wanted: Wanted
    muxer: ChunkMuxer | None
    sizes_bytes: dict[int, int] = field(default_factory=dict)
    run_s: tuple[float, float] = (0.0, 0.0)
    run_end: int = 0
    """Media found present, up to chunk `run_end`: most looks ask about the same again."""

    @property
    def count(self) -> int:
        return len(self.timeline.starts_s)

    def chunk_at(self, position_s: float) -> int:
        return max(bisect_right(self.timeline.starts_s, position_s + _EPSILON_S) - 1, 0)

    def contiguous_to(self, position_s: float) -> float:
        """End of the media that is present from `position_s` on without a gap."""
        start_s, end_s = self.run_s
        within = start_s <= position_s < end_s - _EPSILON_S
        if within and self.run_end not in self.sizes_bytes:
            return end_s
        first = index = self.run_end if within else self.chunk_at(position_s)
        if index not in self.sizes_bytes:
            return position_s
        while index in self.sizes_bytes:
            index += 1
        end_s = self.timeline.starts_s[index] if index < self.count else self.timeline.duration_s
        self.run_s, self.run_end = (start_s if within else self.timeline.starts_s[first], end_s), index
        return end_s


class NullSink:
    """A `Sink` without a picture.

    It moves while the media at the playhead is present and stops exactly where the contiguous media ends; the stop is
    dated by arithmetic, not by the moment at which somebody looked. It goes on as soon as one chunk is there.
    It keeps the sizes of chunks, not their bytes. With `check_media` they are parsed as the real output would,
    so that a corrupt segment is refused here too; a simulated wire, whose bytes mean nothing, turns that off.
    """

    def __init__(self, clock: Callable[[], float], *, check_media: bool = True) -> None:
        self._clock = clock
        self._check_media = check_media
        self._title: _Title | None = None
        self._anchor_s = 0.0
        self._media_s = 0.0
        self._moving = False
        self._seen_at_s = math.nan
        self._seen = SinkState(0.0)
        self._waiting_for = "start"  # start, seek, media: why it does not move, when it wants to
        self._paused = False
        self._speed = 1.0
        self._started = False
        self._ended = False
        self._closed = False
        self._opened_at_s: float | None = None
        self._startup_s: float | None = None
        self._asked: int | None = None
        self._stalls = StallLog()
        self._subtitles: SubtitleFile | None = None

    def open(self, timeline: Timeline, wanted: Wanted) -> None:
        self._settle()
        muxer = ChunkMuxer(timeline) if self._check_media else None
        self._title = _Title(timeline, wanted, muxer)
        if self._opened_at_s is None:
            self._opened_at_s = self._clock()
        self._jump(timeline.start_at_s, "seek" if self._started else "start")

    def extend(self, starts_s: Sequence[float], duration_s: float, open_end: bool) -> None:
        self._settle()
        title = self._opened()
        title.timeline = replace(title.timeline, starts_s=tuple(starts_s), duration_s=duration_s, open_end=open_end)
        title.run_s = (0.0, 0.0)
        if title.muxer is not None:
            title.muxer.end_at(None if open_end else title.count - 1)
        if not open_end and self._started and not self._moving and self._media_s >= duration_s - _EPSILON_S:
            self._stalls.end(self._clock())
            self._ended = True
        self._resume()

    def shift_s(self, discontinuity: int) -> float | None:
        muxer = self._opened().muxer
        return muxer.placement.shift_s(discontinuity) if muxer is not None else None

    def append(self, chunk: ChunkMedia) -> None:
        title = self._checked(chunk)
        self._settle()
        title.sizes_bytes[chunk.index] = len(chunk.video) + sum(map(len, chunk.audio))
        self._resume()

    def replace(self, chunk: ChunkMedia) -> bool:
        title = self._checked(chunk)
        self._settle()
        begun = title.timeline.starts_s[chunk.index] < self._media_s - _EPSILON_S
        if begun or chunk.index not in title.sizes_bytes:
            return False
        title.sizes_bytes[chunk.index] = len(chunk.video) + sum(map(len, chunk.audio))
        return True

    def _checked(self, chunk: ChunkMedia) -> _Title:
        """The title, when the chunk is one of its own and can be read. Raises `MediaError`."""
        title = self._opened()
        if not 0 <= chunk.index < title.count:
            raise MediaError(f"chunk {chunk.index} is none of the title's {title.count}")
        if title.muxer is not None:
            title.muxer.mux(chunk)
        return title

    def has(self, index: int) -> bool:
        return self._title is not None and index in self._title.sizes_bytes

    def held_bytes(self) -> int:
        return 0

    def evict(self, keep_from: int, keep_to: int) -> None:
        title = self._opened()
        gone = [i for i in title.sizes_bytes if not keep_from <= i <= keep_to]
        if not gone:
            return
        if self._seen_at_s != self._clock():
            self._settle()
        for index in gone:
            del title.sizes_bytes[index]
            title.run_s = (0.0, 0.0)
        self._settle()

    def seek(self, position_s: float) -> None:
        self._settle()
        self._jump(position_s, "seek" if self._started else "start")

    def set_paused(self, paused: bool) -> None:
        self._settle()
        self._paused = paused
        if paused:
            self._moving = False
            self._stalls.end(self._clock())
        else:
            self._resume()
            if self._title and not self._moving and not self._ended and self._waiting_for == "media":
                self._stalls.begin(self._clock(), self._media_s)

    def set_speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"a speed is above 0, not {speed}")
        self._settle()
        self._speed = speed

    def set_audio_delay(self, delay_s: float) -> None:
        """Nothing is heard here."""

    def show_subtitles(self, subtitles: SubtitleFile | None) -> None:
        self._subtitles = subtitles

    def state(self) -> SinkState:
        now_s = self._clock()
        if self._seen_at_s != now_s:
            self._settle_at(now_s)
            lacking = not (self._moving or self._ended or self._closed) and self._title is not None
            lacking = lacking and not self._playable()
            stalled, seeking = lacking and not self._paused, lacking and self._waiting_for == "seek"
            self._seen = SinkState(
                self._media_s, self._paused, stalled, self._started, self._ended, seeking, self._speed, _DETAILS
            )
            self._seen_at_s = now_s
        return self._seen

    def dry_at_s(self) -> float | None:
        """The instant at which the playhead reaches the end of the media present; None while it does not move."""
        self._settle()
        if not self._moving or self._title is None:
            return None
        return self._anchor_s + (self._title.contiguous_to(self._media_s) - self._media_s) / self._speed

    def stalls(self) -> tuple[Stall, ...]:
        self._settle()
        return self._stalls.stalls(self._clock())

    @property
    def startup_s(self) -> float | None:
        """From the first open to the first movement (or first picture, when paused); None before."""
        self._settle()
        return self._startup_s

    def close(self) -> None:
        if self._closed:
            return
        self._settle()
        self._stalls.end(self._clock())
        self._moving = False
        self._closed = True
        self._title = None

    def _opened(self) -> _Title:
        if self._title is None:
            raise RuntimeError("the output has no title open")
        return self._title

    def _jump(self, position_s: float, cause: str) -> None:
        title = self._opened()
        self._stalls.end(self._clock())
        self._media_s = min(max(position_s, 0.0), title.timeline.duration_s)
        self._ended = self._media_s >= title.timeline.duration_s and not title.timeline.open_end
        self._moving = False
        self._waiting_for = cause
        self._asked = None
        self._resume()

    def _playable(self) -> bool:
        title = self._title
        return title is not None and title.contiguous_to(self._media_s) > self._media_s + _EPSILON_S

    def _resume(self) -> None:
        """Move if there is media and nobody holds it; ask for what is missing otherwise."""
        if self._title is None or self._ended or self._moving:
            return
        if not self._playable():
            self._ask()
            return
        now_s = self._clock()
        if not self._started:
            self._started = True
            self._startup_s = now_s - (self._opened_at_s or now_s)
        self._stalls.end(now_s)
        self._waiting_for = "media"
        if not self._paused:
            self._moving = True
            self._anchor_s = now_s

    def _settle(self) -> None:
        """Bring the playhead to now, stopping it where the media stopped; what was seen before counts no more."""
        self._settle_at(self._clock())

    def _settle_at(self, now_s: float) -> None:
        self._seen_at_s = math.nan
        if not self._moving or self._title is None:
            return
        end_s = self._title.contiguous_to(self._media_s)
        reached_s = self._media_s + (now_s - self._anchor_s) * self._speed
        if reached_s < end_s - _EPSILON_S:
            self._media_s, self._anchor_s = reached_s, now_s
            return
        dry_at_s = self._anchor_s + (end_s - self._media_s) / self._speed
        self._media_s = end_s
        self._moving = False
        timeline = self._title.timeline
        self._ended = not timeline.open_end and end_s >= timeline.duration_s - _EPSILON_S
        if not self._ended:
            self._stalls.begin(dry_at_s, end_s)
            self._ask()

    def _ask(self) -> None:
        title = self._opened()
        index = title.chunk_at(self._media_s)
        if index != self._asked:
            self._asked = index
            title.wanted(index)
