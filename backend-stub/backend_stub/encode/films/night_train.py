"""Night Train: a window seat. Ridges far off, a city that comes and goes, trees and masts that fly past, the moon."""

from __future__ import annotations

import numpy as np

from backend_stub.encode.films.canvas import (
    HEIGHT,
    WIDTH,
    Floats,
    Picture,
    Sprite,
    Strip,
    colour,
    disc,
    glow,
    gradient,
    noise_line,
    ramp,
    smooth,
)
from backend_stub.encode.films.title_card import title_level, title_sprites

SKY = ((0.0, "#071226"), (0.35, "#0f2747"), (0.62, "#1d4a6b"), (0.82, "#3f7d8e"), (0.94, "#8fb7a4"), (1.0, "#e9cf9c"))
HORIZON = 700
TOP_SPEED = 1250.0  # Pixels a second of what is nearest.


class NightTrain:
    """The second film, the busiest. `draw(frame, picture)` needs no other frame."""

    name = "Night Train"

    def __init__(self, seed: int = 2) -> None:
        rng = np.random.default_rng(seed)
        self._sky = gradient(SKY, HORIZON + 40, rng)
        for x, y in zip(rng.uniform(0, WIDTH, 160), rng.random(160) ** 1.5 * 420, strict=True):
            glow(int(rng.choice((3, 4, 5))), "#eaf6ff", float(rng.uniform(0.3, 0.9))).draw_centred(
                self._sky, float(x), float(y)
            )
        self._moon = disc(74, "#fffbe9", "#dfe4d6", halo=250, halo_strength=0.3)
        self._far = _ridge(rng, 2880, 190, "#2f6076", "#7da9a0", lowest=3)
        self._hills = _ridge(rng, 3200, 150, "#173a52", "#2c5c6b", lowest=4)
        self._city = _city(rng, 5760, 430, "#0f2438", 0.2)
        self._near_city = _city(rng, 7680, 560, "#0a1729", 0.32)
        self._fields = _fields(rng)
        self._trees = _trees(rng)
        self._mast = _mast()
        self._lamp = glow(150, "#ffcf7d", 0.85)
        self._wire = _wire()
        self._star = glow(26, "#ffffff", 0.95)
        self._title = title_sprites("NIGHT TRAIN", "#eef8ff", "#06101f")

    def draw(self, frame: int, picture: Picture) -> None:
        """Frame `frame` at 24 frames a second, all of the picture."""
        time_s = frame / 24
        way = travelled(time_s)
        picture.paste(self._sky)
        self._moon.draw_centred(picture, 1430 - 3.2 * time_s, 236 + 0.5 * time_s)
        self._far.draw(picture, way * 0.018, HORIZON - 190, HORIZON + 60)
        self._hills.draw(picture, way * 0.05, HORIZON - 96, HORIZON + 140)
        # The city is a place on the way: it rises as the train comes near and sinks behind it.
        near = _bump(time_s, 16, 24, 42, 50)
        if near > 0:
            self._city.draw(picture, way * 0.11, HORIZON - 330 * near + 90 * (1 - near), HORIZON + 150)
        closer = _bump(time_s, 21, 28, 38, 45)
        if closer > 0:
            self._near_city.draw(picture, way * 0.26, HORIZON - 330 * closer + 240 * (1 - closer), HORIZON + 220)
        self._fields.draw(picture, way * 0.42, HORIZON + 100)
        for place, trees in self._trees:
            x = _passing(place, way * 0.62, 5200, trees.width)
            if x < WIDTH:
                trees.draw(picture, x, HORIZON + 210 - trees.height)
        self._draw_line(picture, way)
        if time_s >= 8 and frame % 192 < 2:
            self._star.draw_centred(picture, 1780, 110)
        level = title_level(time_s)
        if level >= 0:
            self._title[level].draw_centred(picture, WIDTH / 2, 300)

    def _draw_line(self, picture: Picture, way: float) -> None:
        """Masts with their wire, and lamps beside the track, nearest of all."""
        span = 1500
        shift = way % span
        for number in range(-1, 3):
            x = number * span - shift
            self._wire.draw(picture, x, 96)
            self._mast.draw(picture, x - self._mast.width / 2, 60)
        for number in range(-1, 3):
            # A lamp now and then: which ones stand is decided by their number on the line.
            index = int(way // span) + number
            if index % 5 != 1:
                self._lamp.draw_centred(picture, number * span - shift + 720, HORIZON + 150)


def travelled(time_s: float) -> float:
    """The way of the nearest things by a time: slow at the start, full speed from 14 s, a slow bridge at 52 s."""
    times = np.array([0, 5, 14, 50, 54, 58, 66])
    speeds = np.array([0.10, 0.16, 1.0, 1.0, 0.42, 0.42, 0.8]) * TOP_SPEED
    fine = np.linspace(0, 66, 6601)
    return float(np.interp(time_s, fine, np.concatenate([[0], np.cumsum(np.interp(fine, times, speeds))[:-1]]) * 0.01))


def _bump(time_s: float, rise: float, full: float, fall: float, gone: float) -> float:
    """0, then smoothly 1, then smoothly 0 again."""
    return float(smooth(rise, full, time_s)) * (1 - float(smooth(fall, gone, time_s)))


def _passing(place: float, way: float, period: float, width: int) -> float:
    """Where something that stands at `place` on a repeating line is on the screen."""
    return (place - way) % period - width


def _ridge(rng: np.random.Generator, period: int, height: int, crest: str, foot: str, lowest: int) -> Strip:
    """A ridge of hills with mist at its foot."""
    line = height * (0.5 - 0.46 * noise_line(rng, period, lowest=lowest))
    solid = (int(line.max()) + 3) & ~1
    rows = np.arange(HEIGHT)[:, None].astype(np.float32)
    rows = rows[: max(solid + 420, 480)]
    alpha = np.clip(rows - line[None, :], 0, 1)
    rgb = ramp([(0, crest), (1, foot)], np.clip(rows / (height + 150), 0, 1))
    return Strip.of(np.broadcast_to(rgb, (*alpha.shape, 3)), alpha, solid)


def _fields(rng: np.random.Generator) -> Strip:
    """The ground beside the track, drawn out by speed: pale streaks of grass and puddles under the moon."""
    period, rows = 3840, 290
    line: Floats = 26 * (0.5 - 0.46 * noise_line(rng, period, lowest=3))
    y = np.arange(rows, dtype=np.float32)[:, None]
    streaks = rng.normal(0, 1, (rows, period // 60)).astype(np.float32)
    streaks = ((streaks + np.roll(streaks, 1, 0) + np.roll(streaks, 1, 1)) / 3).astype(np.float32)
    places = np.linspace(0, streaks.shape[1], period, endpoint=False)
    wide = np.stack([np.interp(places, np.arange(row.size + 1), np.append(row, row[0])) for row in streaks])
    shine = np.clip(wide, -0.5, 1.6)[..., None].astype(np.float32) * (0.05 + 0.10 * y / rows)[..., None]
    rgb = ramp([(0, "#123044"), (0.3, "#0d2233"), (1, "#071421")], y / rows) + shine * colour("#5f9fb0")
    return Strip.of(np.clip(rgb, 0, 1), np.clip(y - line[None, :], 0, 1), 30)


def _city(rng: np.random.Generator, period: int, height: int, tint: str, lit: float) -> Strip:
    """Towers of all sizes, their windows lit here and there, a red light on the highest."""
    rows = height + 240
    alpha = np.zeros((rows, period), np.float32)
    rgb = np.empty((rows, period, 3), np.float32)
    rgb[:] = ramp([(0, tint), (1, "#1c4257")], np.linspace(0, 1, rows))[:, None]
    x = 0
    while x < period - 40:
        width = int(rng.integers(50, 170)) & ~1
        right = min(x + width, period)
        centre = 0.5 + 0.5 * np.sin(2 * np.pi * x / period * 3 + 1)
        top = int(height * (0.92 - (0.28 + 0.5 * centre) * rng.random() ** 0.7)) & ~1
        alpha[top:, x:right] = 1
        rgb[top:, x:right] *= rng.uniform(0.8, 1.12)
        _light_windows(rng, rgb, x, right, top, lit)
        if top < height * 0.3:
            middle = (x + right) // 2 & ~1
            alpha[max(0, top - 56) : top, middle : middle + 4] = 1
            rgb[max(0, top - 60) : max(0, top - 60) + 8, middle - 2 : middle + 6] = colour("#ff5a4f")
            alpha[max(0, top - 60) : max(0, top - 60) + 8, middle - 2 : middle + 6] = 1
        x += width + int(rng.choice((0, 0, 6, 18, 60)))
    alpha[height:] = 1
    return Strip.of(rgb, alpha, height & ~1, silhouette=True)


def _light_windows(rng: np.random.Generator, rgb: Floats, left: int, right: int, top: int, lit: float) -> None:
    """Warm and cold windows on a grid of the house's own."""
    step_x, step_y = int(rng.integers(12, 20)), int(rng.integers(16, 26))
    warm = (colour("#ffd58a"), colour("#ffb45e"), colour("#fff0c8"), colour("#a8e0f0"))
    for y in range(top + 14, rgb.shape[0] - 60, step_y):
        for x in range(left + 8, right - 10, step_x):
            if rng.random() < lit:
                rgb[y : y + 8, x : x + 6] = warm[int(rng.integers(4))] * rng.uniform(0.7, 1.0)


def _trees(rng: np.random.Generator) -> list[tuple[float, Sprite]]:
    """Clumps of trees as soft dark crowns, each with its place on the line."""
    return [(place * 5200 / 9 + float(rng.uniform(-150, 150)), _clump(rng)) for place in range(9)]


def _clump(rng: np.random.Generator) -> Sprite:
    """A stand of firs, tall in the middle."""
    width, height = int(rng.integers(130, 300)) * 2, 360
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    alpha = np.zeros((height, width), np.float32)
    for _ in range(int(width / 20)):
        cx = rng.uniform(60, width - 60)
        tall = rng.uniform(0.4, 1.0) * (height - 20) * (1 - (2 * cx / width - 1) ** 2 * 0.65)
        down = (y - (height - tall)) / tall
        # Boughs in steps, each wider than the one above.
        reach = tall * 0.19 * (0.75 * down + 0.25 * ((down * 6) % 1)) * (down > 0)
        alpha = np.maximum(alpha, np.clip((reach - np.abs(x - cx)) / 4 + 0.5, 0, 1) * (down > 0))
    return Sprite.of(ramp([(0, "#0f2b3b"), (1, "#06111d")], y / height), alpha, silhouette=True)


def _mast() -> Sprite:
    """A mast of the overhead line, smeared by its speed."""
    width, height = 120, 860
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pole = np.clip(1 - np.abs(x - width / 2) / 13, 0, 1) ** 0.7
    arm = np.clip(1 - np.abs(y - 46) / 4, 0, 1) * 0.8
    return Sprite.of(colour("#040a14"), np.clip(np.maximum(pole * 0.95, arm), 0, 1))


def _wire() -> Sprite:
    """One span of wire between two masts."""
    width, height = 1500, 132
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sag = 8 + 100 * (1 - (2 * x / width - 1) ** 2)
    carrier = np.clip(2.2 - np.abs(y - sag), 0, 1)
    contact = np.clip(2.2 - np.abs(y - 124), 0, 1)
    hangers = np.clip(1.6 - np.abs((x + 75) % 150 - 75), 0, 1) * ((y > sag) & (y < 124)) * 0.7
    return Sprite.of(colour("#050c17"), np.clip(np.maximum(np.maximum(carrier, contact), hangers) * 0.85, 0, 1))
