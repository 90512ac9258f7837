"""One session of the Evenflow controller as a picture: what it expected of the link, what the link gave, what it chose.

    python tests/benchmarks/evenflow_picture.py [--trace builtin:evenflow-commute] > docs/evenflow-controller.svg

Above: the link's rate (grey), the band that 8 in 10 of the next transfers were expected in, and the chosen rung's rate
(steps). Below: the buffer, with standstill in red. The session is the simulator's, so the picture is always the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from abr.controller import create
from abr.simulate import SessionSettings, simulate
from abr.simulate.model import ChunkRecord, SessionResult
from abr.trace import builtin, read_trace
from abr.trace.model import Trace
from abr.video import builtin_film

WIDTH, LEFT, RIGHT = 860, 56, 12
RATE_TOP, RATE_HEIGHT, BUFFER_TOP, BUFFER_HEIGHT = 40, 220, 300, 90
HEIGHT = 430
POINTS = 300
Map = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Map:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    steps = " ".join(f"{'M' if at == 0 else 'L'}{x:.1f} {y:.1f}" for at, (x, y) in enumerate(points))
    return steps + (" Z" if closed else "")


def steps(
    chunks: Sequence[ChunkRecord], of: Callable[[ChunkRecord], float], x: Map, y: Map
) -> list[tuple[float, float]]:
    """Each chunk's value from its request on until the next one's."""
    points: list[tuple[float, float]] = []
    for chunk in chunks:
        if points:
            points.append((x(chunk.requested_at_s), points[-1][1]))
        points.append((x(chunk.requested_at_s), y(of(chunk))))
    return points


def link(trace: Trace, ends_s: float, x: Map, y: Map) -> list[tuple[float, float]]:
    span_s = ends_s / POINTS
    points = []
    for at in range(POINTS):
        rate = trace.bits_between(at * span_s, (at + 1) * span_s) / span_s
        points += [(x(at * span_s), y(rate / 1e6)), (x((at + 1) * span_s), y(rate / 1e6))]
    return [(x(0.0), y(0.0)), *points, (x(ends_s), y(0.0))]


def buffer(session: SessionResult, x: Map, y: Map) -> list[tuple[float, float]]:
    """Falls while it plays, rises by a chunk when one has come."""
    points = [(x(0.0), y(0.0))]
    for chunk in session.chunks:
        playing = chunk.requested_at_s >= session.startup_s
        taken_s = chunk.finished_at_s - chunk.requested_at_s if playing else 0.0
        left_s = max(0.0, chunk.buffer_s - taken_s)
        points += [(x(chunk.requested_at_s), y(chunk.buffer_s)), (x(chunk.finished_at_s), y(left_s))]
        points.append((x(chunk.finished_at_s), y(left_s + session.chunk_duration_s)))
    return points


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def picture(trace: Trace, session: SessionResult) -> str:
    last = session.chunks[-1]
    ends_s = last.finished_at_s
    top_mbps = 1.6 * max(chunk.bitrate_bps for chunk in session.chunks) / 1e6
    x = scale(0.0, ends_s, LEFT, WIDTH - RIGHT)
    rate = scale(0.0, top_mbps, RATE_TOP + RATE_HEIGHT, RATE_TOP)
    held = scale(0.0, max(chunk.buffer_s for chunk in session.chunks) + 4.0, BUFFER_TOP + BUFFER_HEIGHT, BUFFER_TOP)

    def shown(mbps: float) -> float:
        return rate(min(mbps, top_mbps))

    told = [chunk for chunk in session.chunks if chunk.band_bps is not None]
    low = steps(told, lambda it: it.band_bps[0] / 1e6 if it.band_bps else 0.0, x, shown)
    high = steps(told, lambda it: it.band_bps[1] / 1e6 if it.band_bps else 0.0, x, shown)
    middle = steps(told, lambda it: (it.estimate_bps or 0.0) / 1e6, x, shown)
    chosen = steps(session.chunks, lambda it: it.bitrate_bps / 1e6, x, shown)
    parts = [
        f'<path d="{path(link(trace, ends_s, x, shown), closed=True)}" fill="#c9ced8"/>',
        f'<path d="{path([*high, *reversed(low)], closed=True)}" fill="#1aa37f" fill-opacity="0.25"/>',
        f'<path d="{path(middle)}" fill="none" stroke="#12805f" stroke-width="1"/>',
        f'<path d="{path(chosen)}" fill="none" stroke="#c2410c" stroke-width="2"/>',
        f'<path d="{path(buffer(session, x, held))}" fill="none" stroke="#2f5fc4" stroke-width="1.5"/>',
    ]
    for stall in session.stalls:
        width = max(1.0, x(stall.at_s + stall.duration_s) - x(stall.at_s))
        parts.append(
            f'<rect x="{x(stall.at_s):.1f}" y="{BUFFER_TOP}" width="{width:.1f}" height="{BUFFER_HEIGHT}" '
            'fill="#d33" fill-opacity="0.5"/>'
        )
    marks = range(0, int(top_mbps) + 1, max(1, int(top_mbps / 5)))
    parts += [text(LEFT - 8, rate(mbps) + 4, str(mbps), "end") for mbps in marks]
    parts += [text(LEFT - 8, held(seconds) + 4, str(seconds), "end") for seconds in (0, 10, 20)]
    parts += [text(x(at_s), HEIGHT - 22, f"{at_s} s", "middle") for at_s in range(0, int(ends_s) + 1, 60)]
    head = f"evenflow over {trace.name}: link (grey), what 8 in 10 transfers were expected to be (green), rung (orange)"
    parts += [
        text(LEFT, 22, head, size=13),
        text(LEFT, RATE_TOP - 4, "Mbit/s"),
        text(LEFT, BUFFER_TOP - 8, "buffer, s"),
    ]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" fill="#333">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", default="builtin:evenflow-commute")
    name = parser.parse_args(arguments).trace
    trace = builtin(name.removeprefix("builtin:")) if name.startswith("builtin:") else read_trace(name)
    session = simulate(create("evenflow"), trace, builtin_film(), SessionSettings())
    sys.stdout.write(picture(trace, session))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
