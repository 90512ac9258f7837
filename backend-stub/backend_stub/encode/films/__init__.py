"""The demo films: what each is, and the generator that draws it.

Every film draws any frame without drawing those before it, so that chunks can be made in parallel and in any order.
At every whole 8 s but the first, a star lights up for two frames as a chime sounds (see `sound`).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, cast

from backend_stub.encode.films.canvas import Picture
from backend_stub.encode.model import DEMO_LADDER, AudioTrack, RungSpec, SubtitleTrack, TitlePlan

DEMO_FPS = Fraction(24)
DEMO_CHUNK_FRAMES = 48
DEMO_FRAMES = 1440


class Film(Protocol):
    """A generator of pictures of 1920 x 1080."""

    def draw(self, frame: int, picture: Picture) -> None:
        """Draw frame `frame`, all of the picture."""


@dataclass(frozen=True, slots=True)
class DemoFilm:
    """A film of ours and how the catalog presents it."""

    number: int
    title_id: str
    name: str
    module: str
    generator: str
    description: str
    genres: tuple[str, ...]
    poster_frame: int
    poster_middle: float


DEMO_FILMS = {
    film.title_id: film
    for film in (
        DemoFilm(
            1,
            "lantern-river",
            "Lantern River",
            "lantern_river",
            "LanternRiver",
            "On the last warm evening a village lets its paper lanterns go, and the river keeps their light.",
            ("Nature", "Calm"),
            936,
            0.5,
        ),
        DemoFilm(
            2,
            "night-train",
            "Night Train",
            "night_train",
            "NightTrain",
            "A window seat on the last train out: hills, a city that will not sleep, and the moon that keeps pace.",
            ("City", "Journey"),
            700,
            0.5,
        ),
        DemoFilm(
            3,
            "paper-tide",
            "Paper Tide",
            "paper_tide",
            "PaperTide",
            "A small boat of folded paper crosses a sea cut from seven sheets while the moon goes by on its thread.",
            ("Animation", "Calm"),
            840,
            0.5,
        ),
    )
}


def demo_plan(title_id: str, *, rungs: tuple[RungSpec, ...] = DEMO_LADDER, frame_count: int = DEMO_FRAMES) -> TitlePlan:
    """The plan of a demo film; tests make it shorter and its ladder smaller."""
    film = DEMO_FILMS[title_id]
    return TitlePlan(
        title_id=title_id,
        name=film.name,
        year=2026,
        description=film.description,
        maturity="All",
        genres=film.genres,
        source=f"demo:{title_id}",
        source_tag="",
        fps=DEMO_FPS,
        frame_count=frame_count,
        chunk_frames=DEMO_CHUNK_FRAMES,
        rungs=rungs,
        audio=(AudioTrack("en", "English"), AudioTrack("de", "Deutsch")),
        subtitles=(SubtitleTrack("en", "English"), SubtitleTrack("de", "Deutsch")),
    )


@functools.lru_cache(maxsize=2)
def open_film(title_id: str) -> Film:
    """The generator, its layers painted (about a second); the last two are kept."""
    film = DEMO_FILMS[title_id]
    module = importlib.import_module(f"backend_stub.encode.films.{film.module}")
    return cast(Callable[[], Film], getattr(module, film.generator))()
