"""Paper Tide: a sea of cut paper, sheet behind sheet, a folded boat, a moon on a thread, and a fall of paper snow."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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
    smooth,
)
from backend_stub.encode.films.title_card import title_level, title_sprites

SKY = ((0.0, "#f6b69a"), (0.4, "#f9cfae"), (0.75, "#fce6c8"), (1.0, "#fdf1dc"))
SHEETS = ("#9fd6cf", "#6fbfbd", "#46a3aa", "#2c8496", "#1d657f", "#144a66", "#0d334d")
TOPS = (470, 548, 626, 706, 790, 876, 966)
BOAT_SHEET = 3


class PaperTide:
    """The third film, the calmest. `draw(frame, picture)` needs no other frame."""

    name = "Paper Tide"

    def __init__(self, seed: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self._sky = gradient(SKY, 620, rng)
        self._moon = _paper_moon()
        self._clouds = [_cloud(rng, size) for size in (300, 420, 240)]
        self._waves = [Wave(number) for number in range(len(SHEETS))]
        self._sheets = [_sheet(rng, wave) for wave in self._waves]
        self._boats = [_boat(tilt) for tilt in np.linspace(-9, 9, 13)]
        self._birds = [_bird(lift) for lift in (-0.5, -0.2, 0.15, 0.5)]
        self._flock = [
            (float(rng.uniform(0, 700)), float(rng.uniform(130, 380)), float(rng.uniform(0, 6))) for _ in range(9)
        ]
        self._flakes = [_flake(rng, size) for size in (8, 10, 13, 18)]
        self._snow = rng.random((130, 5))
        self._star = glow(26, "#ffffff", 0.95)
        self._title = title_sprites("PAPER TIDE", "#12495f", "#fff3dd")

    def draw(self, frame: int, picture: Picture) -> None:
        """Frame `frame` at 24 frames a second, all of the picture."""
        time_s = frame / 24
        picture.paste(self._sky)
        self._moon.draw(picture, 1180 + 60 * np.sin(time_s * 0.22), 14 * np.sin(time_s * 0.35) - 60)
        for number, cloud in enumerate(self._clouds):
            x = (number * 760 + time_s * (7 + 3 * number)) % (WIDTH + cloud.width) - cloud.width
            cloud.draw(picture, x, 96 + 96 * number)
        self._draw_birds(picture, time_s)
        for number, (wave, sheet) in enumerate(zip(self._waves, self._sheets, strict=True)):
            bottom = HEIGHT if number + 1 == len(self._waves) else self._waves[number + 1].top(time_s) + 150
            sheet.draw(picture, wave.offset(time_s), wave.top(time_s), min(HEIGHT, int(bottom) & ~1))
            if number == BOAT_SHEET:
                self._draw_boat(picture, wave, time_s)
        self._draw_snow(picture, time_s)
        if time_s >= 8 and frame % 192 < 2:
            self._star.draw_centred(picture, 1780, 110)
        level = title_level(time_s)
        if level >= 0:
            self._title[level].draw_centred(picture, WIDTH / 2, 330)

    def _draw_birds(self, picture: Picture, time_s: float) -> None:
        """A flock that crosses twice."""
        for ahead, height, phase in self._flock:
            x = (time_s * 92 + ahead) % 2900 - 300
            beat = int((time_s * 5 + phase) % 4)
            bird = self._birds[(0, 1, 3, 2)[beat]]
            bird.draw_centred(picture, x, height + 16 * np.sin(time_s * 0.8 + phase))

    def _draw_boat(self, picture: Picture, wave: Wave, time_s: float) -> None:
        """On the back of its wave, leaning with the slope."""
        x = -140 + 34 * time_s
        crest = float(wave.top(time_s) + wave.crest(x + wave.offset(time_s)))
        slope = wave.crest(x + wave.offset(time_s) + 60) - wave.crest(x + wave.offset(time_s) - 60)
        lean = int(np.clip(np.rint(6 + slope / 6.0), 0, 12))
        boat = self._boats[lean]
        boat.draw(picture, x - boat.width / 2, crest - boat.height + 54)

    def _draw_snow(self, picture: Picture, time_s: float) -> None:
        """From 36 s to 56 s it snows paper, thickest at 46 s."""
        thickness = 1 - abs(time_s - 46) / 10
        if thickness <= 0:
            return
        for across, phase, speed, size, sway in self._snow[: int(130 * thickness) + 1].tolist():
            y = (phase * 1200 + time_s * (70 + 120 * speed + 60 * size)) % 1200 - 60
            x = (across * 2100 + 46 * np.sin(time_s * (0.7 + sway) + phase * 6.3) - 24 * time_s) % 2100 - 90
            self._flakes[int(size * 4)].draw(picture, x, y)


class Wave:
    """How one sheet moves: to and fro, up and down, each at its own pace; and the line of its crest."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.period = 960 + 2 * (number * 113 % 240)
        self.height = 22.0 + 6.5 * number

    def offset(self, time_s: float) -> float:
        """Columns by which it is scrolled."""
        way = 1 if self.number % 2 else -1
        return float(4000 + way * (26 + 9 * self.number) * time_s + 30 * np.sin(time_s * 0.5 + self.number))

    def top(self, time_s: float) -> int:
        """The row of the highest point of its crest."""
        return int(TOPS[self.number] + (5 + 1.6 * self.number) * np.sin(time_s * 0.75 + 1.1 * self.number)) & ~1

    def crest(self, x: float | Floats) -> Floats:
        """Rows below `top` at columns `x`: round crests, pointed troughs turned over, as scissors cut them."""
        phase = np.asarray(x, np.float64) * (2 * np.pi / self.period)
        curve = 0.5 - 0.5 * np.cos(2 * phase) + 0.18 * np.sin(phase + self.number)
        return 34 + self.height * np.clip(curve, -0.2, 1.2) * 1.5


def _sheet(rng: np.random.Generator, wave: Wave) -> Strip:
    """A wave of paper: grain, a lit edge, and the shadow it throws on the sheet behind."""
    columns = np.arange(wave.period, dtype=np.float64)
    line = wave.crest(columns)
    solid = (int(line.max()) + 4) & ~1
    rows = np.arange(solid + 180, dtype=np.float32)[:, None]
    depth = rows - line[None, :]
    paper = np.clip(depth + 0.5, 0, 1)
    shadow = 0.34 * np.clip(1 + depth / 26, 0, 1) ** 2
    edge = 0.16 * np.clip(1 - np.abs(depth - 2.5) / 3.5, 0, 1)
    grain = np.tile(rng.normal(0, 0.012, (rows.shape[0], wave.period // 2)), (1, 2)).astype(np.float32)
    grain = (grain + np.roll(grain, 1, 1) + np.roll(grain, 1, 0)) / 1.7
    tint = colour(SHEETS[wave.number])
    darker = 1 - 0.13 * np.clip(depth / 170, 0, 1)
    rgb = (tint * (darker + grain)[..., None] + edge[..., None]).clip(0, 1)
    alpha = paper + shadow * (1 - paper)
    mix = (paper / np.maximum(alpha, 1e-6))[..., None]
    return Strip.of((rgb * mix + colour("#0a2a3c") * (1 - mix)).astype(np.float32), alpha.astype(np.float32), solid)


def _paper_moon() -> Sprite:
    """A round of pale paper with two darker scraps on it, hung on a thread."""
    moon = disc(118, "#fffdf4", "#fbe3bd", halo=130, halo_strength=0.5)
    size = moon.height
    y, x = np.mgrid[0 : size + 200, 0:size].astype(np.float32)
    centre_x, centre_y = size / 2, size / 2 + 180
    distance = np.hypot(x - centre_x, y - centre_y)
    body = 1 - smooth(117, 119, distance)
    rgb = np.broadcast_to(colour("#fff3d6"), (*body.shape, 3)).copy()
    for dx, dy, radius in ((-34, -22, 26), (38, 30, 34), (20, -52, 14)):
        spot = 1 - smooth(radius - 1.5, radius + 1.5, np.hypot(x - centre_x - dx, y - centre_y - dy))
        rgb += ((colour("#f4d9ab") - rgb) * spot[..., None]).astype(np.float32)
    drop = np.hypot(x - centre_x - 8, y - centre_y - 12)
    shadow = 0.3 * np.clip(1 - (drop - 112) / 26, 0, 1) ** 2
    thread = np.clip(1.6 - np.abs(x - centre_x), 0, 1) * (y < centre_y - 117) * 0.7
    paper = np.maximum(body, thread)
    alpha = paper + shadow * (1 - paper)
    mix = (paper / np.maximum(alpha, 1e-6))[..., None]
    return Sprite.of((rgb * mix + colour("#b5654d") * (1 - mix)).astype(np.float32), alpha.astype(np.float32))


def _drawn(
    size: tuple[int, int], shapes: list[tuple[list[tuple[float, float]], str]], lean_deg: float = 0.0, blur: float = 5
) -> Sprite:
    """Polygons of folded paper, smooth-edged, with a soft shadow under them."""
    scale = 4
    image = Image.new("RGBA", (size[0] * scale, size[1] * scale))
    pen = ImageDraw.Draw(image)
    for points, tint in shapes:
        leaning = [_turned(point, size, lean_deg) for point in points]
        pen.polygon([(x * scale, y * scale) for x, y in leaning], fill=tint)
    image = image.resize(size, Image.Resampling.BOX)
    shadow = Image.new("RGBA", size)
    shadow.paste((10, 36, 52, 110), (3, 6), image.getchannel("A"))
    whole = Image.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(blur)), image)
    data = np.asarray(whole, np.float32) / 255
    return Sprite.of(data[..., :3], data[..., 3])


def _turned(point: tuple[float, float], size: tuple[int, int], degrees: float) -> tuple[float, float]:
    """The point turned clockwise around the middle of a sprite."""
    x, y = point[0] - size[0] / 2, point[1] - size[1] / 2
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return float(x * cosine - y * sine + size[0] / 2), float(x * sine + y * cosine + size[1] / 2)


def _boat(lean_deg: float) -> Sprite:
    """The folded boat everybody can make."""
    return _drawn(
        (280, 220),
        [
            ([(140, 28), (92, 132), (140, 132)], "#fff4e2"),
            ([(140, 28), (140, 132), (188, 132)], "#f1d9bd"),
            ([(22, 104), (140, 132), (140, 178), (72, 178)], "#fffaf0"),
            ([(258, 104), (140, 132), (140, 178), (208, 178)], "#ecd2b4"),
            ([(22, 104), (140, 132), (92, 132)], "#f8e6cf"),
            ([(258, 104), (140, 132), (188, 132)], "#dfc2a2"),
        ],
        float(lean_deg),
    )


def _bird(lift: float) -> Sprite:
    """A bird of two folds; `lift` says where its wings are."""
    up = -46 * lift
    return _drawn(
        (120, 96),
        [
            ([(60, 50), (8, 40 + up), (44, 56)], "#fffaf2"),
            ([(60, 50), (112, 40 + up), (76, 56)], "#f3d9c4"),
            ([(40, 56), (60, 44), (96, 52), (62, 62)], "#ffffff"),
        ],
        blur=3,
    )


def _cloud(rng: np.random.Generator, size: int) -> Sprite:
    """A cloud of overlapping rounds with a straight lower edge."""
    height, width = size // 2 & ~1, size * 2 & ~1
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = np.full((height, width), -1e9, np.float32)
    for place in np.linspace(0.2, 0.8, 5):
        radius = height * float(rng.uniform(0.28, 0.52)) * (1.2 - abs(place - 0.5))
        inside = np.maximum(inside, radius - np.hypot(x - width * place, y - height * 0.72))
    inside = np.minimum(inside, height * 0.74 - y)
    paper = np.clip(inside + 0.5, 0, 1)
    shadow = 0.16 * np.clip(1 + (np.roll(inside, 8, 0)) / 14, 0, 1) ** 2
    alpha = paper + shadow * (1 - paper)
    mix = (paper / np.maximum(alpha, 1e-6))[..., None]
    return Sprite.of((colour("#fff6e8") * mix + colour("#c77c5f") * (1 - mix)).astype(np.float32), alpha * 0.92)


def _flake(rng: np.random.Generator, size: int) -> Sprite:
    """A scrap of paper, four-cornered, no two alike."""
    box = size * 2 + 12 & ~1
    middle = box / 2
    turn = float(rng.uniform(0, 1.5))
    corners = [
        (
            middle + size * 0.8 * np.cos(turn + k * np.pi / 2) * (1 if k % 2 else 0.6),
            middle + size * 0.8 * np.sin(turn + k * np.pi / 2) * (1 if k % 2 else 0.6),
        )
        for k in range(4)
    ]
    return _drawn((box, box), [([(float(x), float(y)) for x, y in corners], "#fffdf6")], blur=2)
