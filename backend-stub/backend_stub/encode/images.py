"""The pictures around a film: poster, still, backdrop, and the small previews shown while seeking."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageFilter, ImageFont

from backend_stub.encode import layout
from backend_stub.encode.films import DEMO_FILMS
from backend_stub.encode.films.title_card import lettering
from backend_stub.encode.model import TitlePlan
from backend_stub.encode.source import FrameSource, planes

POSTER = (600, 900)
STILL = (1280, 720)
BACKDROP = (1920, 1080)
TILE = (160, 90)
GRID = 10


def write_pictures(plan: TitlePlan, directory: Path, source: FrameSource) -> None:
    """poster.jpg, still.jpg and backdrop.jpg, from the frame that shows the film best."""
    number = _telling_frame(plan)
    picture = to_image(next(iter(source.frames(range(number, number + 1)))))
    _save(directory / "backdrop.jpg", _cover(picture, BACKDROP), 88)
    _save(directory / "still.jpg", _cover(picture, STILL), 88)
    _save(directory / "poster.jpg", _poster(plan, picture), 90)


def write_sprites(plan: TitlePlan, directory: Path, source: FrameSource) -> None:
    """One 160 x 90 preview a chunk, a hundred to a sheet, and the WebVTT that says which is where."""
    cues = ["WEBVTT", ""]
    for first in range(0, plan.chunk_count, GRID * GRID):
        chunks = range(first, min(first + GRID * GRID, plan.chunk_count))
        name = f"sprites-{first // (GRID * GRID):03d}.jpg"
        sheet = Image.new("RGB", (TILE[0] * GRID, TILE[1] * -(-len(chunks) // GRID)))
        for place, chunk in enumerate(chunks):
            frames = plan.frames_of(chunk)
            # The middle of the chunk speaks for it better than the cut it may begin with.
            number = frames.start + len(frames) // 2
            tile = _cover(to_image(next(iter(source.frames(range(number, number + 1)))), 480), TILE)
            left, top = place % GRID * TILE[0], place // GRID * TILE[1]
            sheet.paste(tile, (left, top))
            start_s, end_s = frames.start / plan.fps, frames.stop / plan.fps
            cues += [f"{clock(float(start_s))} --> {clock(float(end_s))}"]
            cues += [f"{name}#xywh={left},{top},{TILE[0]},{TILE[1]}", ""]
        _save(directory / name, sheet, 80)
    layout.write_atomically(directory / "sprites.vtt", "\n".join(cues))


def clock(seconds: float) -> str:
    """A WebVTT time, `00:01:02.500`."""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def to_image(frame: av.VideoFrame, width: int | None = None) -> Image.Image:
    """A 4:2:0 frame of ours (BT.709, limited range) as a picture, at most `width` wide."""
    y, u, v = planes(frame)
    step = max(1, frame.width // width) if width else 1
    luma = (y[::step, ::step].astype(np.float32) - 16) / 219
    shape = luma.shape
    rows = np.minimum(np.arange(shape[0]) * step // 2, u.shape[0] - 1)[:, None]
    columns = np.minimum(np.arange(shape[1]) * step // 2, u.shape[1] - 1)[None, :]
    blue = (u[rows, columns].astype(np.float32) - 128) / 224
    red = (v[rows, columns].astype(np.float32) - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return Image.fromarray((np.clip(np.stack([r, g, b], -1), 0, 1) * 255).astype(np.uint8))


def _telling_frame(plan: TitlePlan) -> int:
    """For our films the frame we chose; for others a third in, past titles and before the end."""
    if plan.is_demo:
        return min(DEMO_FILMS[plan.title_id].poster_frame, plan.frame_count - 1)
    return plan.frame_count // 3


def _cover(picture: Image.Image, size: tuple[int, int], middle: float = 0.5) -> Image.Image:
    """The picture scaled and cut to fill `size`; `middle` says where across it the cut is taken."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    width, height = size[0] / scale, size[1] / scale
    left, top = (picture.width - width) * middle, (picture.height - height) / 2
    return picture.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))


def _poster(plan: TitlePlan, picture: Image.Image) -> Image.Image:
    """A tall cut of the picture, dark below, with the title's words set large, one a line."""
    poster = _cover(picture, POSTER, DEMO_FILMS[plan.title_id].poster_middle if plan.is_demo else 0.5)
    height = np.linspace(0, 1, POSTER[1])[:, None]
    shade = np.clip((height - 0.5) / 0.5, 0, 1) ** 1.3 * 0.82
    mask = Image.fromarray(np.uint8(np.broadcast_to(shade * 255, (POSTER[1], POSTER[0]))))
    poster.paste((9, 10, 24), (0, 0), mask)
    lines = _words(plan.name)
    sizes = [_fitting(line) for line in lines]
    y = POSTER[1] - 64 - sum(int(size * 1.35) for size in sizes)
    for line, size in zip(lines, sizes, strict=True):
        _letter(poster, line, size, y)
        y += int(size * 1.35)
    return poster


def _words(name: str) -> list[str]:
    """The title in at most four lines of about twelve letters."""
    lines: list[str] = []
    for word in name.upper().split():
        if lines and len(lines[-1]) + len(word) < 9:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return [line if len(line) <= 18 else line[:17] + "…" for line in lines[:4]] or ["UNTITLED"]


def _fitting(line: str) -> int:
    """A size of type at which the line fits the poster."""
    font = ImageFont.load_default(100)
    at_100 = font.getlength(line) + 24.0 * len(line)
    return int(min(78, 100 * 510 / at_100))


def _letter(poster: Image.Image, line: str, size: int, y: int) -> None:
    letters = Image.fromarray(np.uint8(lettering(line, size, spacing=0.24) * 255))
    x = (poster.width - letters.width) // 2
    shadow = letters.filter(ImageFilter.GaussianBlur(size / 7))
    poster.paste((6, 6, 16), (x, y + 3), shadow)
    poster.paste((255, 248, 236), (x, y), letters)


def _save(path: Path, picture: Image.Image, quality: int) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    layout.write_atomically(path, buffer.getvalue())
