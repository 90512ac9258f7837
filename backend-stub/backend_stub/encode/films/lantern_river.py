"""Lantern River: at dusk a village lets its paper lanterns go; they rise, they drift, the water doubles them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend_stub.encode.films.canvas import (
    HEIGHT,
    WIDTH,
    Floats,
    Picture,
    Sprite,
    colour,
    glow,
    gradient,
    noise_line,
    ramp,
    smooth,
    to_yuv,
)
from backend_stub.encode.films.title_card import title_level, title_sprites

SHORE = 640  # The row where sky ends and water begins.
SKY = ((0.0, "#121538"), (0.3, "#2b2560"), (0.55, "#6a3a7c"), (0.75, "#c25c7e"), (0.9, "#f49a74"), (1.0, "#ffd39a"))


@dataclass(frozen=True, slots=True)
class Lantern:
    """One flight: it leaves the water at `start_s`, rises for ever and sways."""

    start_s: float
    x: float
    size: int
    rise: float
    ground: float
    sway: float
    phase: float


class LanternRiver:
    """The first film. `draw(frame, picture)` needs no other frame."""

    name = "Lantern River"

    def __init__(self, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self._base = self._scene(rng)
        self._water = self._mirror(self._base)
        self._sizes = (16, 24, 36, 58, 96)
        self._bodies = [_lantern(size) for size in self._sizes]
        self._echoes = [_echo(size) for size in self._sizes]
        self._lanterns = sorted(_flights(rng), key=lambda lantern: lantern.size)
        steady, bright = (glow(radius, "#fff4e0", strength) for radius, strength in ((4, 0.55), (5, 0.85)))
        for x, y, _ in _star_places(rng, 80):
            steady.draw_centred(self._base, x, y)
        self._twinkling = _star_places(rng, 14)
        self._star = bright
        self._reeds = [_reeds(rng, mirrored) for mirrored in (False, True)]
        self._title = title_sprites("LANTERN RIVER", "#fff3dd", "#2a1538")
        self._flash = glow(26, "#ffffff", 0.95)

    def draw(self, frame: int, picture: Picture) -> None:
        """Frame `frame` at 24 frames a second, all of the picture."""
        time_s = frame / 24
        picture.y[:SHORE], picture.u[: SHORE // 2], picture.v[: SHORE // 2] = (
            self._base.y[:SHORE],
            self._base.u[: SHORE // 2],
            self._base.v[: SHORE // 2],
        )
        for x, y, phase in self._twinkling:
            if np.sin(time_s * 1.3 + phase) > -0.2:
                self._star.draw(picture, x, y)
        self._draw_water(picture, time_s)
        self._draw_lanterns(picture, time_s)
        if time_s >= 8 and frame % 192 < 2:
            self._flash.draw_centred(picture, 1780, 110)
        for reeds, side in zip(self._reeds, (0, 1), strict=True):
            lean = int(3 * np.sin(time_s * 0.7 + side)) * 2
            reeds.draw(picture, -24 + lean if side == 0 else WIDTH - reeds.width + 24 + lean, HEIGHT - reeds.height)
        level = title_level(time_s)
        if level >= 0:
            self._title[level].draw_centred(picture, WIDTH / 2, 250)

    def _draw_water(self, picture: Picture, time_s: float) -> None:
        """Every row of the mirrored sky, moved sideways by waves that grow towards the viewer."""
        rows = np.arange(HEIGHT - SHORE)
        near = 1 + rows / 26
        shift = near * np.sin(rows * 0.9 / np.sqrt(near) + time_s * 2.1 + 0.6 * np.sin(rows * 0.13 - time_s))
        offsets = (48 + np.clip(shift, -46, 46)).astype(int).tolist()
        for row, offset in enumerate(offsets):
            picture.y[SHORE + row] = self._water.y[row, offset : offset + WIDTH]
        for row, offset in enumerate(offsets[::2]):
            cut = slice(offset // 2, offset // 2 + WIDTH // 2)
            picture.u[SHORE // 2 + row] = self._water.u[row, cut]
            picture.v[SHORE // 2 + row] = self._water.v[row, cut]

    def _draw_lanterns(self, picture: Picture, time_s: float) -> None:
        for lantern in self._lanterns:
            age_s = time_s - lantern.start_s
            height = lantern.rise * (age_s + 3 * (np.exp(-age_s / 3) - 1)) if age_s > 0 else 0.0
            kind = self._sizes.index(lantern.size)
            y = lantern.ground - lantern.size * 0.7 - height
            if y < -2 * lantern.size:
                continue
            x = lantern.x + lantern.sway * np.sin(age_s * 0.5 + lantern.phase) + 5 * age_s
            mirror_y = lantern.ground + lantern.size * 0.4 + 0.45 * height
            echo = self._echoes[kind]
            if height < 900:
                wobble = lantern.size * 0.08 * np.sin(time_s * 3 + lantern.phase)
                echo.draw_centred(picture, x + wobble, mirror_y + echo.height * 0.3)
            self._bodies[kind].draw_centred(picture, x, y)

    def _scene(self, rng: np.random.Generator) -> Picture:
        """Sky, the last of the sun, three ridges in haze."""
        picture = gradient(SKY, SHORE, rng)
        glow(760, "#ffe2a8", 0.75, squash=0.42).draw_centred(picture, 1240, SHORE - 10)
        glow(150, "#fff6d8", 0.9).draw_centred(picture, 1240, SHORE - 12)
        for base, height, tint, lowest in (
            (560, 100, "#a9577f", 2),
            (600, 80, "#6c3c70", 3),
            (632, 46, "#38254f", 5),
        ):
            line = base - height * (0.5 + 0.5 * noise_line(rng, WIDTH, lowest=lowest))
            rows = np.arange(SHORE)[:, None]
            alpha = np.clip(rows - line[None, :], 0, 1).astype(np.float32)
            haze = np.clip((rows - base + height) / (height + 90), 0, 1)[..., None] * 0.5
            rgb = colour(tint) * (1 - haze) + colour("#f2a27d") * haze
            top = int(line.min()) & ~1
            shape = (SHORE - top, WIDTH, 3)
            Sprite.of(np.broadcast_to(rgb[top:], shape), alpha[top:]).draw(picture, 0, top)
        return picture

    def _mirror(self, base: Picture) -> Picture:
        """The water: the sky upside down, darker and bluer towards the viewer, 48 columns wider on both sides."""
        depth = HEIGHT - SHORE
        source = np.clip(SHORE - 2 - (np.arange(depth) * 1.35).astype(int), 0, SHORE - 1)
        dark = np.linspace(0.82, 0.34, depth, dtype=np.float32)[:, None]
        deep_y, deep_u, deep_v = (float(part) for part in to_yuv(colour("#141a40")))
        wide = np.clip(np.arange(WIDTH + 96) - 48, 0, WIDTH - 1)
        wide_half = np.clip(np.arange(WIDTH // 2 + 48) - 24, 0, WIDTH // 2 - 1)
        y = base.y[source] * dark + deep_y * (1 - dark)
        u = base.u[source[::2] // 2] * dark[::2] + deep_u * (1 - dark[::2])
        v = base.v[source[::2] // 2] * dark[::2] + deep_v * (1 - dark[::2])
        return Picture(y.astype(np.uint8)[:, wide], u.astype(np.uint8)[:, wide_half], v.astype(np.uint8)[:, wide_half])


def _flights(rng: np.random.Generator) -> list[Lantern]:
    """Few at first, a great cloud of them from 24 s to 44 s, few at the end; some are in the air already."""
    starts = np.concatenate(
        [rng.uniform(-30, 10, 16), rng.uniform(10, 24, 14), rng.uniform(24, 44, 56), rng.uniform(44, 62, 12)]
    )
    sizes = rng.choice((16, 24, 36, 58, 96), len(starts), p=(0.3, 0.27, 0.22, 0.14, 0.07))
    return [
        Lantern(
            float(start),
            float(rng.uniform(60, WIDTH - 160)),
            int(size),
            float(14 + size * 0.75) * float(rng.uniform(0.8, 1.2)),
            # Larger lanterns are nearer: they start further down the water.
            float(SHORE + 18 + (size - 16) * 3.2 + rng.uniform(-0.5, 0.5) * size * 1.4),
            float(rng.uniform(6, 26)),
            float(rng.uniform(0, 6.28)),
        )
        for start, size in zip(starts, sizes, strict=True)
    ]


def _star_places(rng: np.random.Generator, count: int) -> list[tuple[float, float, float]]:
    """Where stars are, and when they twinkle: thick above, none near the horizon."""
    return [(float(rng.uniform(0, WIDTH)), float(rng.random() ** 1.6 * 330), float(phase)) for phase in range(count)]


def _lantern(size: int) -> Sprite:
    """A paper lantern `size` wide with a flame inside and its light around it."""
    reach = int(size * 1.7) & ~1
    y, x = np.mgrid[-reach:reach, -reach:reach].astype(np.float32) / size
    tall = 0.66
    half_width = 0.5 * (1 - 0.22 * ((y + 0.15) / tall) ** 2) * (0.9 - 0.12 * y / tall)
    inside: Floats = np.minimum(half_width - np.abs(x), tall - np.abs(y)) * size
    body = smooth(-0.9, 0.9, inside)
    heat = np.clip(1 - np.hypot(x * 1.5, (y - 0.34) * 0.85), 0, 1)
    rgb = ramp([(0, "#c9431f"), (0.35, "#f07c2c"), (0.65, "#ffb84f"), (1, "#fff4c4")], heat)
    ribs = 1 - 0.07 * (np.cos(x * 21) > 0.82) - 0.25 * (np.abs(y - tall + 0.03) < 0.035)
    rgb = rgb * ribs[..., None].astype(np.float32)
    aura = 0.5 * np.clip(1 - np.hypot(x, y * 0.9) / 1.62, 0, 1) ** 2
    mix = body[..., None]
    return Sprite.of(rgb * mix + colour("#ff9a4a") * (1 - mix), np.maximum(body, aura))


def _echo(size: int) -> Sprite:
    """What the water gives back: a long streak, broken into strokes."""
    width, height = int(size * 1.1) & ~1, int(size * 2.4) & ~1
    y, x = np.mgrid[-height:height, -width:width].astype(np.float32)
    strokes = 0.55 + 0.45 * np.sin(y * (9.0 / size) * (1.6 - 0.5 * y / height) * 1.3 + np.cos(x * 3.0 / size))
    alpha = 0.62 * np.clip(1 - np.abs(x) / width, 0, 1) ** 2 * np.clip(1 - np.abs(y) / height, 0, 1) ** 1.3 * strokes
    return Sprite.of(colour("#ffb565"), alpha)


def _reeds(rng: np.random.Generator, mirrored: bool) -> Sprite:
    """A dark tuft of reeds for a lower corner."""
    height, width = 420, 420
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = (height - y) / height
    alpha = smooth(0.0, 20.0, y - height + 74 - 100 * smooth(120, width, x))
    for _ in range(26):
        root, tall, bend = rng.uniform(0, 250), rng.uniform(0.35, 0.98), rng.uniform(-90, 150)
        t = np.clip(up / tall, 0, 1)
        thick = (4.2 * (1 - t) + 0.6) * (up < tall)
        blade = np.clip(thick - np.abs(x - root - bend * t * t) + 0.5, 0, 1)
        alpha = np.maximum(alpha, blade)
    if mirrored:
        alpha = alpha[:, ::-1]
    return Sprite.of(colour("#120d26"), np.ascontiguousarray(alpha) * 0.96)
