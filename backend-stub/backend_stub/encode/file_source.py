"""The pictures of a user's own file, at a constant rate: for each instant the frame that is shown then."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from backend_stub.encode.model import EncodeError, TitlePlan, even
from backend_stub.encode.probe import opened, reason

#: Frames that may be missing from a chunk before it is called damaged: the last one is held as long.
_HOLD_S = 2


class FileSource:
    """Frames by number; chunks asked for in a row are decoded in one pass."""

    def __init__(self, plan: TitlePlan) -> None:
        self._plan = plan
        self._path = Path(plan.source)
        self._reformatter = VideoReformatter()
        self._opening = opened(self._path)
        self._container: Any = self._opening.__enter__()
        self._stream = next(
            s for s in self._container.streams.video if not s.disposition & av.stream.Disposition.attached_pic
        )
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = 1
        self._decoded: Iterator[Any] = iter(())
        self._held: Any = None
        self._ahead: Any = None
        self._next = -1

    def frames(self, wanted: range) -> Iterator[av.VideoFrame]:
        """The frames shown at `wanted` / fps."""
        if wanted.start != self._next:
            self._seek(Fraction(wanted.start) / self._plan.fps)
        half = 1 / (2 * self._plan.fps)
        for number in wanted:
            frame = self._shown_at(Fraction(number) / self._plan.fps + half)
            self._next = number + 1
            yield self._upright(frame)

    def _seek(self, at_s: Fraction) -> None:
        start = self._stream.start_time or 0
        try:
            self._container.seek(start + int(at_s / self._stream.time_base), stream=self._stream, backward=True)
        except (av.FFmpegError, OSError) as error:
            raise self._damaged(at_s, reason(error)) from error
        self._stream.codec_context.flush_buffers()
        self._decoded = self._decode()
        self._held = self._ahead = None

    def _shown_at(self, at_s: Fraction) -> Any:
        """The last frame that begins before `at_s`; the first one there is, when none does."""
        while True:
            if self._ahead is None:
                self._ahead = next(self._decoded, None)
            if self._ahead is None or (self._held is not None and self._begin_s(self._ahead) >= at_s):
                break
            late = self._held is None and self._begin_s(self._ahead) >= at_s
            self._held, self._ahead = self._ahead, None
            if late:
                break
        if self._held is None or at_s - self._begin_s(self._held) > _HOLD_S + self._longest_s():
            raise self._damaged(at_s, "no picture can be decoded there")
        return self._held

    def _longest_s(self) -> Fraction:
        """A frame of a slow show may stand this long by right: until the next one, when there is one."""
        if self._ahead is None or self._held is None:
            return Fraction(0)
        return self._begin_s(self._ahead) - self._begin_s(self._held)

    def _decode(self) -> Iterator[Any]:
        """Decoded frames in order of time; a packet that is broken is passed over, the frame before it stays."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError, OSError):
                return
            try:
                yield from (frame for frame in packet.decode() if frame.pts is not None)
            except av.FFmpegError:
                continue

    def _begin_s(self, frame: Any) -> Fraction:
        return Fraction((frame.pts - (self._stream.start_time or 0)) * self._stream.time_base)

    def _upright(self, frame: Any) -> av.VideoFrame:
        """8-bit 4:2:0 in BT.709, turned and with square pixels, at its own size or the top rung's."""
        top = self._plan.rungs[-1]
        turn = round(frame.rotation / 90) * 90 % 360
        width, height = (top.height, top.width) if turn in (90, 270) else (top.width, top.height)
        flat = self._reformatter.reformat(
            frame,
            width=even(width),
            height=even(height),
            format="yuv420p",
            interpolation="BICUBIC",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        return _turned(flat, turn) if turn else flat

    def _damaged(self, at_s: Fraction, why: str) -> EncodeError:
        return EncodeError(
            f"{self._path} is damaged at {float(at_s):.1f} s: {why}.", "Copy or download it again, or cut it there."
        )


def _turned(frame: av.VideoFrame, degrees: int) -> av.VideoFrame:
    """The frame turned counterclockwise."""
    from backend_stub.encode.source import planes

    sides = (frame.width, frame.height) if degrees == 180 else (frame.height, frame.width)
    turned = av.VideoFrame(*sides, "yuv420p")
    for source, there in zip(planes(frame), planes(turned), strict=True):
        there[...] = np.rot90(source, degrees // 90)
    return turned
