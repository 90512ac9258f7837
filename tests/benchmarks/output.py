"""The output against libmpv alone: first picture, seeks and closing, of the first demo film over loopback HTTP.

python -P tests/benchmarks/output.py [--rounds N] [--film DIR] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import locale
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.engine.thread import EngineThread
from player.output.mpv import MpvSink
from player.output.mpv_library import load_mpv

sys.path.append(str(Path(__file__).parents[1] / "output"))
from title_server import MASTER, TitleServer, write_one_file

TITLE_ID = "lantern-river"
RUNGS = {2: "360p", 4: "720p", 5: "1080p"}
BAR = 1.3
CLOSE_BAR_MS = 50.0
PLAYBACK_RESTART = 21  # libmpv's client.h: the first picture after a load or a seek is out
COLD_ALONE = """
import threading
from player.output.mpv_library import load_mpv
player, shown = load_mpv().MPV(vo="null", ao="null", hwdec="no", config="no", ytdl="no", idle="yes"), threading.Event()
player.register_event_callback(lambda event: event.event_id.value == 21 and shown.set())
player.loadfile({uri!r})
shown.wait(20)
print("shown", flush=True)
"""
COLD_ENGINE = """
import threading
from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.output.mpv import MpvSink
sink, shown = MpvSink(vo="null", ao="null", hwdec="no"), threading.Event()
sink.player.register_event_callback(lambda event: event.event_id.value == 21 and shown.set())
remote = desktop(Order({uri!r}, settings=EngineSettings(fixed_rung={rung})), sink).start()
shown.wait(20)
print("shown", flush=True)
remote.close()
"""


def film_folder(kept: Path | None) -> Path:
    """The demo film as the backend encodes it, beside each rung with the English sound as one MP4."""
    data = kept or Path(tempfile.mkdtemp(prefix="evenflow-output-"))
    objects = data / "objects"
    if not objects.exists():
        from backend_stub.encode import encode_demo_films

        print("encoding the film (some 20 s) ...", file=sys.stderr)
        objects.mkdir(parents=True)
        encode_demo_films(objects, title_ids=(TITLE_ID,))
    folder = next((objects / "titles" / TITLE_ID).glob(f"*/{MASTER}")).parent
    for rung in RUNGS:
        if not (folder / f"film{rung}.mp4").exists():
            write_one_file(_joined(folder / f"v{rung}"), _joined(folder / "a-en"), folder / f"film{rung}.mp4")
    return folder


def _joined(rendition: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (rendition / "init.mp4", *sorted(rendition.glob("s*.m4s"))))


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server of its own process, as a server is for a viewer."""
    words = [sys.executable, "-P", __file__, "--serve", str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


class FirstPicture:
    """The instant of a player's next picture after `expect`."""

    def __init__(self, player: Any) -> None:
        self._shown = threading.Event()
        self._at_s = 0.0
        player.register_event_callback(self._on_event)

    def _on_event(self, event: Any) -> None:
        if event.event_id.value == PLAYBACK_RESTART:
            self._at_s = time.perf_counter()
            self._shown.set()

    def expect(self, act: Callable[[], object]) -> float:
        """Do it; seconds until a picture is out."""
        self._shown.clear()
        began_s = time.perf_counter()
        act()
        assert self._shown.wait(20), "no picture came"
        return self._at_s - began_s


def alone_s(uri: str) -> float:
    """libmpv with its own defaults, opening a file or an address."""
    locale.setlocale(locale.LC_NUMERIC, "C")
    player = load_mpv().MPV(vo="null", ao="null", hwdec="no", config="no", ytdl="no", idle="yes")
    try:
        first = FirstPicture(player)
        _settle()
        return first.expect(lambda: player.loadfile(uri))
    finally:
        player.terminate()


@contextlib.contextmanager
def playing(uri: str, rung: int, **settings: Any) -> Iterator[tuple[MpvSink, EngineThread, FirstPicture, float]]:
    """The whole engine and the real output; and the seconds from play to the first picture."""
    sink = MpvSink(vo="null", ao="null", hwdec="no")
    first = FirstPicture(sink.player)
    remote = desktop(Order(uri, settings=EngineSettings(fixed_rung=rung, **settings)), sink)
    _settle()
    try:
        yield sink, remote, first, first.expect(remote.start)
    finally:
        remote.close()


def engine_s(uri: str, rung: int) -> float:
    with playing(uri, rung) as (_, _, _, started_s):
        return started_s


def _settle() -> None:
    """A handle just made still starts its threads; a viewer has had it for a while."""
    time.sleep(0.1)


def cold_s(program: str, uri: str, rung: int) -> float:
    """Of a new process, from its start: Python, imports, libmpv and all."""
    words = [sys.executable, "-P", "-c", program.format(uri=uri, rung=rung)]
    began_s = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "shown\n"
        return time.perf_counter() - began_s


def start_figures(base: str, folder: Path, rounds: int) -> Iterator[dict[str, Any]]:
    """Interleaved, so that a machine's moods meet all alike; the ratio is of medians."""
    for rung, name in RUNGS.items():
        film = f"film{rung}.mp4"
        ways: dict[str, Callable[[], float]] = {
            "file": lambda film=film: alone_s(str(folder / film)),
            "http": lambda film=film: alone_s(base + film),
            "evenflow": lambda rung=rung: engine_s(base + MASTER, rung),
        }
        yield {"what": f"first picture, {name}, warm", **_compared(ways, rounds)}
    top = max(RUNGS)
    ways = {
        "http": lambda: alone_s(base + MASTER),
        "evenflow": lambda: engine_s(base + MASTER, top),
    }
    yield {"what": "the same address (the multivariant playlist) opened by both, warm", **_compared(ways, rounds)}
    ways = {
        "file": lambda: cold_s(COLD_ALONE, str(folder / f"film{top}.mp4"), top),
        "http": lambda: cold_s(COLD_ALONE, f"{base}film{top}.mp4", top),
        "evenflow": lambda: cold_s(COLD_ENGINE, base + MASTER, top),
    }
    yield {"what": f"first picture, {RUNGS[top]}, a new Python process", **_compared(ways, max(rounds // 3, 3))}


def _compared(ways: dict[str, Callable[[], float]], rounds: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(1000 * way())
    medians = {f"{name}_ms": round(statistics.median(values), 1) for name, values in times.items()}
    against = {f"against_{name}": medians["evenflow_ms"] / medians[f"{name}_ms"] for name in ways if name != "evenflow"}
    return {**medians, **{name: round(ratio, 2) for name, ratio in against.items()}}


def seek_figures(base: str, rounds: int) -> Iterator[dict[str, Any]]:
    """From the viewer's seek to the picture: within the buffer, and to where nothing was fetched yet."""
    chance = random.Random(4)
    for name, rung in (("720p", 4), ("1080p", 5)):
        within, outside = [], []
        for _ in range(rounds):
            with playing(base + MASTER, rung, buffer_cap_s=12.0) as (_, remote, first, _):
                remote.set_paused(True)
                while remote.snapshot().buffer_s < 10.5:
                    time.sleep(0.01)
                for times, reach in ((within, (2.0, 9.0)), (outside, (30.0, 55.0))):
                    to_s = chance.uniform(*reach)
                    times.append(1000 * first.expect(lambda to_s=to_s: remote.seek(to_s)))
        yield {"what": f"seek within the buffer, {name}", **_spread(within)}
        yield {"what": f"seek outside it, {name} (one chunk fetched)", **_spread(outside)}


def close_figures(folder: Path, rounds: int) -> Iterator[dict[str, Any]]:
    """`MpvSink.close` while mpv's read waits for a chunk that the server keeps back."""
    for where in ("opening", "mid-film", "seeking"):
        took = [1000 * _close_s(folder, where) for _ in range(rounds)]
        yield {"what": f"close with a read blocked, {where}", **_spread(took), "bar_ms": CLOSE_BAR_MS}


def _close_s(folder: Path, where: str) -> float:
    with TitleServer(folder) as server:
        sink = MpvSink(vo="null", ao="null", hwdec="no")
        first = FirstPicture(sink.player)
        remote = desktop(Order(server.uri(), settings=EngineSettings(fixed_rung=2, speed=4.0)), sink)
        kept = {"opening": "s00000.m4s", "mid-film": "s00002.m4s", "seeking": "s00020.m4s"}[where]
        server.hold = lambda path: path.endswith(kept)
        if where == "opening":
            remote.start()
        else:
            first.expect(remote.start)
        if where == "seeking":
            remote.seek(40.5)
        while not (server.held.is_set() and sink.reads_blocked):
            time.sleep(0.002)
        began_s = time.perf_counter()
        sink.close()
        took_s = time.perf_counter() - began_s
        assert sink.reads_cancelled, "the read was not ended by being cancelled"
        server.release()
        remote.close()
    return took_s


def _spread(values_ms: list[float]) -> dict[str, float]:
    return {"median_ms": round(statistics.median(values_ms), 1), "max_ms": round(max(values_ms), 1)}


def main(arguments: argparse.Namespace) -> None:
    folder = film_folder(arguments.film)
    rows: list[dict[str, Any]] = []
    with served(folder) as base:
        for figures in (
            start_figures(base, folder, arguments.rounds),
            seek_figures(base, max(arguments.rounds // 2, 5)),
            close_figures(folder, 20),
        ):
            for row in figures:
                rows.append(row)
                if not arguments.json:
                    print(
                        row.pop("what") + ": " + ", ".join(f"{name} {value}" for name, value in row.items()), flush=True
                    )
    if arguments.json:
        print(json.dumps({"bar": BAR, "rows": rows}, indent=2))


def serve(folder: Path) -> None:
    with TitleServer(folder) as server:
        print(server.uri(""), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--film", type=Path, help="keep the encoded film here, and use it again")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
    else:
        main(given)
