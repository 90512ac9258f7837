"""Where the pictures of a title come from: drawn by us, or decoded from a file. Both give 4:2:0 frames on a grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from backend_stub.encode import mark
from backend_stub.encode.films import DEMO_FILMS, open_film
from backend_stub.encode.films.canvas import HEIGHT, WIDTH, Picture
from backend_stub.encode.model import RungSpec, TitlePlan


class FrameSource(Protocol):
    """Random access by chunk: frames of a range of numbers, in order."""

    def frames(self, wanted: range) -> Iterator[av.VideoFrame]:
        """The frames; each may be drawn over once the next is asked for."""


def planes(frame: av.VideoFrame) -> list[Any]:
    """The planes of a frame as arrays that share its memory, padding cut off."""
    views = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
        views.append(rows[:, : plane.width])
    return views


class DemoSource:
    """A demo film as frames."""

    def __init__(self, title_id: str) -> None:
        self._film = open_film(title_id)
        self._frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        self._picture = Picture(*planes(self._frame))

    def frames(self, wanted: range) -> Iterator[av.VideoFrame]:
        """Drawn one by one into the same frame."""
        for number in wanted:
            self._film.draw(number, self._picture)
            yield self._frame


def open_source(plan: TitlePlan) -> FrameSource:
    """The source of a plan's pictures."""
    if plan.is_demo:
        return DemoSource(plan.title_id)
    from backend_stub.encode.file_source import FileSource

    return FileSource(plan)


class Scaler:
    """One picture in every wanted size, each made from the smallest larger one that is at least 1.45 times as high."""

    def __init__(self, sizes: dict[int, RungSpec]) -> None:
        self._order = sorted(sizes.items(), key=lambda item: -item[1].height)
        self._reformatters = {rung: VideoReformatter() for rung in sizes}

    def scale(self, frame: av.VideoFrame) -> Iterator[tuple[int, av.VideoFrame]]:
        """(rung, picture) from large to small; a size that is the source's own is the source itself, and comes last.

        Last, since the mark is drawn into it and must not be scaled down with the rest.
        """
        made = [frame]
        whole: list[int] = []
        for rung, spec in self._order:
            if (spec.width, spec.height) == (frame.width, frame.height):
                whole.append(rung)
                continue
            base = min((f for f in made if f.height >= 1.45 * spec.height), key=_height, default=frame)
            scaled = self._reformatters[rung].reformat(base, width=spec.width, height=spec.height, interpolation="AREA")
            made.append(scaled)
        for picture in made[1:]:
            yield self._rung_of(picture), picture
        for rung in whole:
            yield rung, frame

    def _rung_of(self, picture: av.VideoFrame) -> int:
        return next(rung for rung, spec in self._order if (spec.width, spec.height) == (picture.width, picture.height))


def _height(frame: av.VideoFrame) -> int:
    return frame.height


def burn_mark(plan: TitlePlan, frame: av.VideoFrame, number: int, rung: int) -> None:
    """Draw the mark into a demo film's picture, after scaling; a user's film is left alone."""
    if plan.is_demo:
        mark.draw(mark.Mark(number, rung, DEMO_FILMS[plan.title_id].number), *planes(frame))
