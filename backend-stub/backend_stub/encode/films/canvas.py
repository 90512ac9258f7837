"""Paint for the film generators: 4:2:0 planes, premultiplied sprites, scrolling strips, dithered gradients.

Everything dear is done once, when a film is opened; a frame is then made of copies and blends of ready pieces. A blend
is `picture * inverse + premultiplied >> 7` in 16 bits, which numpy does at about 0.6 ns a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1920, 1080

Plane = npt.NDArray[np.uint8]
Wide = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Picture:
    """The three planes of one frame, written in place."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def blank(cls) -> Picture:
        """A picture with memory of its own."""
        half = (HEIGHT // 2, WIDTH // 2)
        return cls(np.full((HEIGHT, WIDTH), 16, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8))

    def paste(self, other: Picture) -> None:
        """Copy all of `other`."""
        self.y[...] = other.y
        self.u[...] = other.u
        self.v[...] = other.v


def colour(text: str) -> npt.NDArray[np.float32]:
    """`#rrggbb` as three numbers 0..1."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


def to_yuv(rgb: Floats) -> tuple[Floats, Floats, Floats]:
    """BT.709, limited range, of `rgb[..., 3]` in 0..1."""
    # Not a matrix product: for three columns numpy is slower at that than at sums.
    luma = 0.2126 * rgb[..., 0] + 0.7152 * rgb[..., 1] + 0.0722 * rgb[..., 2]
    blue = 128 + (224 / 1.8556) * (rgb[..., 2] - luma)
    red = 128 + (224 / 1.5748) * (rgb[..., 0] - luma)
    return 16 + 219 * luma, blue, red


def halved(plane: Floats) -> Floats:
    """The plane at half size, by the mean of 2 x 2."""
    return 0.25 * (plane[0::2, 0::2] + plane[1::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 1::2])


def ramp(stops: Sequence[tuple[float, str]], at: Floats) -> Floats:
    """Colours along `at` (0..1) between the stops, joined smoothly."""
    places = [place for place, _ in stops]
    colours = np.stack([colour(text) for _, text in stops])
    return np.stack([np.interp(at, places, colours[:, i]) for i in range(3)], axis=-1).astype(np.float32)


def smooth(low: float, high: float, value: float | Floats) -> Floats:
    """Smoothstep: 0 below `low`, 1 above `high`."""
    t: Floats = np.clip((np.asarray(value) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def gradient(stops: Sequence[tuple[float, str]], rows: int, rng: np.random.Generator) -> Picture:
    """A picture whose upper `rows` run through the stops; the rest keeps the last. Dithered against banding."""
    y, u, v = to_yuv(ramp(stops, np.clip(np.arange(HEIGHT) / rows, 0, 1)))
    return Picture(
        dither(np.broadcast_to(y[:, None], (HEIGHT, WIDTH)), rng),
        dither(np.broadcast_to(u[::2, None], (HEIGHT // 2, WIDTH // 2)), rng),
        dither(np.broadcast_to(v[::2, None], (HEIGHT // 2, WIDTH // 2)), rng),
    )


def dither(plane: Floats, rng: np.random.Generator) -> Plane:
    """Round to whole numbers with a grain of one step, tiled so that it costs little."""
    grain = np.tile(rng.random((120, 240), np.float32), (9, 8))[: plane.shape[0], : plane.shape[1]]
    dithered: Plane = np.clip(plane + grain, 0, 255).astype(np.uint8)
    return dithered


def noise_line(rng: np.random.Generator, length: int, *, octaves: int = 6, lowest: int = 2) -> Floats:
    """A periodic, mountain-like line in -1..1."""
    x = np.arange(length) * (2 * np.pi / length)
    line = np.zeros(length, np.float32)
    for octave in range(octaves):
        for _ in range(2):
            # Whole numbers of waves keep it periodic; drawn by chance, they keep it from looking so.
            waves = int(rng.integers(lowest << octave, (lowest << (octave + 1)) + 1))
            line += np.sin(x * waves + rng.random() * 2 * np.pi) * (0.52**octave)
    periodic: Floats = line / np.abs(line).max()
    return periodic


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture with soft edges, ready to be blended: colours premultiplied by alpha 0..128."""

    y: Wide
    y_inverse: Wide
    u: Wide
    v: Wide
    c_inverse: Wide
    wall: Plane | None = None

    @classmethod
    def of(cls, rgb: Floats, alpha: Floats, *, silhouette: bool = False) -> Sprite:
        """From `rgb[h, w, 3]` (or one colour) and `alpha[h, w]`, both 0..1; sides must be even.

        A `silhouette` is darker than all it covers: its luma is laid on by a minimum, ten times as fast as a blend.
        """
        y, u, v = to_yuv(np.broadcast_to(rgb, (*alpha.shape, 3)))
        a128, c128 = alpha * 128, halved(alpha) * 128
        return cls(
            np.rint(y * a128).astype(np.uint16),
            np.rint(128 - a128).astype(np.uint16),
            np.rint(halved(u * alpha) * 128).astype(np.uint16),
            np.rint(halved(v * alpha) * 128).astype(np.uint16),
            np.rint(128 - c128).astype(np.uint16),
            np.rint(y * alpha + 255 * (1 - alpha)).astype(np.uint8) if silhouette else None,
        )

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.y.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.y.shape[1])

    def draw(self, picture: Picture, left: float, top: float) -> None:
        """Blend with the upper left corner near (`left`, `top`); what lies outside is cut off."""
        x, y = int(left) & ~1, int(top) & ~1
        x0, y0 = max(0, -x), max(0, -y)
        x1, y1 = min(self.width, WIDTH - x), min(self.height, HEIGHT - y)
        if x0 >= x1 or y0 >= y1:
            return
        luma = picture.y[y + y0 : y + y1, x + x0 : x + x1]
        if self.wall is None:
            blend(luma, self.y[y0:y1, x0:x1], self.y_inverse[y0:y1, x0:x1])
        else:
            np.minimum(luma, self.wall[y0:y1, x0:x1], out=luma)
        half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
        there = (slice((y + y0) // 2, (y + y1) // 2), slice((x + x0) // 2, (x + x1) // 2))
        blend(picture.u[there], self.u[half], self.c_inverse[half])
        blend(picture.v[there], self.v[half], self.c_inverse[half])

    def draw_centred(self, picture: Picture, x: float, y: float) -> None:
        """Blend with the middle near (`x`, `y`)."""
        self.draw(picture, x - self.width / 2, y - self.height / 2)


def blend(there: Plane, premultiplied: Wide, inverse: Wide) -> None:
    """`there = there * inverse + premultiplied`, in place."""
    mixed = np.multiply(there, inverse, dtype=np.uint16)
    mixed += premultiplied
    mixed >>= 7
    there[...] = mixed


@dataclass(frozen=True, slots=True)
class Strip:
    """A layer wider than the screen that scrolls and repeats: soft above, opaque from row `solid_from` on."""

    soft: Sprite
    y: Plane
    u: Plane
    v: Plane
    period: int
    solid_from: int
    wall: Plane | None = None
    lights: Plane | None = None

    @classmethod
    def of(cls, rgb: Floats, alpha: Floats, solid_from: int, *, silhouette: bool = False) -> Strip:
        """From one period of picture; `alpha` must be 1 from `solid_from` (even) down.

        A `silhouette` is darker than what it covers but for its lights: its luma needs a minimum and a maximum, which
        are five times as fast as a blend.
        """
        period = alpha.shape[1]
        rgb = np.broadcast_to(rgb, (*alpha.shape, 3))
        wrap = np.arange(period + WIDTH) % period
        y, u, v = to_yuv(rgb[solid_from:])
        half = np.arange((period + WIDTH) // 2) % (period // 2)
        soft = Sprite.of(rgb[:solid_from], alpha[:solid_from])
        return cls(
            Sprite(soft.y[:, wrap], soft.y_inverse[:, wrap], soft.u[:, half], soft.v[:, half], soft.c_inverse[:, half]),
            np.rint(y).astype(np.uint8)[:, wrap],
            np.rint(halved(u)).astype(np.uint8)[:, half],
            np.rint(halved(v)).astype(np.uint8)[:, half],
            period,
            solid_from,
            *(_wall_and_lights(rgb[:solid_from], alpha[:solid_from], wrap) if silhouette else ()),
        )

    def draw(self, picture: Picture, offset: float, top: float, bottom: int = HEIGHT) -> None:
        """Fill the screen's width from row `top`, scrolled by `offset`, down to `bottom` at most."""
        x, y = int(offset) % self.period & ~1, int(top) & ~1
        cut = slice(x, x + WIDTH)
        half = slice(x // 2, (x + WIDTH) // 2)
        soft = self.soft
        join = min(y + self.solid_from, bottom)
        rows, c_rows = join - y, (join - y) // 2
        if rows > 0:
            if self.wall is None or self.lights is None:
                blend(picture.y[y:join], soft.y[:rows, cut], soft.y_inverse[:rows, cut])
            else:
                there = picture.y[y:join]
                np.minimum(there, self.wall[:rows, cut], out=there)
                np.maximum(there, self.lights[:rows, cut], out=there)
            blend(picture.u[y // 2 : join // 2], soft.u[:c_rows, half], soft.c_inverse[:c_rows, half])
            blend(picture.v[y // 2 : join // 2], soft.v[:c_rows, half], soft.c_inverse[:c_rows, half])
        end = min(bottom, join + self.y.shape[0])
        if end > join:
            picture.y[join:end] = self.y[: end - join, cut]
            picture.u[join // 2 : end // 2] = self.u[: (end - join) // 2, half]
            picture.v[join // 2 : end // 2] = self.v[: (end - join) // 2, half]


_LIT_LUMA = 60


def _wall_and_lights(rgb: Floats, alpha: Floats, wrap: npt.NDArray[np.int_]) -> tuple[Plane, Plane]:
    """The luma of a silhouette, white where it is clear; and of its lights, black where there is none."""
    luma, _, _ = to_yuv(rgb)
    wall = np.where(alpha > 0.5, luma, 255).astype(np.uint8)
    lights = np.where((alpha > 0.5) & (luma > _LIT_LUMA), luma, 0).astype(np.uint8)
    return wall[:, wrap], lights[:, wrap]


def glow(radius: int, tint: str, strength: float = 1.0, *, squash: float = 1.0) -> Sprite:
    """A soft round light that fades to nothing at `radius`; `squash` < 1 makes it flat."""
    height = max(2, int(radius * squash)) & ~1
    y, x = np.mgrid[-height:height, -radius:radius].astype(np.float32)
    distance = np.sqrt((x / radius) ** 2 + (y / height) ** 2)
    alpha = strength * np.clip(1 - distance, 0, 1) ** 2.2
    return Sprite.of(colour(tint), alpha)


def disc(radius: int, inner: str, outer: str, halo: int = 0, halo_strength: float = 0.25) -> Sprite:
    """A round body shaded from `inner` to `outer`, with a halo of its own colour around it."""
    reach = (radius + halo + 2) & ~1
    y, x = np.mgrid[-reach:reach, -reach:reach].astype(np.float32)
    distance = np.hypot(x, y)
    shade = np.clip(np.hypot(x + radius * 0.25, y + radius * 0.25) / (radius * 1.25), 0, 1)
    body = 1 - smooth(radius - 1.2, radius + 1.2, distance)
    aura = halo_strength * np.clip(1 - (distance - radius) / max(halo, 1), 0, 1) ** 2.2 if halo else 0.0
    return Sprite.of(ramp([(0, inner), (1, outer)], shade), np.clip(np.maximum(body, aura), 0, 1))
