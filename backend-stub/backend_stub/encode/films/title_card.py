"""A film's name in light, widely set type: for the first seconds of the film and for its poster."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from backend_stub.encode.films.canvas import Floats, Sprite, colour


def lettering(text: str, size: int, *, spacing: float = 0.28) -> Floats:
    """The text as coverage 0..1, one line, letters set apart by `spacing` of their size; sides are even."""
    font = ImageFont.load_default(size)
    gap = size * spacing
    width = int(sum(font.getlength(letter) + gap for letter in text) + size) & ~1
    height = int(size * 1.9) & ~1
    image = Image.new("L", (width, height))
    pen, x = ImageDraw.Draw(image), (size + gap) / 2
    for letter in text:
        pen.text((x, height / 2), letter, font=font, fill=255, anchor="lm")
        x += font.getlength(letter) + gap
    return np.asarray(image, np.float32) / 255


def title_sprites(text: str, tint: str, shade: str, steps: int = 12) -> list[Sprite]:
    """The title from nearly clear to full, for fading in and out: light letters on a breath of shadow."""
    letters = lettering(text, 84)
    blurred = Image.fromarray(np.uint8(letters * 255)).filter(ImageFilter.GaussianBlur(9))
    shadow = np.clip(np.asarray(blurred, np.float32) / 255 * 0.9, 0, 0.55)
    alpha = letters + shadow * (1 - letters)
    mix = (letters / np.maximum(alpha, 1e-6))[..., None]
    rgb = colour(tint) * mix + colour(shade) * (1 - mix)
    return [Sprite.of(rgb, alpha * (step / steps)) for step in range(1, steps + 1)]


def title_level(time_s: float, steps: int = 12) -> int:
    """Which of the sprites shows at a time; -1 for none. In from 0.6 s, gone by 5.2 s."""
    level = min((time_s - 0.6) / 1.2, (5.2 - time_s) / 1.2, 1.0)
    return min(steps, int(level * steps)) - 1 if level > 0 else -1
